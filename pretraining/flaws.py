"""What cameras and file formats add to noise: steps, clipping, hot pixels, lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Flaws:
    """How often each flaw is drawn, independently of the others.

    Attributes
    ----------
    hot : float
        Share of patches with hot pixels: 1 in 10 000 to 1 in 300, 8 to 60 σ bright.
    lines : float
        Share with rows (or columns) shifted by a random 0.05 to 0.4 σ each.
    clipped : float
        Share cut at black, up to 1 σ under the background, and half of them at white,
        at 75 to 100 % of the brightest structure.
    quantised : float
        Share rounded to steps of 0.5 to 4 grey levels of 255.
    """

    hot: float = 0.0
    lines: float = 0.0
    clipped: float = 0.0
    quantised: float = 0.0


def add_flaws(
    noisy: NDArray[np.float64],
    ends: tuple[float, float],
    spread: float,
    how: Flaws,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw flaws, in the order in which a microscope adds them.

    Parameters
    ----------
    noisy : ndarray of float, shape (Y, X)
        Linear intensities.
    ends : tuple of float
        Background and brightest structure of the clean image.
    spread : float
        Typical standard deviation of the noise.
    how : Flaws
        How often.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float, shape (Y, X)
    """
    if rng.random() < how.hot:
        noisy = _hot_pixels(noisy, spread, rng)
    if rng.random() < how.lines:
        height, width = noisy.shape
        lines = (height, 1) if rng.random() < 0.5 else (1, width)
        noisy = noisy + rng.normal(0, spread * rng.uniform(0.05, 0.4), lines)
    low, high = ends
    if rng.random() < how.clipped:
        is_saturated = rng.random() < 0.5
        black = low - spread * rng.random()
        white = low + (high - low) * rng.uniform(0.75, 1) if is_saturated else np.inf
        noisy = np.clip(noisy, black, max(white, black + spread))
    if rng.random() < how.quantised:
        step = (high - low) / 255 * rng.uniform(0.5, 4)
        noisy = low + step * np.rint((noisy - low) / step)
    return noisy


def _hot_pixels(
    noisy: NDArray[np.float64], spread: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    is_hot = rng.random(noisy.shape) < 10 ** rng.uniform(-4, -2.5)
    return noisy + is_hot * spread * rng.uniform(8, 60, noisy.shape)
