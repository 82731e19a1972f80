"""Image files of any kind, opened and named."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_denoise.errors import FileError
from napari_denoise.files.tiff_reading import open_tiff, tiff_series, tiff_siblings
from napari_denoise.files.zarr_reading import holds_zarr, open_zarr, zarr_series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_denoise.files.info import ImageFile

TIFF_NAMES = (".tif", ".tiff", ".btf", ".tf2", ".tf8", ".lsm", ".stk")
ZARR = ".zarr"
KNOWN = "TIFF files (.tif, .tiff, .btf, .lsm, .stk) and OME-Zarr (.zarr) can be read"


def is_image_path(path: str | Path) -> bool:
    """Whether a path is, by its name and kind, an image that may be opened.

    Parameters
    ----------
    path : str or Path
        Of a file or folder; hidden ones are none.

    Returns
    -------
    bool
    """
    path = Path(path)
    if path.name.startswith("."):
        return False
    if path.suffix.lower() == ZARR:
        return path.is_dir()
    return path.suffix.lower() in TIFF_NAMES and not path.is_dir()


@contextmanager
def open_image(path: str | Path, series: int = 0) -> Iterator[ImageFile]:
    """Open an image file without reading its pixels.

    Parameters
    ----------
    path : str or Path
        Of a TIFF file or a Zarr folder.
    series : int
        Number of the image in it, counted from 0 as `series_names` lists them.

    Yields
    ------
    ImageFile
        Its pixels can be read, from any thread, until the block is left.

    Raises
    ------
    FileError
        If it is missing, truncated, locked, or of another kind, if it holds no such
        image or only a part of one that begins in another file, or if its compression
        needs the extra ``codecs``.
    OptionError
        If it is a Zarr folder and the extra ``zarr`` is not installed.
    """
    path = _existing(path)
    opened = open_zarr if path.is_dir() else open_tiff
    with opened(path, series) as image:
        yield image


def series_names(path: str | Path) -> list[str]:
    """Name the images that a file holds.

    Parameters
    ----------
    path : str or Path
        Of a TIFF file or a Zarr folder.

    Returns
    -------
    list of str
        One or more. Pyramid levels and thumbnails are no images of their own; what
        the file tells of images that begin in other files is theirs.

    Raises
    ------
    FileError, OptionError
        As `open_image`.
    """
    path = _existing(path)
    return zarr_series(path) if path.is_dir() else tiff_series(path)


def sibling_files(path: str | Path) -> list[Path]:
    """List the other files that hold pixels of a file's images.

    Parameters
    ----------
    path : str or Path
        Of a TIFF file or a Zarr folder.

    Returns
    -------
    list of Path
        Sorted, without those that are missing. None for most files, of which only the
        beginning is read, and for one that cannot be opened.
    """
    path = Path(path)
    if path.suffix.lower() not in TIFF_NAMES or path.is_dir():
        return []
    try:
        return tiff_siblings(path)
    except FileError:
        return []


def read_tiff(path: str | Path) -> ImageFile:
    """Read the first image of a TIFF file into memory.

    Parameters
    ----------
    path : str or Path
        Of the file.

    Returns
    -------
    ImageFile
        Its `data` is an array.

    Raises
    ------
    FileError
        As `open_image`.
    """
    with open_tiff(_existing(path), 0) as image:
        return replace(image, data=image.data[...])


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if not path.exists():
        raise FileError(f"There is no file {path}.")
    if path.is_dir() and path.suffix.lower() != ZARR and not holds_zarr(path):
        raise FileError(f"{path} is a folder without an image: {KNOWN}.")
    return path
