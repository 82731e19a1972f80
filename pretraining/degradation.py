"""From clean patches to what a network sees: noise, stabilised, in its range."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.noise import exact_unbiased_inverse, generalized_anscombe
from napari_denoise.noise.anscombe import LOWEST
from napari_denoise.noise.simulation import blur_noise
from napari_denoise.training.examples import Example
from pretraining.flaws import Flaws, add_flaws

if TYPE_CHECKING:
    from numpy.typing import NDArray

SKEWED = (0.5, 20.0)
"""Photons whose noise is skewed and may be taken to be Gaussian."""


@dataclass(frozen=True)
class Degradation:
    """How noise is drawn.

    Attributes
    ----------
    gaussian : float
        Share of patches with plain Gaussian noise; the others are Poisson-Gaussian.
    max_sigma : float
        Gaussian σ is uniform between 0 and this, for intensities of 0 to 1.
    skewed : float
        Share of the Gaussian patches whose noise is that of 0.5 to 20 photons: where
        brightness spans too little, photon noise is taken to be Gaussian.
    peak_photons : tuple of float
        The brightest structure, photons, log-uniform between the two.
    max_background : float
        Even background as a share of the peak; small ones are more frequent.
    max_read : float
        Read noise in electrons, uniform from 0.
    symmetric : float
        Share of Poisson-Gaussian patches whose noise has that variance but is
        symmetric, as averaged or rescaled camera frames have it: its lower tail, which
        the stabilisation stretches, would else look like structure.
    correlated : float
        Share of patches whose noise is blurred along Y and X.
    blur : tuple of float
        Standard deviation of that blur in pixels, uniform between the two.
    sigma_jitter : float
        Relative error of the noise level that the network is told.
    flaws : Flaws
        What else goes wrong between a photon and a file.
    """

    gaussian: float = 0.4
    max_sigma: float = 80 / 255
    skewed: float = 0.15
    peak_photons: tuple[float, float] = (0.5, 400.0)
    max_background: float = 0.36
    max_read: float = 4.0
    symmetric: float = 0.25
    correlated: float = 0.28
    blur: tuple[float, float] = (0.4, 1.1)
    sigma_jitter: float = 0.08
    flaws: Flaws = field(default_factory=Flaws)


def degrade(
    patch: NDArray[np.float32], how: Degradation, rng: np.random.Generator
) -> Example:
    """Draw noise for a clean patch and stabilise it.

    Parameters
    ----------
    patch : ndarray of float32, shape ([Z,] Y, X)
        Relative intensity, 0 to about 1.
    how : Degradation
        Which noise is drawn.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Example
    """
    relative = np.maximum(patch, -0.05, dtype=np.float64)
    if rng.random() < 0.3:  # what a network sees of bright images is their root
        relative = np.sqrt(np.maximum(relative, 0))
    width = rng.uniform(*how.blur) if rng.random() < how.correlated else 0.0
    if rng.random() < how.gaussian:
        return _gaussian(relative, width, how, rng)
    return _poisson_gaussian(relative, width, how, rng)


def _gaussian(
    patch: NDArray[np.float64],
    width: float,
    how: Degradation,
    rng: np.random.Generator,
) -> Example:
    sigma = rng.uniform(1e-3, how.max_sigma)
    contrast = rng.uniform(0.5, 1.0)
    z = patch * (contrast / sigma)
    photons = np.exp(rng.uniform(*np.log(SKEWED))) if rng.random() < how.skewed else 0.0
    noisy = z + _unit_noise(patch.shape, width, photons, rng)
    noisy = add_flaws(noisy, (0.0, contrast / sigma), 1.0, how.flaws, rng)
    return _example(noisy, z, 0.0, contrast / sigma, (-1.0, width), how, rng)


def _poisson_gaussian(
    patch: NDArray[np.float64],
    width: float,
    how: Degradation,
    rng: np.random.Generator,
) -> Example:
    peak = np.exp(rng.uniform(*np.log(how.peak_photons)))
    background = peak * how.max_background * rng.random() ** 2
    read = rng.uniform(0, how.max_read) if rng.random() < 0.6 else 0.0
    photons = np.maximum(patch, 0) * peak + background
    if rng.random() < how.symmetric:
        spread = np.sqrt(photons + read**2)
        error = spread * rng.standard_normal(patch.shape)
    else:
        error = rng.poisson(photons) - photons + rng.normal(0, read, patch.shape)
    if width:
        error = blur_noise(error, width)
    spread = float(np.sqrt(photons.mean() + read**2))
    counts = photons + error
    counts = add_flaws(counts, (background, background + peak), spread, how.flaws, rng)
    noisy = generalized_anscombe(counts, 1.0, 0.0, read)
    ends = unbiased_anscombe(np.array([background, background + peak]), read)
    return _example(noisy, photons, ends[0], ends[1], (read, width), how, rng)


def _example(
    z: NDArray[np.floating],
    clean: NDArray[np.floating],
    low: float,
    high: float,
    noise: tuple[float, float],
    how: Degradation,
    rng: np.random.Generator,
) -> Example:
    # Percentiles of a noisy image lie outside the clean range, by up to about 2 σ.
    shift = low - rng.uniform(0, 2.5)
    scale = high + rng.uniform(0, 2.5) - shift
    told = np.exp(rng.normal(0, how.sigma_jitter))
    noisy = ((z - shift) / scale).astype(np.float32)
    return Example(noisy, clean.astype(np.float32), told / scale, shift, scale, *noise)


def _unit_noise(
    shape: tuple[int, ...], width: float, photons: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    if photons:
        white = (rng.poisson(photons, shape) - photons) / photons**0.5
    else:
        white = rng.standard_normal(shape)
    return blur_noise(white, width) if width else white


def unbiased_anscombe(
    photons: NDArray[np.floating], read: float
) -> NDArray[np.float64]:
    """Stabilised values whose exact unbiased inverse is `photons` (gain 1).

    Parameters
    ----------
    photons : ndarray of float
        Noise-free photons.
    read : float
        Read noise in electrons.

    Returns
    -------
    ndarray of float64
    """
    variance = np.asarray(photons, np.float64) + read**2
    top = 2 * np.sqrt(variance.max() + 2)
    z = np.linspace(LOWEST, top, 4096)
    return np.interp(variance, exact_unbiased_inverse(z, 1.0, 0.0, 0.0), z)
