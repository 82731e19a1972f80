"""Noise that is correlated between pixels: how much of it fine scales hide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.noise.blocks import DILATIONS, Blocks
from napari_denoise.noise.fitting import Line, fit_line

if TYPE_CHECKING:
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


def marginal_line(blocks: Blocks, least: float) -> tuple[Line, float]:
    """Return the line of the full noise variance, and its correlation length."""
    finest = fit_line(blocks, blocks.high_pass[0])
    strongest = float(np.percentile(finest.at(blocks.mean), 99))
    if strongest <= least or _coarse_ratio(blocks, finest) <= WHITE:
        return finest, 0.0
    for index in range(1, len(DILATIONS)):
        line = fit_line(blocks, blocks.high_pass[index])
        ratio = _coarse_ratio(blocks, line)
        if ratio <= SETTLED:
            break
    if ratio > UNSETTLED:  # smooth at all scales: structure, not noise
        return finest, 0.0
    factor = max(1.0, SHORTFALL[index] * ratio)
    line = Line(*(factor * number for number in line))
    hidden = np.median(finest.at(blocks.mean) / line.at(blocks.mean))
    return line, correlation_length(float(hidden))


def line_through(blocks: Blocks, region: RegionNoise) -> tuple[Line, float]:
    """Return the line that goes through a region, and the correlation length there.

    Correlation hides the same share of the noise at every level: the line of the
    finest scale is scaled as a whole. What chance explains of the difference is left:
    the line comes from far more pixels than a region has.

    Parameters
    ----------
    blocks : Blocks
        Of the whole image.
    region : RegionNoise
        Of a region without structure.

    Returns
    -------
    line : Line
    correlation_length : float
    """
    line = fit_line(blocks, blocks.high_pass[0])
    expected = float(line.at(np.array([region.mean]))[0])
    ratio = float(np.log(region.variance / expected))
    chance = (CHANCE * region.error / ratio) ** 2 if ratio else 1.0
    factor = float(np.exp(ratio * max(0.0, 1 - chance)))
    scaled = Line(*(factor * number for number in line))
    return scaled, region.correlation_length


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
