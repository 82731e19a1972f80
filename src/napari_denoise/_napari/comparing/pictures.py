"""What a comparison shows: arrays that compute the plane that is asked for.

A layer with such an array follows the sliders by itself, and of a dask or Zarr image
nothing but the plane in view is read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise._napari.comparing.pair import Array, convert, is_volume, whole_key

if TYPE_CHECKING:
    from napari_denoise._napari.comparing.pair import Key, Pair

MOST_SAMPLES = 500_000
"""Pixels that are enough for the limits of a difference."""
SHADE = 1 / 3
"""How far a line which the image shines through is away from the image."""


class Picture(ABC):
    """An array made of a pair; computes what it is asked for, and keeps the last.

    Parameters
    ----------
    pair : Pair
        What is compared.
    """

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._key: Key | None = None
        self._planes: tuple[Array, Array] | None = None
        self._made: Array | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self._pair.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result."""
        return tuple(self._pair.result.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    @property
    def latest(self) -> Array | None:
        """What was asked for last, None before that."""
        return self._made

    def __getitem__(self, key: Any) -> Array:
        """Compute the values at `key`, integers and slices only.

        More than a plane at once is wanted for a moment when a viewer turns to 3D, and
        is not read: a single zero stands for it.
        """
        if is_volume(key):
            spatial = len(self._pair.corner)
            return np.zeros((1,) * spatial + self.shape[spatial:], self.dtype)
        return self._compute(whole_key(key, self._pair.result.shape))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Compute everything; only who asks for it in so many words gets it."""
        everything = self._compute(whole_key(..., self._pair.result.shape))
        self._key = self._planes = self._made = None
        return np.asarray(everything, dtype=dtype)

    def _compute(self, key: Key) -> Array:
        if key != self._key or self._made is None:
            self._planes, self._key = self._pair.read(key), key
            self._made = self._make(*self._planes)
        return self._made

    @abstractmethod
    def _make(self, reference: Array, result: Array) -> Array:
        """Make the picture of the same part of both."""


class BlinkPicture(Picture):
    """The result, or the reference while that is asked for."""

    original = False
    """Whether the reference is shown."""

    def show_original(self, yes: bool) -> None:
        """Show the reference, or the result again."""
        self.original = yes
        if self._planes is not None:
            self._made = self._make(*self._planes)

    def _make(self, reference: Array, result: Array) -> Array:
        return convert(reference if self.original else result, self.dtype)


class DifferencePicture(Picture):
    """Reference − result as float32; of colours the mean, alpha left out."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always float32."""
        return np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the result without its colours."""
        return super().shape[:-1] if self._pair.rgb else super().shape

    def _make(self, reference: Array, result: Array) -> Array:
        difference = reference.astype(np.float32) - result.astype(np.float32)
        if self._pair.rgb:
            return np.asarray(difference[..., :3].mean(axis=-1))
        return difference


class CurtainPicture(Picture):
    """The reference before a split, the result after it, and a line between them.

    Parameters
    ----------
    pair : Pair
        What is compared.
    axis : int
        Axis that runs across the curtain.
    """

    def __init__(self, pair: Pair, axis: int) -> None:
        super().__init__(pair)
        self.axis = axis
        self.at = self.length // 2
        self.ink: tuple[float, float] = (0.0, 1.0)
        self.width = 2

    @property
    def length(self) -> int:
        """Number of pixels along the axis of the split."""
        return int(self._pair.result.shape[self.axis])

    def take_over(self, other: CurtainPicture) -> None:
        """Draw the line as another curtain does, at the same place of the reference."""
        shift = other._pair.corner[other.axis] - self._pair.corner[self.axis]
        self.at = int(np.clip(other.at + shift, 0, self.length))
        self.width, self.ink = other.width, other.ink

    def move(self, at: int) -> None:
        """Move the split; only what lies between old and new is written again.

        Parameters
        ----------
        at : int
            First pixel of the result, 0 to `length`.
        """
        old, self.at = self.at, int(np.clip(at, 0, self.length))
        self._rewrite(min(old, self.at), max(old, self.at))

    def draw_line(self, width: int, ink: tuple[float, float]) -> None:
        """Draw the line otherwise.

        Parameters
        ----------
        width : int
            Pixels, half of them before the split. 1 is a single line of pixels which
            the image shines through.
        ink : tuple of float
            Values of its dark and its bright half.
        """
        margin = max(self.width, width)
        self.width, self.ink = width, ink
        self._rewrite(self.at, self.at, margin)

    def _make(self, reference: Array, result: Array) -> Array:
        self._made = np.empty(result.shape, self.dtype)
        self._rewrite(0, self.length)
        return self._made

    def _rewrite(self, first: int, last: int, margin: int = 0) -> None:
        if self._made is None or self._planes is None or self._across is None:
            return
        margin = max(margin, self.width)
        first, last = max(first - margin, 0), min(last + margin, self.length)
        reference, result = self._planes
        before, after = self._strip(first, self.at), self._strip(self.at, last)
        self._made[before] = convert(reference[before], self.dtype)
        self._made[after] = convert(result[after], self.dtype)
        self._draw()

    def _draw(self) -> None:
        if self._made is None:
            return
        dark, bright = self.ink
        if self.width == 1:
            # Too much of the image would be lost under a line as broad as its pixels.
            line = self._strip(max(self.at - 1, 0), max(self.at, 1))
            there = self._made[line].astype(np.float64)
            away = np.where(there < (dark + bright) / 2, bright, dark)
            self._made[line] = convert(there + (away - there) * SHADE, self.dtype)
            return
        half = self.width // 2
        first, last = max(self.at - half, 0), min(self.at + half, self.length)
        self._made[self._strip(first, self.at)] = _ink(dark, self.dtype)
        self._made[self._strip(self.at, last)] = _ink(bright, self.dtype)

    @property
    def _across(self) -> int | None:
        """The axis of the split among those of the plane that was asked for."""
        if self._key is None or not isinstance(self._key[self.axis], slice):
            return None
        return sum(isinstance(part, slice) for part in self._key[: self.axis])

    def _strip(self, first: int, last: int) -> tuple[slice, ...]:
        return (*(slice(None),) * (self._across or 0), slice(first, max(first, last)))


def _ink(value: float, dtype: np.dtype[Any]) -> Any:
    return convert(np.asarray(value, np.float64), dtype)


def symmetric_limits(difference: Array) -> tuple[float, float]:
    """Find limits around zero that show nearly all of a difference.

    Parameters
    ----------
    difference : ndarray
        Any shape; of large ones a part is looked at.

    Returns
    -------
    tuple of float
        ± the 99.5th percentile of the finite magnitudes, never zero.
    """
    every = max(1, difference.size // MOST_SAMPLES)
    values = np.abs(difference.reshape(-1)[::every])
    values = values[np.isfinite(values)]
    for percent in (99.5, 100.0):
        limit = float(np.percentile(values, percent)) if values.size else 0.0
        if limit > 0:
            return -limit, limit
    return -1.0, 1.0
