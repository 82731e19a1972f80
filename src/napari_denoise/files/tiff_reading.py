"""TIFF in: pages of all kinds, read when they are looked at."""

from __future__ import annotations

import struct
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import prod
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import FileError
from napari_denoise.files.info import ImageFile
from napari_denoise.files.planes import PlaneArray
from napari_denoise.files.tiff_cuts import UNCOMPRESSED, refuse_cut
from napari_denoise.files.tiff_info import tiff_info
from napari_denoise.files.tiff_members import (
    is_home,
    lies_elsewhere,
    members,
    names_others,
    opened,
    other_members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from tifffile import TiffFile, TiffPageSeries

DAMAGED = (
    ArithmeticError,
    AssertionError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    struct.error,
    zlib.error,
)
"""What readers run into, beside their own errors, when bytes of a file are wrong."""
CODECS = (
    "is compressed in a way{} that cannot be read here. More ways can with: "
    "pip install “napari-denoise[codecs]”."
)
THUMBNAIL = "thumbnail"


@contextmanager
def open_tiff(path: Path, series: int) -> Iterator[ImageFile]:
    """Open one image of a TIFF file; see :func:`napari_denoise.files.open_image`."""
    from tifffile import TiffFile

    with ExitStack() as stack:
        with told_plainly(path):
            file = stack.enter_context(TiffFile(path))
            images = _images(file)
            if not 0 <= series < len(images):
                raise no_such_series(path, series, len(images))
            place, chosen = images[series]
            _check_codecs(path, chosen.keyframe)
            refuse_cut(file, chosen)
            compressed = chosen.keyframe.compression != UNCOMPRESSED
            info = replace(tiff_info(file, chosen, place), compressed=compressed)
            data, notes = _pixels(path, file, chosen)
            image = ImageFile(path, data, chosen.axes, info, notes)
        yield image


def tiff_series(path: Path) -> list[str]:
    """Name the images of a TIFF file."""
    from tifffile import TiffFile

    with told_plainly(path), TiffFile(path) as file:
        return [
            series.name or f"series {number}"
            for number, (_, series) in enumerate(_images(file))
        ]


def tiff_siblings(path: Path) -> list[Path]:
    """List the other files that hold pixels of the images of a TIFF file."""
    from tifffile import TiffFile

    with told_plainly(path), TiffFile(path) as file:
        if not names_others(file):
            return []
        found = [other_members(file, series) for _, series in _images(file)]
    return sorted({sibling for others in found for sibling in others})


def no_such_series(path: Path, series: int, count: int) -> FileError:
    """Make the error of a number that no image has."""
    return FileError(
        f"{path} holds {count} image series, so there is no series {series}: they are "
        "counted from 0."
    )


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Say in a sentence what is wrong with a file."""
    import tifffile

    try:
        yield
    except FileError:
        raise
    except FileNotFoundError as error:
        raise FileError(f"There is no file {path}.") from error
    except PermissionError as error:
        raise FileError(
            f"{path} cannot be opened: another program may have locked it, or you may "
            "not be allowed to read it."
        ) from error
    except (OSError, tifffile.TiffFileError, *DAMAGED) as error:
        raise FileError(
            f"{path} cannot be read as a TIFF image; it may be truncated or of another "
            f"kind: {error}."
        ) from error
    except ImportError as error:
        raise FileError(f"{path} {CODECS.format('')}") from error
    except ValueError as error:
        raise FileError(
            f"{path} cannot be read: {error}. It may be damaged."
        ) from error


def _images(file: TiffFile) -> list[tuple[int, TiffPageSeries]]:
    """List the images with their place among all series.

    Thumbnails are none, and others belong to another file, which is told of here too.
    """
    found = [
        (place, series)
        for place, series in enumerate(file.series)
        if place == 0
        or not (series.keyframe.is_reduced or series.name.lower() == THUMBNAIL)
    ]
    if not found or found[0][1].dtype is None or not prod(found[0][1].shape):
        raise FileError(f"{file.filehandle.path} holds no image.")
    here = [(place, series) for place, series in found if is_home(file, series)]
    if not here:
        raise lies_elsewhere(file, [series for _, series in found])
    return here


def _check_codecs(path: Path, page: Any) -> None:
    """Refuse what cannot be decoded here, before any of it is read."""
    from tifffile import TIFF

    try:
        TIFF.DECOMPRESSORS[page.compression]
        if page.compression not in TIFF.IMAGE_COMPRESSIONS:
            TIFF.UNPREDICTORS[page.predictor]
    except KeyError as error:
        name = getattr(page.compression, "name", page.compression)
        raise FileError(f"{path} {CODECS.format(f' ({name})')}") from error


def _pixels(
    path: Path, file: TiffFile, series: TiffPageSeries
) -> tuple[Any, tuple[str, ...]]:
    shape = tuple(series.shape)
    stored = np.dtype(series.dtype).newbyteorder(file.byteorder)
    # An offset leads into the opened file, and says nothing of others.
    whole_pages = len(members(series)) > 1 or series.transform is not None
    offset = None if whole_pages else series.dataoffset
    if offset is not None:
        if offset + prod(shape) * stored.itemsize > file.filehandle.size:
            raise FileError(
                f"{path} is truncated: pixels are missing at its end. Copy it again "
                "from where it comes from."
            )
        inner = min(len(shape), 3 if series.axes.endswith("S") else 2)
        rows = _Contiguous(path, file, int(offset), stored, shape[-inner:])
        return PlaneArray(shape, stored.newbyteorder("="), inner, rows), ()
    inner = _page_axes(series)
    if inner:
        pages = _Pages(path, series, shape[-inner:])
        missing = sum(page is None for page in series._pages)
        notes = f"{missing} planes are missing in the file: they are read as zeros."
        data = PlaneArray(shape, np.dtype(series.dtype), inner, pages)
        return data, (notes,) if missing else ()
    return series.asarray(), ("The file's pages are no planes: it was read whole.",)


def _page_axes(series: TiffPageSeries) -> int:
    """How many of the last axes a page holds; 0 where pages are no part of them."""
    page = tuple(series.keyframe.shape)
    leading = len(series.shape) - len(page)
    fits = leading >= 0 and tuple(series.shape[leading:]) == page
    return len(page) if fits and len(series) == prod(series.shape[:leading]) else 0


class _Contiguous:
    """Pixels that follow one another in the file: rows are read by their offset."""

    def __init__(
        self,
        path: Path,
        file: TiffFile,
        offset: int,
        stored: np.dtype[Any],
        plane: tuple[int, ...],
    ) -> None:
        self._path = path
        self._handle = file.filehandle
        self._offset = offset
        self._stored = stored
        self._plane = plane
        self._lock = Lock()

    def __call__(self, number: int, begin: int, end: int) -> NDArray[Any]:
        row = prod(self._plane[1:])
        first = number * self._plane[0] * row + begin * row
        offset = self._offset + first * self._stored.itemsize
        with told_plainly(self._path), self._lock:
            pixels = self._handle.read_array(self._stored, (end - begin) * row, offset)
        return pixels.reshape(end - begin, *self._plane[1:])


class _Pages:
    """Pages that are compressed or scattered; the last one is kept for its neighbours.

    Colour samples, or rows, of one page are often asked for one after the other.
    """

    def __init__(
        self, path: Path, series: TiffPageSeries, plane: tuple[int, ...]
    ) -> None:
        self._path = path
        self._series = series
        self._plane = plane
        self._lock = Lock()
        self._kept: tuple[int, NDArray[Any]] | None = None

    def __call__(self, number: int, begin: int, end: int) -> NDArray[Any]:
        with self._lock, told_plainly(self._path):
            if self._kept is None or self._kept[0] != number:
                self._kept = None
                self._kept = number, self._decoded(number)
            return self._kept[1][begin:end]

    def _decoded(self, number: int) -> NDArray[Any]:
        page = self._series[number]
        if page is None:
            return np.zeros(self._plane, self._series.dtype)
        path = Path(page.parent.filehandle.path)
        with told_plainly(path), opened(page.parent):
            pixels = page.asarray()
        if self._series.transform is not None:
            pixels = self._series.transform(pixels)
        return np.asarray(pixels).reshape(self._plane)
