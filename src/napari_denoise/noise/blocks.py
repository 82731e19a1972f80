"""Local statistics of image windows, from which noise is measured."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SIDE = 16
"""Side of a block in pixels."""
STEP = 8
DILATIONS = (1, 2, 3, 4)
"""Spacings, in pixels, of the second differences that separate noise from structure."""
END_SHARE = 0.005
"""A block with more pixels than this at the end of the range is left out."""


@dataclass(frozen=True)
class Blocks:
    """Statistics of overlapping 16×16 blocks; arrays of length (blocks,).

    Attributes
    ----------
    mean : ndarray
        Mean in counts.
    high_pass : ndarray, shape (dilations, blocks)
        Variance of second differences along both axes at each of `DILATIONS`, scaled
        so that white noise gives its own variance.
    detrended : ndarray
        Variance after taking out a plane: noise of any correlation, and structure.
    coarse : ndarray
        16 × the variance of 4×4 means after taking out a plane: mostly structure;
        white noise gives its own variance.
    floor, ceiling : ndarray of float
        Share of pixels at the lowest and at the highest value of all windows.
    """

    mean: NDArray[np.float32]
    high_pass: NDArray[np.float32]
    detrended: NDArray[np.float32]
    coarse: NDArray[np.float32]
    floor: NDArray[np.float32]
    ceiling: NDArray[np.float32]

    def where(self, keep: NDArray[np.bool_]) -> Blocks:
        """Keep some of the blocks."""
        return Blocks(*(getattr(self, f.name)[..., keep] for f in fields(self)))

    def __len__(self) -> int:
        return int(self.mean.size)


def block_statistics(
    windows: Iterable[NDArray[np.float32]], levels: Iterable[NDArray[np.float32]]
) -> Blocks:
    """Measure blocks in all windows.

    Parameters
    ----------
    windows : iterable of ndarray of float32, shape (Y, X), sides ≥ 16
        Where noise shows: the image, or differences of frames divided by √2.
    levels : iterable of ndarray of float32, shape (Y, X)
        Where its mean level shows: the image, or means of frames.

    Returns
    -------
    Blocks
    """
    levels = list(levels)
    lowest = min(float(level.min()) for level in levels)
    highest = max(float(level.max()) for level in levels)
    parts = [
        _statistics(window, level, lowest, highest)
        for window, level in zip(windows, levels, strict=True)
    ]
    names = [f.name for f in fields(Blocks)]
    return Blocks(
        *(np.concatenate([getattr(p, n) for p in parts], axis=-1) for n in names)
    )


def _statistics(
    window: NDArray[np.float32], level: NDArray[np.float32], low: float, high: float
) -> Blocks:
    pixels = _blocks(window)
    pixels = pixels - pixels.mean(axis=1, keepdims=True)
    plane, means = _bases()
    trend = pixels @ plane
    detrended = ((pixels**2).sum(axis=1) - (trend**2).sum(axis=1)) / (SIDE**2 - 3)
    cells = (pixels - trend @ plane.T) @ means
    coarse = (cells**2).sum(axis=1) * (16 / 13)
    levels = _blocks(level)
    high_pass = [second_difference_variance(window, d) for d in DILATIONS]
    return Blocks(
        levels.mean(axis=1),
        np.stack(high_pass),
        detrended,
        coarse,
        (levels <= low).mean(axis=1, dtype=np.float32),
        (levels >= high).mean(axis=1, dtype=np.float32),
    )


def _blocks(image: NDArray[np.float32]) -> NDArray[np.float32]:
    view = sliding_window_view(image, (SIDE, SIDE))[::STEP, ::STEP]
    return view.reshape(-1, SIDE * SIDE)


def _bases() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return an orthonormal plane, (256, 3), and means over 4×4 cells, (256, 16)."""
    ramp = np.arange(SIDE) - (SIDE - 1) / 2
    one = np.ones(SIDE)
    shapes = ((one, one), (ramp, one), (one, ramp))
    plane = np.stack([np.outer(a, b).ravel() for a, b in shapes], axis=1)
    plane /= np.linalg.norm(plane, axis=0)
    cell = np.kron(np.eye(4), np.ones((4, 1))) / 4
    return plane.astype(np.float32), np.kron(cell, cell).astype(np.float32)


def second_difference_variance(
    window: NDArray[np.float32], dilation: int
) -> NDArray[np.float32]:
    """Mean square, by block, of second differences along Y and X.

    Parameters
    ----------
    window : ndarray of float32, shape (Y, X)
        Part of an image.
    dilation : int
        Spacing of the three taps 1, -2, 1 along each axis, in pixels.

    Returns
    -------
    ndarray of float32, shape (blocks,)
        Divided by 36, so that white noise gives its variance.
    """
    d = dilation
    rows = window[: -2 * d] - 2 * window[d:-d] + window[2 * d :]
    both = rows[:, : -2 * d] - 2 * rows[:, d:-d] + rows[:, 2 * d :]
    inner = SIDE - 2 * d
    views = sliding_window_view(both**2, (inner, inner))[::STEP, ::STEP]
    mean: NDArray[np.float32] = views.mean(axis=(2, 3)).ravel() / 36
    return mean
