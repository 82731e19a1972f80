"""Down to which detail a result can be believed, by Fourier ring correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.neighbours import Line, Plane
from napari_denoise.noise.simulation import blur_noise
from napari_denoise.progress import run_to_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_denoise.treatment import Engine
    from napari_denoise.trust.excerpts import Excerpt

    Halves = tuple[NDArray[np.floating], NDArray[np.floating]]

BELIEVED = 0.5
"""Correlation with the truth at the finest detail that counts as resolved."""
NYQUIST = 2.0
"""The finest period that pixels can show, in pixels."""
HIDDEN = 4.0
"""Standard errors of a ring's noise power, nearly two with the taper, that hide what is
weaker."""
LEAST_RINGS = 4
"""Fewer rings tell nothing."""
MOST_RINGS = 32
"""More are merged: each then has more pixels, and a steadier correlation."""


def split(
    z: NDArray[np.floating],
    sigma: float,
    correlation_length: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Split a noisy image into two of independent noise.

    With e drawn like the noise, z + e and z − e are independent given the truth, and
    have twice the variance each (Oliveira, Lei & Tibshirani, arXiv:2111.09447,
    2021).

    Parameters
    ----------
    z : ndarray of float, shape (..., Y, X)
        Stabilised: noise is Gaussian, and the same everywhere.
    sigma : float
        Its standard deviation.
    correlation_length : float
        Of the noise, as `NoiseModel` has it.
    rng : numpy.random.Generator
        For e.

    Returns
    -------
    tuple of ndarray of float32, same shape
    """
    error = rng.standard_normal(z.shape)
    if correlation_length > 0:
        error = blur_noise(error, correlation_length / 2)
    error *= sigma
    return (z + error).astype(np.float32), (z - error).astype(np.float32)


def denoised_half(excerpt: Excerpt, engine: Engine, rng: np.random.Generator) -> Halves:
    """Split an excerpt and denoise one half.

    Parameters
    ----------
    excerpt : Excerpt
        Part of the noisy image.
    engine : Engine
        The denoiser; told √2 times the noise.
    rng : numpy.random.Generator
        For the split.

    Returns
    -------
    tuple of ndarray of float, each of shape (Y, X)
        One half denoised, the other left noisy; stabilised, σ = 1 before the split; of
        the core.
    """
    scaling = excerpt.scaling
    seen = scaling.enter(excerpt.planes)
    one, other = split(seen, scaling.told, excerpt.noise.correlation_length, rng)

    def read(position: int) -> Plane:
        return Plane(excerpt.planes[position], one[position], None, one[position])

    stack = Line(read, len(one), engine.z_radius).around(excerpt.position, 1)
    (restored,) = run_to_end(engine.run(stack, scaling.told * 2**0.5))
    noisy = other[excerpt.position][excerpt.core]
    return restored[excerpt.core] / scaling.told, noisy / scaling.told


def resolution(
    halves: Sequence[Halves], sigma: float, correlation_length: float
) -> float | None:
    """Return the finest period at which a denoised half agrees with the truth.

    Parameters
    ----------
    halves : sequence of (ndarray, ndarray), each of shape (Y, X)
        One half denoised, the other left noisy, of some windows; see :func:`split`.
    sigma : float
        Standard deviation of the noise of the noisy half.
    correlation_length : float
        Of that noise.

    Returns
    -------
    float or None
        Pixels; 2 (Nyquist) where it agrees at all periods. None where it agrees at
        none, or the windows are too small.

    Notes
    -----
    Fourier ring correlation (Saxton & Baumeister, J. Microsc. 127:127, 1982). As the
    noise of the other half is independent and its power known, the correlation of the
    denoised half with the *truth* follows ring by ring; 0.5 is the usual threshold for
    it (Rosenthal & Henderson, J. Mol. Biol. 333:721, 2003).
    """
    rings = _ring_count(halves)
    if rings < LEAST_RINGS:
        return None
    sums = np.zeros((5, rings))
    for denoised, noisy in halves:
        sums += _ring_sums(denoised, noisy, sigma, correlation_length, rings)
    cross, own, other, noise, count = sums
    # What does not rise above the scatter of the noise is not there to agree with.
    true = np.maximum(other - noise, HIDDEN * noise / np.sqrt(count))
    correlation = cross / np.sqrt(np.maximum(own * true, 1e-30))
    failed = np.flatnonzero(correlation < BELIEVED)
    if not len(failed):
        return NYQUIST
    ring = int(failed[0])
    if ring == 0:
        return None
    here, there = correlation[ring - 1 : ring + 1]
    edge = ring - 0.5 + (here - BELIEVED) / max(here - there, 1e-12)
    return float(max(NYQUIST, 2 * rings / edge))


def _ring_count(halves: Sequence[Halves]) -> int:
    sides = [min(denoised.shape) for denoised, _ in halves]
    return min(min(sides, default=0) // 2, MOST_RINGS)


def _ring_sums(
    denoised: NDArray[np.floating],
    noisy: NDArray[np.floating],
    sigma: float,
    correlation_length: float,
    rings: int,
) -> NDArray[np.float64]:
    """Sum by ring: product and powers of the halves, noise power, and frequencies."""
    taper = np.outer(*(np.hanning(n + 2)[1:-1] for n in denoised.shape))
    one, other = (
        np.fft.fft2((half - np.mean(half)) * taper) for half in (denoised, noisy)
    )
    ways = np.meshgrid(*(np.fft.fftfreq(n) for n in denoised.shape), indexing="ij")
    radius = np.hypot(*ways)
    ring = np.minimum((2 * rings * radius).astype(int), rings)
    width = correlation_length / 2
    spectrum = np.exp(-((2 * np.pi * width * radius) ** 2))
    powers = (
        np.real(one * np.conj(other)),
        np.abs(one) ** 2,
        np.abs(other) ** 2,
        sigma**2 * np.sum(taper**2) * spectrum / np.mean(spectrum),
        np.full(radius.shape, float(denoised.size)),
    )
    return np.stack(
        [
            np.bincount(ring.ravel(), power.ravel(), rings + 1)[:rings] / denoised.size
            for power in powers
        ]
    )
