"""Zarr arrays whose chunks hold more than what is read at a time."""

from __future__ import annotations

from math import prod
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import FileError
from napari_denoise.files.planes import Lazy, full_index
from napari_denoise.files.tiff_reading import DAMAGED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Box = list[tuple[int, int]]

SLAB = 256 * 2**20
"""Bytes of decoded chunks that are kept at most."""


class Chunked(Lazy):
    """A Zarr array that keeps the chunks it decoded last.

    A chunk may hold many planes, which are read one after the other: each would decode
    all of them again.

    Parameters
    ----------
    array : zarr.Array
        Only read.
    path : Path
        Of the folder, to name it where pixels are damaged.

    Attributes
    ----------
    chunks : tuple of int
        Sides of a chunk.
    """

    def __init__(self, array: Any, path: Path) -> None:
        self.shape = tuple(int(side) for side in array.shape)
        self.chunks = tuple(int(side) for side in array.chunks)
        self.dtype = np.dtype(array.dtype).newbyteorder("=")
        self._array, self._path = array, path
        self._lock = Lock()
        self._kept: tuple[Box, NDArray[Any]] | None = None

    def __getitem__(self, index: Any) -> NDArray[Any]:
        places = full_index(index, self.shape)
        spans = [_span(p, n) for p, n in zip(places, self.shape, strict=True)]
        with self._lock:
            block = self._block(spans)
            return np.array(block[tuple(_step(place) for place in places)])

    def _block(self, spans: Box) -> NDArray[Any]:
        """Return what lies between these bounds, which is not to be changed."""
        if not all(_length(span) for span in spans):
            return np.empty([_length(span) for span in spans], self.dtype)
        if self._kept is None or not _encloses(self._kept[0], spans):
            box = self._box(spans)
            if box == spans:
                return self._read(spans)
            self._kept = None
            self._kept = box, self._read(box)
        box, slab = self._kept
        inside = zip(spans, box, strict=True)
        return slab[tuple(slice(b - low, e - low) for (b, e), (low, _) in inside)]

    def _box(self, spans: Box) -> Box:
        """Widen the bounds to those of chunks, as far as that may be kept."""
        grid = zip(spans, self._array.chunks, self.shape, strict=True)
        box = [(b // c * c, min(-(-e // c) * c, n)) for (b, e), c, n in grid]
        while self._size(box) > SLAB and box != spans:
            sides = zip(box, spans, strict=True)
            gains = [_length(outer) / _length(inner) for outer, inner in sides]
            axis = int(np.argmax(gains))
            begin, end = spans[axis]
            half = begin + _length(box[axis]) // 2
            box[axis] = (begin, max(end, min(half, box[axis][1])))
        return box

    def _size(self, box: Box) -> int:
        return int(prod(_length(side) for side in box) * self.dtype.itemsize)

    def _read(self, box: Box) -> NDArray[Any]:
        region = tuple(slice(*side) for side in box)
        try:
            pixels = np.asarray(self._array[region])
        except MemoryError:
            raise
        except (OSError, ValueError, *DAMAGED) as error:
            raise FileError(
                f"{self._path} cannot be read: a chunk of its pixels is damaged "
                f"({error}). Copy it again from where it comes from."
            ) from error
        return pixels.astype(self.dtype, copy=False)


def _span(place: int | slice, size: int) -> tuple[int, int]:
    if isinstance(place, int):
        return place, place + 1
    positions = range(*place.indices(size))
    return (min(positions), max(positions) + 1) if positions else (0, 0)


def _step(place: int | slice) -> int | slice:
    return 0 if isinstance(place, int) else slice(None, None, place.step)


def _length(side: tuple[int, int]) -> int:
    return side[1] - side[0]


def _encloses(box: Box, spans: Box) -> bool:
    return all(
        low <= begin and end <= high
        for (low, high), (begin, end) in zip(box, spans, strict=True)
    )
