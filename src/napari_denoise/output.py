"""Where a result goes, and how its numbers become the type of the source."""

from __future__ import annotations

import math
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from napari_denoise.errors import FileError, ImageError, OptionError
from napari_denoise.files import OmeZarr, pixel_options
from napari_denoise.files.ome_zarr import (
    SUFFIX,
    create_ome_zarr,
    keep_provenance,
    require_zarr,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

CLASSIC_TIFF = 2**32 - 2**25
"""Larger TIFF files need 64-bit offsets."""


def result_dtype(dtype: DTypeLike | None, source: np.dtype[Any]) -> np.dtype[Any]:
    """Type of the result: as asked, or the source's in the machine's byte order.

    Parameters
    ----------
    dtype : dtype-like or None
        As the user gave it.
    source : numpy.dtype
        Type of the image.

    Returns
    -------
    numpy.dtype

    Raises
    ------
    OptionError
        If it is no integer or floating-point type.
    """
    if dtype is None:
        return source
    try:
        chosen = np.dtype(dtype)
    except TypeError as error:
        raise OptionError(f"There is no data type “{dtype}”.") from error
    if chosen.kind not in "iuf":
        raise OptionError(
            f"Results of type {chosen} do not work. Choose an integer or a "
            "floating-point type, for example float32."
        )
    return chosen


def cast(numbers: NDArray[np.floating], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Round and clip to an integer type; floats are only converted.

    Parameters
    ----------
    numbers : ndarray of float
        Counts.
    dtype : numpy.dtype
        Integer or floating-point type.

    Returns
    -------
    ndarray of dtype, same shape
    """
    if dtype.kind == "f":
        return numbers.astype(dtype)
    limits = np.iinfo(dtype)
    rounded = np.rint(numbers)
    # float32 cannot hold the largest 32- and 64-bit integers: set them by comparison.
    with np.errstate(invalid="ignore"):
        integers: NDArray[Any] = rounded.astype(dtype)
    integers[rounded >= limits.max] = limits.max
    integers[rounded <= limits.min] = limits.min
    return integers


@contextmanager
def open_output(
    out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
) -> Iterator[Any]:
    """Open what the result is written into.

    Parameters
    ----------
    out : None, array-like, str, Path or OmeZarr
        None makes an array in memory. A path names a TIFF file or, where it ends in
        ``.zarr``, an OME-Zarr folder; it must not exist, and gets its name only once
        it is complete.
    shape : tuple of int
        Of the result.
    dtype : numpy.dtype
        Of the result.
    axes : str
        Written into the file.

    Yields
    ------
    array-like
        Takes planes by assignment.

    Raises
    ------
    ImageError
        If the result is too large for the memory, or `out` has another shape.
    OptionError
        If `out` is of a narrower type.
    FileError
        If the file exists or cannot be made.
    """
    if (path := output_path(out)) is not None:
        with _open_file(path, out, shape, dtype, axes) as pixels:
            yield pixels
    elif out is None:
        yield _in_memory(shape, dtype)
    elif not hasattr(out, "shape") or not hasattr(out, "dtype"):
        raise OptionError(f"out={out!r} does not work: give an array or a path.")
    elif isinstance(out, np.ndarray) and not out.flags.writeable:
        raise OptionError("out is read-only: give an array that can be written to.")
    elif tuple(out.shape) != tuple(shape):
        raise ImageError(
            f"out has the shape {tuple(out.shape)}, but the result's is {shape}."
        )
    elif not np.can_cast(dtype, out.dtype):
        raise OptionError(
            f"out is of type {out.dtype}, which cannot hold all results of type "
            f"{dtype}. Give dtype=“{out.dtype}” to round and clip them to it."
        )
    else:
        yield out


def output_path(out: Any) -> Path | None:
    """Path of the file that `out` stands for; None where it is no file.

    Parameters
    ----------
    out : None, array-like, str, Path or OmeZarr
        As :func:`napari_denoise.denoise` takes it.

    Returns
    -------
    Path or None
    """
    if isinstance(out, OmeZarr):
        return Path(out.path)
    return Path(out) if isinstance(out, str | Path) else None


def is_zarr(path: str | Path) -> bool:
    """Whether a result of that name is an OME-Zarr folder."""
    return Path(path).suffix.lower() == SUFFIX


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
        If its name does not end in .tif or .zarr, its folder is missing, or it exists.
    OptionError
        If it ends in .zarr and the extra ``zarr`` is not installed.
    """
    if path.suffix.lower() not in (".tif", ".tiff", SUFFIX):
        raise FileError(
            f"{path.name} cannot be written: use a name ending in .tif or .zarr."
        )
    if not path.parent.is_dir():
        raise FileError(f"There is no folder {path.parent}: make it first.")
    if is_zarr(path):
        require_zarr()
    elif path.is_dir():
        raise FileError(f"{path} is a folder: give the name of a file.")
    if path.exists() and not overwrite:
        raise FileError(f"{path} exists already: choose another name.")
    if is_zarr(path) and path.exists() and not _holds_zarr(path):
        raise FileError(
            f"{path} is no Zarr folder, so it is not replaced: choose another name."
        )


def describe_output(out: Any, provenance: dict[str, Any]) -> None:
    """Write how a result came about into its file, where the format has room for it.

    Parameters
    ----------
    out : None, array-like, str, Path or OmeZarr
        Complete.
    provenance : dict
        Takes JSON.
    """
    path = output_path(out)
    if path is not None and is_zarr(path):
        keep_provenance(path, provenance)


def _holds_zarr(path: Path) -> bool:
    return any((path / name).is_file() for name in ("zarr.json", ".zgroup", ".zarray"))


@contextmanager
def _open_file(
    path: Path, out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
) -> Iterator[Any]:
    target = out if isinstance(out, OmeZarr) else OmeZarr(path)
    check_target(path, overwrite=target.overwrite)
    if is_zarr(path):
        with create_ome_zarr(target, shape, dtype, axes) as pixels:
            yield pixels
    elif isinstance(out, OmeZarr):
        raise FileError(f"{path.name} is no OME-Zarr file: use a name ending in .zarr.")
    else:
        with _open_tiff(path, shape, dtype, axes) as pixels:
            yield pixels


def _in_memory(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    needed, free = math.prod(shape) * dtype.itemsize, psutil.virtual_memory().available
    if needed > free / 2:
        raise ImageError(
            f"The result needs {needed / 1e9:.1f} GB, more than half of the "
            f"{free / 1e9:.1f} GB of memory that are free. Give out a path such as "
            "“result.tif” or “result.zarr” to write it to a file."
        )
    return np.empty(shape, dtype)


@contextmanager
def _open_tiff(
    path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
) -> Iterator[NDArray[Any]]:
    import tifffile

    partial = path.with_name(f".{path.name}.part")
    try:
        pixels = tifffile.memmap(
            partial,
            shape=shape,
            dtype=dtype,
            bigtiff=math.prod(shape) * dtype.itemsize > CLASSIC_TIFF,
            metadata={"axes": axes},
            **pixel_options(shape, axes),
        )
        _reserve(partial)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FileError(f"{path} cannot be written: {error}.") from error
    try:
        yield pixels
        pixels.flush()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _reserve(path: Path) -> None:
    """Take the file's space on disk now.

    Writing to a map of a file that the disk has no room for kills the process.
    """
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
