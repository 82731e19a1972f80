"""Arrays that are read from a file plane by plane."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

    ReadRows = Callable[[int, int, int], NDArray[Any]]


class Lazy(ABC):
    """Base of what looks like an array and reads what is asked for."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of pixels."""
        return prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[...], dtype)

    @abstractmethod
    def __getitem__(self, index: Any) -> NDArray[Any]: ...


def canonical(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the one of several types of the same numbers that all programs know.

    Integers of 64 bits may be C's ``long`` or ``long long``; Zarr knows one of them.

    Parameters
    ----------
    dtype : dtype-like
        Of pixels.

    Returns
    -------
    numpy.dtype
    """
    return np.dtype(np.dtype(dtype).str)


class PlaneArray(Lazy):
    """Looks like an array, and reads only the rows that are asked for.

    Parameters
    ----------
    shape : tuple of int
        Of the image.
    dtype : numpy.dtype
        Of its pixels.
    plane_axes : int
        How many of the last axes a plane has: at least one.
    read : callable
        Takes the number of a plane and a range of its rows, begin and end; returns
        them with all `plane_axes`.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], plane_axes: int, read: Any
    ) -> None:
        self.shape = shape
        self.dtype = canonical(dtype)
        self._leading = len(shape) - plane_axes
        self._read: ReadRows = read

    def __getitem__(self, index: Any) -> NDArray[Any]:
        places = full_index(index, self.shape)
        stack = [_positions(p, n) for p, n in zip(places, self.shape, strict=True)]
        leading, rows = stack[: self._leading], stack[self._leading]
        inside = places[self._leading + 1 :]
        sides = [len(s) for s in stack[self._leading :]]
        result = np.empty((prod(map(len, leading)), *sides), self.dtype)
        for slot, position in enumerate(product(*leading)):
            self._fill(result[slot], position, rows, inside)
        whole = result.reshape([len(s) for s in stack])
        # Axes that an integer picked from go.
        return whole[tuple(0 if isinstance(p, int) else slice(None) for p in places)]

    def _fill(
        self,
        target: NDArray[Any],
        position: tuple[int, ...],
        rows: range,
        inside: tuple[int | slice, ...],
    ) -> None:
        if target.size == 0:
            return
        stack = self.shape[: self._leading]
        number = int(np.ravel_multi_index(position, stack)) if stack else 0
        first, last = min(rows), max(rows)
        block = self._read(number, first, last + 1)
        kept = tuple(slice(p, p + 1) if isinstance(p, int) else p for p in inside)
        # The block ends in the first row where they are asked for upwards.
        target[...] = block[(slice(None, None, rows.step), *kept)]


def full_index(index: Any, shape: tuple[int, ...]) -> tuple[int | slice, ...]:
    """Say for each axis which part of it an index picks.

    Parameters
    ----------
    index : int, slice, ``...`` or tuple of these
        As it is given in brackets.
    shape : tuple of int
        Of the array.

    Returns
    -------
    tuple of (int or slice)
        One per axis; integers count from the start.

    Raises
    ------
    IndexError
        If it is something else, or leads out of the array.
    """
    parts = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in [p for p in parts if p is Ellipsis]:
        at = next(i for i, part in enumerate(parts) if part is Ellipsis)
        gap = len(shape) - (len(parts) - 1)
        parts[at : at + 1] = [slice(None)] * gap
    if len(parts) > len(shape):
        raise IndexError(f"{len(parts)} indices for an image of shape {shape}")
    parts += [slice(None)] * (len(shape) - len(parts))
    return tuple(_part(part, size) for part, size in zip(parts, shape, strict=True))


def _part(part: Any, size: int) -> int | slice:
    if isinstance(part, slice):
        return part
    try:
        number = operator.index(part)
    except TypeError as error:
        raise IndexError("files are read by integers and slices only") from error
    if not -size <= number < size:
        raise IndexError(f"index {number} is out of bounds for a side of {size}")
    return number % size


def _positions(part: int | slice, size: int) -> range:
    if isinstance(part, int):
        return range(part, part + 1)
    return range(*part.indices(size))
