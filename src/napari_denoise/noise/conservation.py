"""Counts that a denoiser lost are given back where they were lost.

A network knows single pixels well and the sum of ten thousand badly: a bias of a
hundredth of the noise is nothing to its error, and much to the counts of a faint cell.
The noisy image is the other way round: its sum over a neighbourhood is right within
the noise of that sum. So the smooth part of what was taken away is put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import uniform_filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.noise.model import NoiseModel

NEIGHBOURHOOD = 49
"""Side of the squares, in pixels, over which counts are averaged, twice."""
WIDEST = 4.0
"""Neighbourhoods grow with the noise's correlation, up to so many times."""
CREDIBLE = 6.0
"""A pixel that changed by more σ and photons was no noise: hot, dead, or padding."""


def keep_counts(
    noisy: NDArray[np.float32],
    restored: NDArray[np.float32],
    noise: NoiseModel,
) -> NDArray[np.float32]:
    """Give the counts of each neighbourhood back to it.

    The smooth part of ``noisy - restored`` is shared out among the pixels in proportion
    to the standard deviation of their noise. Equal shares would bring the noise of
    bright pixels to the dark ones beside them; shares in proportion to the variance (a
    factor near 1, with photon noise) would give what was lost of unseen spots to those
    that are seen.

    Parameters
    ----------
    noisy : ndarray of float32, shape (Y, X)
        Counts, finite.
    restored : ndarray of float32, shape (Y, X)
        Denoised counts.
    noise : NoiseModel
        Of `noisy`.

    Returns
    -------
    ndarray of float32, shape (Y, X)
        `restored` plus a smooth change, whose noise variance is that of `noisy` over
        about 5000 (white noise). Pixels that were no noise neither give nor take.
    """
    side = _neighbourhood(noise)
    gain, read = np.float32(noise.gain), np.float32(noise.read_std)
    photons = np.maximum(restored - np.float32(noise.offset), 0)
    sigma = np.sqrt(photons * gain + read**2)
    taken = noisy - restored
    sigma[np.abs(taken) > np.float32(CREDIBLE) * (sigma + gain)] = 0
    taken[sigma == 0] = 0
    share = _smoothed(taken, side)
    share *= sigma / np.maximum(_smoothed(sigma, side), np.float32(1e-30))
    share += restored
    return share


def reach(noise: NoiseModel) -> int:
    """How many pixels away counts may be given to a pixel.

    Parameters
    ----------
    noise : NoiseModel
        Of the image.

    Returns
    -------
    int
    """
    return _neighbourhood(noise) - 1  # half of a square, twice


def _neighbourhood(noise: NoiseModel) -> int:
    # Noise that is alike in n pixels averages out over n times the area.
    alike = np.pi**0.5 * noise.correlation_length
    return int(NEIGHBOURHOOD * np.clip(alike, 1, WIDEST)) | 1


def _smoothed(image: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Average over a square, twice: a pyramid, without edges in the result."""
    once = uniform_filter(image, side, mode="reflect")
    twice: NDArray[np.float32] = uniform_filter(once, side, mode="reflect")
    return twice
