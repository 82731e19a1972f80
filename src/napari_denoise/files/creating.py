"""Image files of any kind, made plane by plane, whole or not at all."""

from __future__ import annotations

import json
import os
import struct
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import DenoiseError, FileError
from napari_denoise.files.opening import ZARR
from napari_denoise.files.tiff_writing import tiff_mark, write_tiff
from napari_denoise.files.whole import refuse_existing, refuse_long, whole
from napari_denoise.files.zarr_reading import holds_zarr
from napari_denoise.files.zarr_writing import require_zarr, write_zarr, zarr_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_denoise.files.info import ImageTarget

NAMES = (".tif", ".tiff", ZARR)


@contextmanager
def create_image(
    target: ImageTarget, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
) -> Iterator[Any]:
    """Make an image file that gets its name once it is complete.

    Parameters
    ----------
    target : ImageTarget
        Where to, and what is said of the image.
    shape : tuple of int
        Of the image.
    dtype : numpy.dtype
        Of the image.
    axes : str
        Letters of TCZYXS, one per axis of `shape`.

    Yields
    ------
    array-like
        Takes planes by assignment, in any order and from any one thread, indexed by
        the axes of the image; other threads may read those that are there. What is
        put into its `facts`, a dictionary that takes JSON, is written too: into the
        attribute ``napari_denoise`` of an OME-Zarr, and beside the file if the target
        asks for it.

    Raises
    ------
    FileError
        If it cannot be written, or its name was taken meanwhile. Nothing is left then,
        nor when the block is left by any other error.
    OptionError
        If it is a ``.zarr`` and the extra ``zarr`` is not installed, or the axes do not
        fit into OME-Zarr.
    """
    path = Path(target.path)
    check_target(path, overwrite=target.overwrite)
    if target.beside:
        refuse_long(facts_path(path))
    write = write_zarr if is_zarr(path) else write_tiff
    made_whole = whole(path, overwrite=target.overwrite)
    with made_whole as partial, ExitStack() as made:
        with _told_plainly(path, partial):
            filled = write(partial, target, tuple(shape), np.dtype(dtype), axes)
            pixels = made.enter_context(filled)
        yield pixels
        with _told_plainly(path, partial):
            made.close()
            if not target.overwrite:
                refuse_existing(path)  # before what is said of it is replaced
            if target.beside:
                write_beside(path, pixels.facts)


def check_target(path: Path, *, overwrite: bool = False) -> None:
    """Refuse a path that no TIFF file or OME-Zarr folder can be written to.

    Parameters
    ----------
    path : Path
        Of the file or folder to be written.
    overwrite : bool
        Whether one may be there already.

    Raises
    ------
    FileError
        If its name does not end in .tif or .zarr, or is too long, its folder is
        missing, or it exists.
    OptionError
        If it ends in .zarr and the extra ``zarr`` is not installed.
    """
    if path.suffix.lower() not in NAMES:
        raise FileError(
            f"{path.name} cannot be written: use a name ending in .tif or .zarr."
        )
    if not path.parent.is_dir():
        raise FileError(f"There is no folder {path.parent}: make it first.")
    refuse_long(path)
    if is_zarr(path):
        require_zarr()
    elif path.is_dir():
        raise FileError(f"{path} is a folder: give the name of a file.")
    # A link that leads nowhere is somebody's, too.
    if os.path.lexists(path) and not overwrite:
        raise FileError(f"{path} exists already: choose another name.")
    if is_zarr(path) and path.exists() and not holds_zarr(path):
        raise FileError(
            f"{path} is no Zarr folder, so it is not replaced: choose another name."
        )


def is_zarr(path: str | Path) -> bool:
    """Whether a result of that name is an OME-Zarr folder."""
    return Path(path).suffix.lower() == ZARR


def read_mark(path: str | Path) -> str | None:
    """Read the mark that was written with a result.

    Parameters
    ----------
    path : str or Path
        Of a TIFF file or an OME-Zarr folder.

    Returns
    -------
    str or None
        None for a file that has none, or that cannot be read.
    """
    path = Path(path)
    read = zarr_mark if is_zarr(path) else tiff_mark
    try:
        return read(path)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, struct.error):
        return None


def facts_path(path: str | Path) -> Path:
    """Path of the file that says how an image came about."""
    return Path(f"{path}.json")


def write_beside(path: Path, facts: dict[str, Any]) -> None:
    """Write how an image came about to ``NAME.json``."""
    with whole(facts_path(path)) as partial:
        partial.write_text(json.dumps(facts, indent=2), encoding="utf-8")


@contextmanager
def _told_plainly(path: Path, partial: Path) -> Iterator[None]:
    """Say in a sentence why a file cannot be written, by the name that it would get."""
    try:
        yield
    except DenoiseError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        plain = str(reason).replace(partial.name, path.name)
        raise FileError(f"{path} cannot be written: {plain}.") from error
