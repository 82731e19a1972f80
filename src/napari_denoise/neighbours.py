"""Planes in the order in which they are denoised, and what lies beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Plane(NamedTuple):
    """One plane, as it was read and as a network sees it.

    Attributes
    ----------
    counts : ndarray, shape (Y, X)
        As they are in the source.
    filled : ndarray of float32, shape (Y, X)
        Finite counts.
    bad : ndarray of bool, shape (Y, X), or None
        Which pixels were not finite.
    seen : ndarray of float32, shape (Y, X)
        Stabilised, in the range of the network.
    """

    counts: NDArray[Any]
    filled: NDArray[np.float32]
    bad: NDArray[np.bool_] | None
    seen: NDArray[np.float32]


class Line:
    """Planes along one axis; each is read once, and kept while it is looked at.

    Parameters
    ----------
    read : callable
        Reads the plane at a position.
    length : int
        Number of planes.
    radius : int
        Planes that a network looks at before and after each one.
    """

    def __init__(self, read: Callable[[int], Plane], length: int, radius: int) -> None:
        self._read, self._length, self._radius = read, length, radius
        self._kept: dict[int, Plane] = {}

    def __getitem__(self, position: int) -> Plane:
        """Return one plane; read it if it was not."""
        if position not in self._kept:
            self._kept[position] = self._read(position)
        return self._kept[position]

    def around(self, first: int, count: int) -> NDArray[np.float32]:
        """Stack some planes with their neighbours.

        Parameters
        ----------
        first, count : int
            Position of the first plane, and how many; never before those of the call
            before.

        Returns
        -------
        ndarray of float32, shape (count + 2 * radius, Y, X)
            As the network sees them; beyond the ends reflected.
        """
        positions = np.arange(first - self._radius, first + count + self._radius)
        wanted = reflected(positions, self._length).tolist()
        lowest = min(wanted)
        self._kept = {p: plane for p, plane in self._kept.items() if p >= lowest}
        return np.stack([self[p].seen for p in wanted])


def reflected(positions: NDArray[np.integer], length: int) -> NDArray[np.integer]:
    """Fold positions beyond the ends of an axis back, again and again.

    Parameters
    ----------
    positions : ndarray of int
        Any, also negative ones.
    length : int
        Of the axis.

    Returns
    -------
    ndarray of int
        From 0 to ``length - 1``; the last position is not repeated.
    """
    period = max(2 * length - 2, 1)
    folded = positions % period
    return np.asarray(np.minimum(folded, period - folded))
