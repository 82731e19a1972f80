"""How large the error of a result is to be expected, where the truth is unknown.

The change that a denoiser makes is its error and the noise together. Stein's identity
separates the two: how far the result follows a small random disturbance of the image
tells how much of the noise it let through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.noise.simulation import blur_noise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel

    Denoiser = Callable[[NDArray[np.float32]], NDArray[np.floating]]

DISTURBANCE = 0.1
"""Size of the disturbance, in standard deviations of the noise."""
LEAST_PHOTONS = 0.1
"""Fewer are disturbed as if there were so many."""


def expected_squares(
    noisy: NDArray[np.floating],
    denoised: NDArray[np.floating],
    denoiser: Denoiser,
    noise: NoiseModel,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Estimate the square error of a result without a reference.

    Parameters
    ----------
    noisy : ndarray of float, shape (..., Y, X)
        Counts.
    denoised : ndarray of float, same shape
        What `denoiser` makes of it.
    denoiser : callable
        Takes counts, returns counts; its options, noise model among them, are fixed.
    noise : NoiseModel
        Of `noisy`. Its correlation is taken to be within planes only.
    rng : numpy.random.Generator
        For the disturbance.

    Returns
    -------
    ndarray of float64, same shape
        In counts squared, as single pixels of no use, and some of them negative: it is
        their mean that estimates the mean square error, with an error of its own that
        falls with the square root of the number of pixels.

    Notes
    -----
    Unbiased for Gaussian noise (Stein, Ann. Statist. 9:1135, 1981; with a random
    disturbance: Ramani et al., IEEE TIP 17:1540, 2008). For Poisson noise it is the
    first order of the unbiased estimate (Le Montagner et al., IEEE TIP 23:1255, 2014),
    in which the counts stand for their own variance.
    """
    y = np.asarray(noisy, np.float64)
    variance = noise.gain * (y - noise.offset) + noise.read_std**2
    # Counts may lie below the offset; what is disturbed more there weighs less.
    sigma = deviation(y, noise)
    pattern = rng.choice((-1.0, 1.0), y.shape)
    if noise.correlation_length > 0:
        pattern = blur_noise(pattern, noise.correlation_length / 2)
    disturbed = (y + DISTURBANCE * sigma * pattern).astype(np.float32)
    answer = (denoiser(disturbed) - denoised.astype(np.float64)) / DISTURBANCE
    let_through = pattern * (variance / sigma) * answer
    return np.asarray((denoised - y) ** 2 - variance + 2 * let_through)


def deviation(counts: NDArray[np.floating], noise: NoiseModel) -> NDArray[np.float64]:
    """Return the deviation of the noise, never of less than a tenth of a photon.

    Parameters
    ----------
    counts : ndarray of float
        Any, also below the offset.
    noise : NoiseModel
        Of the image.

    Returns
    -------
    ndarray of float64, same shape
    """
    of_photons = noise.gain * (counts - noise.offset)
    least = LEAST_PHOTONS * noise.gain**2
    return np.asarray(np.sqrt(np.maximum(of_photons, least) + noise.read_std**2))
