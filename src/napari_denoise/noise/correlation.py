"""Noise that is correlated between pixels: how much of it fine scales hide."""

from __future__ import annotations

import numpy as np

from napari_denoise.noise.blocks import DILATIONS, Blocks
from napari_denoise.noise.fitting import Line, fit_line

WHITE = 1.35
"""A larger ratio of the variances at coarse and fine scale means correlated noise."""
SETTLED = 1.1
"""The dilation is large enough once that ratio falls to this."""
UNSETTLED = 2.5
"""Where it is still larger at the last dilation, no noise explains it."""
SHORTFALL = (1.0, 1.05, 1.25, 1.4)
"""What the 10th percentile of that ratio lacks, by the dilation where it settled: the
longer the correlation, the more the variance of single blocks scatters."""


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
