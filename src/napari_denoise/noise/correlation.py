"""Noise that is correlated between pixels: how much of it fine scales hide."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_denoise.noise.blocks import DILATIONS, Blocks
from napari_denoise.noise.fitting import Line, fit_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.noise.region import RegionNoise

WHITE = 1.35
"""A larger ratio of the variances at coarse and fine scale means correlated noise."""
SETTLED = 1.1
"""The dilation is large enough once that ratio falls to this."""
UNSETTLED = 2.5
"""Where it is still larger at the last dilation, no noise explains it."""
SHORTFALL = (1.0, 1.05, 1.25, 1.4)
"""What the 10th percentile of that ratio lacks, by the dilation where it settled: the
longer the correlation, the more the variance of single blocks scatters."""
CHANCE = 2.0
"""Standard errors by which the variance in a region may differ from the line."""


class Marginal(NamedTuple):
    """The full variance of noise, correlated or not.

    Attributes
    ----------
    line : Line
        Against the mean.
    correlation_length : float
        In pixels; 0 for white noise.
    seen : ndarray, shape (blocks,)
        Variance at the scale at which the line was fitted, in proportion to it.
    """

    line: Line
    correlation_length: float
    seen: NDArray[np.float32]


def marginal_line(blocks: Blocks, least: float) -> Marginal:
    """Find the line of the full noise variance.

    Parameters
    ----------
    blocks : Blocks
        Of the image.
    least : float
        Variance that is none.

    Returns
    -------
    Marginal
    """
    finest = fit_line(blocks, blocks.high_pass[0])
    white = Marginal(finest, 0.0, blocks.high_pass[0])
    strongest = float(np.percentile(finest.at(blocks.mean), 99))
    if strongest <= least or _coarse_ratio(blocks, finest) <= WHITE:
        return white
    for index in range(1, len(DILATIONS)):
        line = fit_line(blocks, blocks.high_pass[index])
        ratio = _coarse_ratio(blocks, line)
        if ratio <= SETTLED:
            break
    if ratio > UNSETTLED:  # smooth at all scales: structure, not noise
        return white
    factor = max(1.0, SHORTFALL[index] * ratio)
    line = Line(*(factor * number for number in line))
    hidden = np.median(finest.at(blocks.mean) / line.at(blocks.mean))
    length = correlation_length(float(hidden))
    return Marginal(line, length, blocks.high_pass[index])


def line_through(blocks: Blocks, region: RegionNoise) -> Marginal:
    """Find the line that goes through a region without structure.

    It is fitted to differences of pixels as far apart as the noise is correlated in
    the region: of closer ones rounding hides the noise. What they miss of it they miss
    in proportion at every level: the line is scaled as a whole. What chance explains
    of the difference is left: the line comes from far more pixels than a region has.

    Parameters
    ----------
    blocks : Blocks
        Of the whole image.
    region : RegionNoise
        Its correlation length is taken over.

    Returns
    -------
    Marginal
    """
    spacing = int(np.clip(np.ceil(region.correlation_length), 1, len(DILATIONS)))
    seen = blocks.high_pass[DILATIONS.index(spacing)]
    line = fit_line(blocks, seen)
    expected = float(line.at(np.array([region.mean]))[0])
    ratio = float(np.log(region.variance / expected))
    chance = (CHANCE * region.error / ratio) ** 2 if ratio else 1.0
    factor = float(np.exp(ratio * max(0.0, 1 - chance)))
    scaled = Line(*(factor * number for number in line))
    return Marginal(scaled, region.correlation_length, seen)


def _coarse_ratio(blocks: Blocks, line: Line) -> float:
    return float(np.percentile(blocks.detrended / line.at(blocks.mean), 10))


def correlation_length(visible: float) -> float:
    """Lag at which the noise's autocorrelation falls to 1/e.

    Parameters
    ----------
    visible : float
        Share of the noise variance that second differences of adjacent pixels see;
        1 for white noise.

    Returns
    -------
    float
        Pixels, for noise blurred by a Gaussian, ``ρ(lag) = exp(-(lag/length)²)``.
    """
    lengths = np.linspace(0.2, 6, 291)
    one, two = (np.exp(-((lag / lengths) ** 2)) for lag in (1, 2))
    shares = ((6 - 8 * one + 2 * two) / 6) ** 2
    return float(np.interp(-visible, -shares, lengths))
