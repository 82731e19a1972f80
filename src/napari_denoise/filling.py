"""An image file that can be looked at while it is written."""

from __future__ import annotations

from itertools import product
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.files.planes import Lazy, full_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Place = tuple[int, ...]


class Filling(Lazy):
    """Takes planes, and shows those that are complete; the rest is 0.

    One thread may write while others read. Once the file is closed, or gone, all is 0.

    Parameters
    ----------
    pixels : array-like
        As :func:`napari_denoise.files.create_image` yields it: takes planes, and gives
        those back that it has.
    shape : tuple of int
        Of the image.
    dtype : numpy.dtype
        Of the image.
    axes : str
        Letters of TCZYXS, one per axis of `shape`.
    """

    def __init__(
        self, pixels: Any, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
    ) -> None:
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self._pixels = pixels
        self._inside = sorted([axes.index("Y"), axes.index("X")])
        self._lock = Lock()
        self._done: set[Place] = set()
        self._missed: set[Place] = set()  # looked at, and not there
        self._changed = False

    @property
    def facts(self) -> dict[str, Any]:
        """What is written into the file besides pixels."""
        facts: dict[str, Any] = self._pixels.facts
        return facts

    def take_change(self) -> bool:
        """Whether a plane has come that was looked at before; once for each change.

        Who is told so looks again at what is shown.
        """
        with self._lock:
            changed, self._changed = self._changed, False
            if changed:
                self._missed.clear()
            return changed

    def __setitem__(self, index: Any, plane: NDArray[Any]) -> None:
        self._pixels[index] = plane
        place = self._place(index)
        with self._lock:
            self._done.add(place)
            self._changed = self._changed or place in self._missed

    def __getitem__(self, index: Any) -> NDArray[Any]:
        parts = full_index(index, self.shape)
        sides = [
            [part] if isinstance(part, int) else range(*part.indices(size))
            for part, size in zip(parts, self.shape, strict=True)
        ]
        result = np.zeros([len(side) for side in sides], self.dtype)
        # An axis that an integer picks from is kept until the end.
        cut = tuple(
            slice(p, p + 1) if isinstance(p, int) else p
            for p in (parts[axis] for axis in self._inside)
        )
        for slot, place in self._places(sides):
            plane = self._plane(place)
            if plane is not None:
                result[slot] = plane[cut]
        return result[tuple(0 if isinstance(p, int) else slice(None) for p in parts)]

    def _place(self, index: tuple[Any, ...]) -> Place:
        return tuple(
            int(part) for axis, part in enumerate(index) if axis not in self._inside
        )

    def _places(self, sides: list[Any]) -> Iterator[tuple[tuple[Any, ...], Place]]:
        """Yield where each plane goes in what is asked for, and where it lies."""
        outside = [a for a in range(len(self.shape)) if a not in self._inside]
        for steps in product(*(range(len(sides[axis])) for axis in outside)):
            slot: list[Any] = [slice(None)] * len(self.shape)
            for axis, step in zip(outside, steps, strict=True):
                slot[axis] = step
            lies = zip(outside, steps, strict=True)
            yield tuple(slot), tuple(sides[axis][step] for axis, step in lies)

    def _plane(self, place: Place) -> NDArray[Any] | None:
        """Read a plane, with Y and X in the order of the image; None if it lacks."""
        with self._lock:
            if place not in self._done:
                self._missed.add(place)
                return None
        index: list[Any] = list(place)
        for axis in self._inside:
            index.insert(axis, slice(None))
        try:
            return np.asarray(self._pixels[tuple(index)])
        except (OSError, ValueError):  # the file has got its name, or was removed
            return None
