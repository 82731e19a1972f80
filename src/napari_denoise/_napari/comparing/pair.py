"""Two images whose pixels belong together, read at the same places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Key = tuple[int | slice, ...]
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Pair:
    """Two images, and where the pixels of one lie among those of the other.

    Attributes
    ----------
    result, reference : array-like
        Same number of axes, colours last if there are any.
    corner : tuple of int
        First pixel of the result in the reference, along each axis but colours.
    rgb : bool
        Whether the last axis is colours.
    """

    result: Any
    reference: Any
    corner: tuple[int, ...]
    rgb: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """What holds the values of both; colours stay what the reference has."""
        ours: np.dtype[Any] = np.dtype(self.result.dtype)
        theirs: np.dtype[Any] = np.dtype(self.reference.dtype)
        return theirs if self.rgb else np.promote_types(ours, theirs)

    def read(self, key: Key) -> tuple[Array, Array]:
        """Read the same pixels of the reference and of the result.

        Parameters
        ----------
        key : tuple of int and slice
            One entry per axis of the result, as `whole_key` returns it.

        Returns
        -------
        tuple of ndarray
        """
        moved = [_moved(part, by) for part, by in zip(key, self.corner, strict=False)]
        there = (*moved, *key[len(moved) :])
        return np.asarray(self.reference[there]), np.asarray(self.result[key])


def whole_key(key: Any, shape: Sequence[int]) -> Key:
    """Spell an index out.

    Parameters
    ----------
    key : int, slice, Ellipsis or tuple of them
        As in ``array[key]``.
    shape : sequence of int
        Of the array.

    Returns
    -------
    tuple of int and slice
        One entry per axis, nothing negative, no end left open.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if Ellipsis not in parts:
        parts = (*parts, Ellipsis)
    gap = parts.index(Ellipsis)
    missing = len(shape) - len(parts) + 1
    parts = (*parts[:gap], *(slice(None),) * missing, *parts[gap + 1 :])
    return tuple(_part(part, size) for part, size in zip(parts, shape, strict=True))


def is_volume(key: Any) -> bool:
    """Whether an index leaves more than two axes as they are.

    Parameters
    ----------
    key : int, slice, Ellipsis or tuple of them
        As napari asks for what it shows: thick planes have ends along the third axis.
    """
    parts = key if isinstance(key, tuple) else (key,)
    return [part == slice(None) for part in parts].count(True) > 2


def _part(part: Any, size: int) -> int | slice:
    if isinstance(part, slice):
        first, last, step = part.indices(size)
        return slice(first, max(last, 0), step)
    number = int(part)
    return number + size if number < 0 else number


def _moved(part: int | slice, by: int) -> int | slice:
    if isinstance(part, slice):
        return slice(part.start + by, part.stop + by, part.step)
    return part + by


def convert(values: Array, dtype: np.dtype[Any]) -> Array:
    """Give values another type: rounded and clipped where it holds whole numbers.

    Parameters
    ----------
    values : ndarray
        Any numbers.
    dtype : numpy.dtype
        What is wanted.

    Returns
    -------
    ndarray
        `values` itself if it has that type already.
    """
    if dtype.kind == "f" or np.can_cast(values.dtype, dtype):
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
