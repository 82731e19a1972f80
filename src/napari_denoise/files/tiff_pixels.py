"""Pixels of a TIFF file that is being written."""

from __future__ import annotations

import errno
from math import prod
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BLOCK = 2**25
"""Bytes that are read and written at once where planes are interleaved."""


class TiffPixels:
    """Takes planes of an image into a file, by their offset, and gives them back.

    Parameters
    ----------
    file : file
        Open for reading and writing, unbuffered.
    offset : int
        Where the pixels begin.
    shape : tuple of int
        Of the image.
    stored : numpy.dtype
        In the byte order of the file.
    leading : int
        How many axes come before those of a plane.
    """

    def __init__(
        self,
        file: Any,
        offset: int,
        shape: tuple[int, ...],
        stored: np.dtype[Any],
        leading: int,
    ) -> None:
        self.facts: dict[str, Any] = {}
        self._file = file
        self._offset = offset
        self._stack, self._block = shape[:leading], shape[leading:]
        self._stored = stored
        self._lock = Lock()

    def __setitem__(self, index: tuple[int | slice, ...], plane: NDArray[Any]) -> None:
        offset, inside = self._locate(index)
        with self._lock:
            if all(part == slice(None) for part in inside):
                self._write(offset, plane)
            else:
                self._interleave(offset, inside, plane)

    def __getitem__(self, index: tuple[int | slice, ...]) -> NDArray[Any]:
        offset, inside = self._locate(index)
        cut = slice(None), *inside[1:]
        with self._lock:
            rows = [self._block_at(*block)[cut] for block in self._blocks(offset)]
        return np.concatenate(rows)

    def _locate(
        self, index: tuple[int | slice, ...]
    ) -> tuple[int, tuple[int | slice, ...]]:
        """Say where a plane, or one among others, begins; and which one it is there."""
        leading: Any = index[: len(self._stack)]
        number = int(np.ravel_multi_index(leading, self._stack)) if self._stack else 0
        size = prod(self._block) * self._stored.itemsize
        return self._offset + number * size, index[len(self._stack) :]

    def _blocks(self, offset: int) -> Iterator[tuple[int, int]]:
        """Yield the offsets of some rows at a time, and how many they are."""
        row = prod(self._block[1:]) * self._stored.itemsize
        most = max(BLOCK // row, 1)
        for first in range(0, self._block[0], most):
            yield offset + first * row, min(most, self._block[0] - first)

    def _block_at(self, offset: int, rows: int) -> NDArray[Any]:
        block = np.empty((rows, *self._block[1:]), self._stored)
        self._file.seek(offset)
        self._read(block)
        return block

    def _interleave(
        self, offset: int, inside: tuple[int | slice, ...], plane: NDArray[Any]
    ) -> None:
        """Put a plane among others that lie between its pixels, some rows at a time."""
        first = 0
        for place, rows in self._blocks(offset):
            block = self._block_at(place, rows)
            block[(slice(None), *inside[1:])] = plane[first : first + rows]
            self._write(place, block)
            first += rows

    def _write(self, offset: int, pixels: NDArray[Any]) -> None:
        self._file.seek(offset)
        left = np.ascontiguousarray(pixels, self._stored).reshape(-1).view(np.uint8)
        while len(left):  # the system takes at most 2 GB at a time
            left = left[self._file.write(left.data) :]

    def _read(self, pixels: NDArray[Any]) -> None:
        left = pixels.reshape(-1).view(np.uint8)
        while len(left):
            taken = self._file.readinto(left.data)
            if not taken:
                raise OSError(errno.EIO, "another program made its file shorter")
            left = left[taken:]
