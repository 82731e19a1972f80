"""Fit the line of variance against mean to the flattest blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.noise.blocks import Blocks

BINS = 24
FLATTEST = 0.3
"""Share of the blocks of each brightness that the line is fitted to."""
FEWEST = 8
ROUNDS = 6
MOST_TEXTURE = 20.0
MOST_LEAK = 0.6
"""Of the variance of the flattest blocks, structure can explain so much at the most."""
CALMEST = 0.66
"""Mean of the lowest tenth of the blocks' variances, where all is white noise."""
WHITE_COARSE = 0.7
"""10th percentile of the coarse variance of flat blocks with white noise."""
CREDIBLE = 3.0
"""Standard errors that a slope may be off."""
OVERLAP = 2.0
"""Blocks overlap by half: the fit has fewer independent data than it counts."""


class Line(NamedTuple):
    """``variance = intercept + slope · mean``, and how sure the slope is."""

    intercept: float
    slope: float
    slope_error: float = 0.0

    def at(self, mean: NDArray[np.floating]) -> NDArray[np.float64]:
        """Variance at a mean level, never quite zero."""
        return np.maximum(self.intercept + self.slope * mean.astype(float), 1e-12)


@dataclass(frozen=True)
class _Fit:
    floor: float
    slope: float
    leak: float
    slope_error: float
    outliers: NDArray[np.float64]


def fit_line(blocks: Blocks, variance: NDArray[np.float32]) -> Line:
    """Fit the noise variance as a line in the mean.

    In each range of brightness only the flattest blocks take part, chosen by their
    coarse variance, which holds hardly any of the fine-scale noise that is fitted:
    the choice does not bias the noise. What structure leaks into the variance is a
    third, non-negative term in proportion to the coarse variance; outliers upwards
    weigh less. All weights are relative, since variances scatter in proportion.

    Parameters
    ----------
    blocks : Blocks
        Their statistics.
    variance : ndarray, shape (blocks,)
        High-pass variance of the blocks at one dilation.

    Returns
    -------
    Line
        Its slope is not negative, and nor is its value at the darkest block.
    """
    darkest = float(blocks.mean.min())
    above = blocks.mean.astype(np.float64) - darkest
    tiny = max(1e-6 * float(variance.mean()), 1e-12)
    expected = np.full(len(blocks), max(float(np.median(variance)), tiny))
    weights = np.ones(len(blocks))
    for _ in range(ROUNDS):
        texture = _texture(blocks, expected)
        flat = _flattest(above, texture)
        leak = texture * expected
        fit = _solve(above, leak, variance, expected, weights, flat)
        weights = fit.outliers
        expected = np.maximum(fit.floor + fit.slope * above, tiny)
    intercept = fit.floor - fit.slope * darkest
    return Line(float(intercept), float(fit.slope), fit.slope_error)


def through_zero(line: Line, mean: NDArray[np.float32]) -> Line | None:
    """Line of a photon counter, where the fitted one may be that of one.

    Parameters
    ----------
    line : Line
        As it was fitted.
    mean : ndarray of float, shape (blocks,)
        Mean levels of the blocks, counted from zero photons.

    Returns
    -------
    Line or None
        Through zero and the variance of typical blocks, whose many photons tell the
        slope much better than few bright blocks do; with the fitted slope's error.
        None if the fitted slope excludes it.
    """
    lit = mean[mean > 0]
    slope = float(np.median(line.at(lit) / lit)) if lit.size else 0.0
    if abs(slope - line.slope) > CREDIBLE * line.slope_error:
        return None
    return Line(0.0, slope, line.slope_error)


def _texture(blocks: Blocks, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coarse variance beyond that of the noise, which correlation makes larger."""
    relative = blocks.coarse / expected
    noise = max(1.0, float(np.percentile(relative, 10)) / WHITE_COARSE)
    return np.clip(relative / noise - 1, 0, MOST_TEXTURE)


def _solve(
    above: NDArray[np.float64],
    leak: NDArray[np.float64],
    variance: NDArray[np.float32],
    expected: NDArray[np.float64],
    weights: NDArray[np.float64],
    flat: NDArray[np.bool_],
) -> _Fit:
    from scipy.optimize import nnls  # takes a third of a second to import

    terms = np.stack([np.ones_like(above), above, leak], axis=1)
    relative = terms[flat] * (weights[flat] / expected[flat])[:, None]
    # Columns of like size keep the solver's tolerance meaningful.
    size = np.maximum(np.abs(relative).max(axis=0), 1e-300)
    data = variance[flat] * weights[flat] / expected[flat]
    floor, slope, share = nnls(relative / size, data)[0] / size
    explained = np.median(
        (floor + slope * above[flat]) / np.maximum(variance[flat].astype(float), 1e-300)
    )
    if explained < 1 - MOST_LEAK:
        floor, slope = _lower_envelope(relative[:, :2], data)
        share = 0.0
    ratio = variance / np.maximum(terms @ [floor, slope, share], 1e-300)
    spread = _lower_spread(ratio[flat])
    design = terms[flat, :2] / expected[flat, None]
    covariance = np.linalg.pinv(design.T @ design) * spread**2
    error = OVERLAP * float(np.sqrt(max(covariance[1, 1], 0.0)))
    outliers = np.clip(3 * spread / np.maximum(ratio - 1, 1e-6), 0.05, 1.0)
    return _Fit(floor, slope, share, error, outliers)


def _lower_envelope(
    terms: NDArray[np.float64], data: NDArray[np.float64]
) -> tuple[float, float]:
    """Fit the calmest tenth: structure is everywhere, and least of it is there."""
    from scipy.optimize import nnls

    calm = data <= np.percentile(data, 10)
    size = np.maximum(np.abs(terms[calm]).max(axis=0), 1e-300)
    floor, slope = nnls(terms[calm] / size, data[calm])[0] / size / CALMEST
    return floor, slope


def _lower_spread(ratio: NDArray[np.float64]) -> float:
    """Return the scatter below the median: structure only ever adds above it."""
    median = np.median(ratio)
    lower = ratio[ratio < median]
    if lower.size == 0:
        return 0.2
    return max(float(np.sqrt(np.mean((lower - median) ** 2))), 0.02)


def _flattest(
    above: NDArray[np.float64], texture: NDArray[np.float64]
) -> NDArray[np.bool_]:
    root = np.sqrt(above)
    edges = np.linspace(0, root.max() + 1e-9, BINS + 1)
    bins = np.clip(np.digitize(root, edges) - 1, 0, BINS - 1)
    order = np.lexsort((texture, bins))
    counts = np.bincount(bins, minlength=BINS)
    rank = np.empty(above.size, int)
    rank[order] = np.arange(above.size)
    rank -= (np.cumsum(counts) - counts)[bins]
    chosen: NDArray[np.bool_] = rank < np.maximum(FLATTEST * counts, FEWEST)[bins]
    return chosen
