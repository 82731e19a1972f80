"""How the counts of two images of the same field relate, and which is the noisier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel

    Image = NDArray[np.float32]
    Numbers = NDArray[np.float64]

CELL = 4
"""Side in pixels of the cells whose means are compared."""
BINS = 32
"""Levels of the clean image at which saturation is looked for."""
SATURATED = 0.02
"""Share of saturated pixels at a level from which on it tells no intensity."""
CUT_OFF = 0.2
"""Share of pixels at the lowest value up to which a level tells its intensity, where
noise is cut off there."""
HOT = 6.0
"""Standard deviations by which a cell must miss the line to be left out."""
ROUNDS = 3
WIDTH = 2.0
"""Width in pixels of the Gaussian that is taken out to compare noise."""
BLOCK = 16
BRIGHT = 0.9
"""Share of the blocks, from the least structured on, on which noise is compared."""


@dataclass(frozen=True)
class Line:
    """Counts of the noisy image as a line over those of the clean one.

    Attributes
    ----------
    slope, intercept : float
        ``noisy ≈ slope · clean + intercept``, in counts.
    correlation : float
        Of the means of small cells, −1 to 1.
    level : float
        Mean of the clean counts that were fitted.
    slope_error : float
        Standard error of the slope; infinite where the clean image shows no more than
        its noise.
    level_error : float
        Standard error of the line at `level`, in counts of the noisy image.
    """

    slope: float
    intercept: float
    correlation: float
    level: float = 0.0
    slope_error: float = np.inf
    level_error: float = np.inf

    def at(self, clean: float) -> float:
        """Return the counts of the noisy image where the clean one has so many."""
        return self.slope * clean + self.intercept

    def error_at(self, clean: float) -> float:
        """Return the standard error of :meth:`at`."""
        if clean == self.level:
            return self.level_error
        return float(
            np.hypot(self.level_error, self.slope_error * (clean - self.level))
        )


def fit_line(noisy: Sequence[Image], clean: Sequence[Image], noise: NoiseModel) -> Line:
    """Fit the counts of the noisy planes to those of the clean ones.

    Means of small cells are fitted by least squares, weighted by the noise at their
    level. Levels at which either image is saturated are left out, and so are cells
    that hold hot pixels. What noise in the clean image flattens the line by is put
    right: its variance comes from :func:`noise_ratio`'s comparison.

    Parameters
    ----------
    noisy, clean : sequence of ndarray of float32, shape (Y, X)
        The same planes, registered.
    noise : NoiseModel
        Of the noisy image.

    Returns
    -------
    Line
        The slope is 0 where either image is constant.
    """
    y = np.concatenate([_cells(plane).ravel() for plane in noisy])
    x = np.concatenate([_cells(plane).ravel() for plane in clean])
    usable = _usable(noisy, clean, x, noise)
    if usable.sum() < 16 or x[usable].std() == 0 or y[usable].std() == 0:
        return Line(0.0, float(y.mean()), 0.0)
    correlation = float(np.corrcoef(x[usable], y[usable])[0, 1])
    clean_noise = _clean_noise(noisy, clean, x, y)
    kept, weights = usable, np.ones_like(x)
    slope, intercept = _least_squares(x[kept], y[kept], clean_noise, weights[kept])
    for _ in range(ROUNDS):
        expected = slope * x + intercept
        known = 1 / np.maximum(_cell_variance(expected, noise, y), 1e-20)
        misses = np.abs(y - expected) * np.sqrt(known)
        scale = max(1.0, float(np.median(misses[usable])) / 0.6745)
        near = usable & (misses <= HOT * scale)
        if near.sum() < 16 or x[near].std() == 0:
            break
        kept, weights = near, known
        fitted = _least_squares(x[kept], y[kept], clean_noise, weights[kept])
        slope, intercept = fitted
    missed = y[kept] - slope * x[kept] - intercept
    errors = _errors(x[kept], missed, clean_noise, weights[kept], noise)
    return Line(slope, intercept, correlation, *errors)


def noise_ratio(
    noisy: Sequence[Image], clean: Sequence[Image], slope: float
) -> tuple[float, float]:
    """Compare the noise of two images that show the same structure.

    What the fine details of both have in common is structure; what each has besides
    is its noise, in flat places and elsewhere.

    Parameters
    ----------
    noisy, clean : sequence of ndarray of float32, shape (Y, X)
        The same planes, registered.
    slope : float
        Counts of the noisy image per count of the clean one.

    Returns
    -------
    noisy, clean : float
        Standard deviation of the fine noise in either, in counts of the noisy image.
        It is a share of the whole, the same in both, where noise is correlated.
    """
    variances = np.concatenate(
        [_fine_variances(a, slope * b) for a, b in zip(noisy, clean, strict=True)]
    )
    order = np.argsort(variances[:, 2])
    kept = variances[order[: max(1, int(BRIGHT * len(order)))]]
    one, other, common = kept.mean(axis=0)
    return float(max(one - common, 0.0) ** 0.5), float(max(other - common, 0.0) ** 0.5)


def common_slope(noisy: Sequence[Image], clean: Sequence[Image]) -> float:
    """Ratio of the coarse structure's strength, whichever image is the noisier.

    Parameters
    ----------
    noisy, clean : sequence of ndarray of float32, shape (Y, X)
        The same planes, registered.

    Returns
    -------
    float
        Counts of the first per count of the second; 0 where the second is constant.
    """
    coarse = [
        np.concatenate([_coarse(plane).ravel() for plane in planes], dtype=np.float64)
        for planes in (noisy, clean)
    ]
    spreads = [float(values.std()) for values in coarse]
    return spreads[0] / spreads[1] if spreads[1] > 0 else 0.0


def _coarse(plane: Image) -> Image:
    width = min(6.0, min(plane.shape) / 16)
    return np.asarray(gaussian_filter(plane, width)[::CELL, ::CELL], np.float32)


def _cells(plane: NDArray[np.generic], side: int = CELL) -> Numbers:
    """Means of small cells; what is left over at the border is dropped."""
    rows, columns = (length // side for length in plane.shape)
    cut = plane[: rows * side, : columns * side]
    cells = cut.reshape(rows, side, columns, side)
    return np.asarray(cells.mean(axis=(1, 3), dtype=np.float64))


def _least_squares(
    x: Numbers, y: Numbers, clean_noise: float, w: Numbers
) -> tuple[float, float]:
    """Weighted line, the variance of x put right for its noise."""
    x_mean, y_mean = np.average(x, weights=w), np.average(y, weights=w)
    spread = np.average((x - x_mean) ** 2, weights=w)
    common = np.average((x - x_mean) * (y - y_mean), weights=w)
    slope = float(common / max(spread - clean_noise, spread / 2))
    return slope, float(y_mean - slope * x_mean)


def _errors(
    x: Numbers, missed: Numbers, clean_noise: float, w: Numbers, noise: NoiseModel
) -> tuple[float, float, float]:
    """Mean of x, and the standard errors of the slope and of the line there.

    They come from what the cells miss the line by (White 1980), so that structure that
    the images do not share counts as well as noise.
    """
    level = float(np.average(x, weights=w))
    away = x - level
    spread = float(np.average(away**2, weights=w))
    # Noise that is correlated across cells leaves fewer that are independent.
    wider = 1 + np.pi * noise.correlation_length**2 / CELL**2
    of_level = float(np.sqrt(wider * np.sum((w * missed) ** 2)) / w.sum())
    if spread - clean_noise <= spread / 2:
        return level, np.inf, of_level
    of_slope = np.sqrt(wider * np.sum((w * missed * away) ** 2)) / w.sum()
    return level, float(of_slope / (spread - clean_noise)), of_level


def _cell_variance(expected: Numbers, noise: NoiseModel, y: Numbers) -> Numbers:
    """Of the mean of a cell, but for a factor; never less than a bit of the range."""
    least = (1e-3 * float(np.ptp(y))) ** 2
    pixels = CELL**2 / max(1.0, np.pi * noise.correlation_length**2)
    return np.asarray(noise.std(expected) ** 2 / max(pixels, 1.0) + least)


def _clean_noise(
    noisy: Sequence[Image], clean: Sequence[Image], x: Numbers, y: Numbers
) -> float:
    """Variance of the noise in the cells of the clean image, in its own counts."""
    slope = common_slope(noisy, clean)
    if slope == 0:
        return 0.0
    _, fine = noise_ratio(noisy, clean, slope)
    return (fine / slope) ** 2 / CELL**2


def _usable(
    noisy: Sequence[Image], clean: Sequence[Image], x: Numbers, noise: NoiseModel
) -> NDArray[np.bool_]:
    """Cells at levels of the clean image that neither image is saturated at."""
    edges = np.quantile(x, np.linspace(0, 1, BINS + 1)[1:-1])
    level = np.searchsorted(edges, x, side="right")
    numbers = np.maximum(np.bincount(level, minlength=BINS), 1)
    usable = np.ones(x.size, bool)
    for planes in (noisy, clean):
        share = _share_at(planes, max(float(p.max()) for p in planes))
        above = np.bincount(level, share, BINS) / numbers > SATURATED
        if above.any():
            usable &= level < int(np.argmax(above))
    if noise.fit is not None and noise.fit.cut_off > 0:
        share = _share_at(noisy, min(float(p.min()) for p in noisy))
        below = np.bincount(level, share, BINS) / numbers > CUT_OFF
        usable &= ~below[level]
    return usable if usable.mean() > 0.1 else np.ones(x.size, bool)


def _share_at(planes: Sequence[Image], value: float) -> Numbers:
    return np.concatenate([_cells(plane == value).ravel() for plane in planes])


def _fine_variances(one: Image, other: Image) -> Numbers:
    """Variances and covariance of fine details in blocks; shape (blocks, 3)."""
    a, b = (plane - gaussian_filter(plane, WIDTH) for plane in (one, other))
    side = min(BLOCK, *one.shape)
    products = [_cells(np.asarray(p), side).ravel() for p in (a * a, b * b, a * b)]
    return np.stack(products, axis=1)
