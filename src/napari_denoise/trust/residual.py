"""What a result left out: whether it is like noise, and holds none of the signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.noise import stabilise, unstabilise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel

REACH = 3
"""Largest lag, in pixels, at which the residual is compared with the noise."""
LEVELS = 4096
"""Entries of the table that inverts the unbiased inverse."""
DARKEST = 1.0
"""Percentile of the result that stands for the dark level, where none is known."""


def stabilised_mean(
    counts: NDArray[np.floating], noise: NoiseModel
) -> NDArray[np.float64]:
    """Return the mean of stabilised data whose mean in counts is known.

    The transform of a mean is not the mean of the transform: this is the inverse of the
    exact unbiased inverse (Mäkitalo & Foi, IEEE TIP 22:91, 2013).

    Parameters
    ----------
    counts : ndarray of float
        Denoised, any shape.
    noise : NoiseModel
        Of the noisy image; some noise.

    Returns
    -------
    ndarray of float64, same shape
        In standard deviations of the noise.
    """
    values = np.asarray(counts, np.float64)
    if noise.kind == "gaussian":
        return values / noise.read_std
    top = float(stabilise(np.float64(values.max(initial=noise.offset)), noise)) + 2
    z = np.linspace(0.0, top, LEVELS)
    means = unstabilise(z, noise)
    rising = np.flatnonzero(np.diff(means, prepend=-np.inf) > 0)
    return np.interp(values, means[rising], z[rising])


def residual_of(
    noisy: NDArray[np.floating], denoised: NDArray[np.floating], noise: NoiseModel
) -> NDArray[np.float64]:
    """Return what was taken out, in standard deviations of the noise.

    Parameters
    ----------
    noisy, denoised : ndarray of float, shape (..., Y, X)
        Counts.
    noise : NoiseModel
        Of `noisy`; some noise.

    Returns
    -------
    ndarray of float64, same shape
    """
    z = stabilise(np.asarray(noisy, np.float64), noise)
    return np.asarray(z - stabilised_mean(denoised, noise))


def whiteness(
    residual: NDArray[np.floating], correlation_length: float
) -> float | None:
    """Say how far the residual's autocorrelation is that of the noise.

    Parameters
    ----------
    residual : ndarray of float, shape (Y, X)
        Stabilised, see :func:`residual_of`.
    correlation_length : float
        Of the noise, as `NoiseModel` has it; 0 for white noise.

    Returns
    -------
    float or None
        1 less the largest difference of the two at lags of one to three pixels along
        Y, X and both diagonals. 1 for a residual that is like the noise; less where
        structure was removed, or where noise is left at some scales. None without any
        residual.
    """
    differences = [
        abs(share - expected_correlation(lag, correlation_length))
        for lag, share in autocorrelation(residual).items()
    ]
    return 1.0 - max(differences) if differences else None


def autocorrelation(
    residual: NDArray[np.floating],
) -> dict[tuple[int, int], float]:
    """Autocorrelation of a residual at small lags.

    Parameters
    ----------
    residual : ndarray of float, shape (Y, X)
        Stabilised.

    Returns
    -------
    dict of (int, int) to float
        By the lag along Y and X, −1 to 1; empty for a residual without variance. Lags
        that the image is too small for are left out.
    """
    centred = np.asarray(residual, np.float64) - np.mean(residual)
    if not np.any(centred):
        return {}
    found = {}
    for steps in range(1, REACH + 1):
        for lag in ((0, steps), (steps, 0), (steps, steps), (steps, -steps)):
            one, other = _shifted(centred, *lag)
            scale = np.sqrt(np.mean(one**2) * np.mean(other**2)) if one.size else 0.0
            if scale > 0:
                found[lag] = float(np.mean(one * other) / scale)
    return found


def expected_correlation(lag: tuple[int, int], correlation_length: float) -> float:
    """Autocorrelation of the noise at a lag in pixels along Y and X.

    Parameters
    ----------
    lag : tuple of int
        Along Y and X, in pixels.
    correlation_length : float
        Of noise blurred by a Gaussian: ``exp(-(|lag| / length)²)``.

    Returns
    -------
    float
    """
    if correlation_length == 0:
        return 0.0
    square = lag[0] ** 2 + lag[1] ** 2
    return float(np.exp(-square / correlation_length**2))


def signal_correlation(
    residual: NDArray[np.floating], signal: NDArray[np.floating]
) -> float:
    """Pearson's correlation of the residual with the result.

    Parameters
    ----------
    residual, signal : ndarray of float, same shape
        Both stabilised: see :func:`residual_of`, :func:`stabilised_mean`.

    Returns
    -------
    float
        Near 0 where only noise was taken out; above it where bright structure was
        dimmed, below it where it was brightened. 0 where one of them does not vary.
    """
    one = np.asarray(residual, np.float64) - np.mean(residual)
    other = np.asarray(signal, np.float64) - np.mean(signal)
    scale = np.sqrt(np.mean(one**2) * np.mean(other**2))
    return float(np.mean(one * other) / scale) if scale > 0 else 0.0


def intensity_kept(
    noisy: NDArray[np.floating], denoised: NDArray[np.floating], noise: NoiseModel
) -> float | None:
    """Total of the result over the total of the noisy image, above the dark level.

    Parameters
    ----------
    noisy, denoised : ndarray of float, same shape
        Counts.
    noise : NoiseModel
        Of `noisy`. Its offset is the dark level; noise without a gain has none, and the
        first percentile of `denoised` stands for it.

    Returns
    -------
    float or None
        1 where all counts are kept. None where there are none above the dark level.
    """
    dark = noise.offset if noise.gain > 0 else float(np.percentile(denoised, DARKEST))
    there = float(np.sum(np.asarray(noisy, np.float64) - dark))
    kept = float(np.sum(np.asarray(denoised, np.float64) - dark))
    return kept / there if there > 0 else None


def _shifted(
    image: NDArray[np.float64], rows: int, columns: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what overlaps of an image and itself after a shift."""
    height, width = image.shape
    left, right = max(-columns, 0), max(columns, 0)
    one = image[: max(height - rows, 0), left : max(width - right, left)]
    other = image[rows:, right : max(width - left, right)]
    return one, other
