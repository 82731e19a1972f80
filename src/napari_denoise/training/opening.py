"""Image files whose header is read now, and whose pixels when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import FileError
from napari_denoise.files import read_tiff
from napari_denoise.files.tiff_reading import DAMAGED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from tifffile import TiffPageSeries

SUFFIXES = (".tif", ".tiff", ".zarr")
KNOWN = "TIFF (.tif, .tiff) and OME-Zarr (.zarr) files can be read"


def is_image(path: Path) -> bool:
    """Whether a file is, by its name, an image that can be opened."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def open_image(path: Path) -> tuple[Any, str | None]:
    """Open an image file without reading its pixels.

    Parameters
    ----------
    path : Path
        Of a TIFF file or an OME-Zarr folder.

    Returns
    -------
    data : array-like
        Has `shape`, `dtype` and slicing.
    axes : str or None
        As the file names them.

    Raises
    ------
    FileError
        If it is missing, damaged or of another kind.
    """
    if not path.exists():
        raise FileError(f"There is no file {path}.")
    if path.suffix.lower() == ".zarr":
        return _open_zarr(path)
    if path.suffix.lower() in SUFFIXES:
        return _open_tiff(path)
    raise FileError(f"{path} cannot be opened: {KNOWN}.")


@dataclass(frozen=True)
class _TiffPages:
    """A TIFF file that is compressed, or scattered over its file: read by pages."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    page_axes: int

    def __getitem__(self, index: Any) -> NDArray[Any]:
        import tifffile

        index = index if isinstance(index, tuple) else (index,)
        leading = len(self.shape) - self.page_axes
        places = index[:leading]
        paged = leading == len(places) and all(isinstance(i, int) for i in places)
        if not paged or self.page_axes == 0:
            return np.asarray(read_tiff(self.path).data[index])
        stack = self.shape[:leading]
        number = int(np.ravel_multi_index(places, stack)) if stack else 0
        try:
            with tifffile.TiffFile(self.path) as file:
                page = file.series[0].pages[number]
                pixels = np.zeros(self.shape[leading:], self.dtype)
                if page is not None:
                    pixels = np.asarray(page.asarray())
        except (OSError, ValueError, tifffile.TiffFileError, *DAMAGED) as error:
            raise FileError(f"{self.path} cannot be read: {error}.") from error
        return np.asarray(pixels[index[leading:]])


def _open_tiff(path: Path) -> tuple[Any, str | None]:
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            series = file.series[0]
            shape, axes = tuple(series.shape), str(series.axes)
            if series.dtype is None:
                raise FileError(f"{path} holds no image.")
            dtype, offset = np.dtype(series.dtype), series.dataoffset
            order, paging = file.byteorder, _page_axes(series)
        stored = dtype.newbyteorder(order)
        if offset is not None:
            pixels = np.memmap(path, stored, "r", offset=int(offset), shape=shape)
            return pixels, axes
    except (OSError, ValueError, tifffile.TiffFileError, *DAMAGED) as error:
        raise FileError(
            f"{path} cannot be read as a TIFF image; it may be truncated or of another "
            f"kind: {error}."
        ) from error
    return _TiffPages(path, shape, dtype, paging), axes


def _page_axes(series: TiffPageSeries) -> int:
    """How many of the last axes a page holds; 0 where pages are no part of them."""
    page = tuple(series.keyframe.shape)
    leading = len(series.shape) - len(page)
    fits = leading >= 0 and tuple(series.shape[leading:]) == page
    return len(page) if fits and len(series) == prod(series.shape[:leading]) else 0


def _open_zarr(path: Path) -> tuple[Any, str | None]:
    try:
        import zarr
    except ImportError as error:
        raise FileError(
            f"{path} cannot be opened: Zarr files need the package zarr. Install it "
            "with: pip install “napari-denoise[zarr]”."
        ) from error
    try:
        node = zarr.open(path, mode="r")
        if isinstance(node, zarr.Array):
            return node, _letters(getattr(node.metadata, "dimension_names", None))
        attributes: Any = node.attrs.asdict()
        described = attributes.get("ome", attributes)["multiscales"][0]
        array = node[described["datasets"][0]["path"]]
        return array, _letters([axis["name"] for axis in described["axes"]])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise FileError(
            f"{path} cannot be read as OME-Zarr; it may be incomplete or hold no "
            f"image: {error}."
        ) from error


def _letters(names: Any) -> str | None:
    known = names and all(isinstance(name, str) and len(name) == 1 for name in names)
    return "".join(names).upper() if known else None
