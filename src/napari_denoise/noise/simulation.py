"""Draw noisy images from clean ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.noise.model import NoiseModel


def simulate(
    clean: NDArray[np.floating], noise: NoiseModel, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Add Poisson-Gaussian noise to a clean image.

    Parameters
    ----------
    clean : ndarray of float, shape (..., Y, X)
        Noise-free counts, not below the offset (values below count as dark).
    noise : NoiseModel
        Correlated noise is white noise blurred along Y and X with a Gaussian of
        standard deviation ``correlation_length / 2`` and rescaled to its variance.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, shape (..., Y, X)
        Noisy counts, neither clipped nor rounded.
    """
    clean = np.asarray(clean, np.float64)
    error = rng.normal(0.0, noise.read_std, clean.shape)
    if noise.gain > 0:
        photons = np.maximum(clean - noise.offset, 0) / noise.gain
        error += noise.gain * (rng.poisson(photons) - photons)
    if noise.correlation_length > 0:
        error = blur_noise(error, noise.correlation_length / 2)
    return (clean + error).astype(np.float32)


def blur_noise(error: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Correlate white noise along the last two axes without changing its variance.

    Parameters
    ----------
    error : ndarray of float, shape (..., Y, X)
        White noise.
    width : float
        Standard deviation of the Gaussian in pixels.

    Returns
    -------
    ndarray of float, shape (..., Y, X)
        Correlated noise.
    """
    impulse = np.zeros(2 * int(4 * width + 2) + 1)
    impulse[impulse.size // 2] = 1
    kernel = gaussian_filter(impulse, width)
    sigmas = (0.0,) * (error.ndim - 2) + (width, width)
    # The variance of a separable filter's output is the sum of squares, twice.
    return np.asarray(gaussian_filter(error, sigmas, mode="wrap") / np.sum(kernel**2))
