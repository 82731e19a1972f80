"""Measure the noise of one channel from windows of its image alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.noise.blocks import (
    END_SHARE,
    SIDE,
    Blocks,
    block_statistics,
)
from napari_denoise.noise.correlation import marginal_line
from napari_denoise.noise.fitting import Line, fit_line, through_zero
from napari_denoise.noise.model import NoiseModel, VarianceFit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SIGNIFICANT = 3.0
"""Standard errors that a gain must differ from 0 by."""
SPREAD = 2.0
"""The means of the blocks must vary by so much more than noise makes them vary."""
NOISELESS = 1e-4
"""Less noise than this share of the intensity range is none."""
ROUNDING = 0.1
"""Variance, in counts, that integers have without any noise (1/12)."""
FEWEST_BLOCKS = 12
EMPTY = 0.98
"""A block with so many pixels at the lowest value shows no noise: it was cut off."""
CLIPPED = 1.3
MISFIT = 0.3
"""Logarithm of the ratio by which one line may miss the blocks at the floor."""
FLOOR_SHARE = 0.2

CORRELATED = (
    "The noise is correlated over about {length:.1f} pixels, as resampled or corrected "
    "camera frames have it; its size is measured on coarser scales and less sure."
)
LITTLE_RANGE = (
    "The brightness spans too little to tell photon noise from read noise: "
    "the noise is taken to be the same everywhere."
)
AT_FLOOR = (
    "Dark pixels are cut off at the lowest value; the noise was measured on the "
    "others, and the background may come out slightly too bright."
)
AT_CEILING = "Some pixels are saturated; they were left out of the noise measurement."
SMALL = "The image is too small to measure more than one noise level."


def estimate_plane_noise(
    windows: Sequence[NDArray[np.floating]],
    levels: Sequence[NDArray[np.floating]] | None = None,
    *,
    integer: bool = False,
) -> NoiseModel:
    """Measure gain, read noise and correlation of one channel.

    Second differences at several spacings separate noise from structure; their
    variance in the flattest blocks, against the blocks' mean, is fitted by a line
    (see :func:`~napari_denoise.noise.fitting.fit_line`). Noise that is correlated
    between pixels hides from differences of close pixels: where the variance at
    coarse scale exceeds that at fine scale even in the flattest blocks, the spacing
    is widened until both agree.

    Parameters
    ----------
    windows : sequence of ndarray of float, shape (Y, X)
        Parts of the image; or, for a time-lapse, differences of successive frames
        divided by √2, in which nothing but noise and motion is left.
    levels : sequence of ndarray of float, shape (Y, X), optional
        Where the mean level is read: the means of those frames. By default `windows`.
    integer : bool
        Whether the data were integers, whose rounding is no noise.

    Returns
    -------
    NoiseModel
        Offset and read noise cannot be told apart from images alone: the offset is
        the darkest local mean, by convention (`offset_assumed`).

    Notes
    -----
    The line and the idea of smooth regions follow Foi et al., IEEE TIP 17:1737, 2008.
    """
    levels = windows if levels is None else levels
    low = min(float(w.min()) for w in levels)
    span = max(float(w.max()) for w in levels) - low
    if span == 0:
        return NoiseModel(level=low)
    # In units of the range no threshold depends on the image's unit.
    scaled = [np.asarray(w / span, np.float32) for w in windows]
    heights = [np.asarray((w - low) / span, np.float32) for w in levels]
    least = max(NOISELESS**2, ROUNDING / span**2 if integer else 0.0)
    blocks = _usable_blocks(scaled, heights)
    if len(blocks) < FEWEST_BLOCKS:
        model = _gaussian(gaussian_sigma(scaled), least, _mean(heights), (SMALL,))
    else:
        model = _measure(blocks, least, _mean(heights), counts_from_zero=low == 0)
    return _in_counts(model, low, span)


def _in_counts(model: NoiseModel, low: float, span: float) -> NoiseModel:
    """Bring a model from units of the range back to counts."""
    fit = model.fit and VarianceFit(
        model.fit.means * span + low, model.fit.variances * span**2, model.fit.goodness
    )
    return replace(
        model,
        gain=model.gain * span,
        offset=model.offset * span + low if model.gain > 0 else 0.0,
        read_std=model.read_std * span,
        level=low if model.level is None else model.level * span + low,
        fit=fit,
    )


def gaussian_sigma(windows: Sequence[NDArray[np.floating]]) -> float:
    """Robust standard deviation of white Gaussian noise, whatever the structure.

    Parameters
    ----------
    windows : sequence of ndarray of float, shape (Y, X)
        Parts of the image, in counts.

    Returns
    -------
    float
        Median absolute second difference along both axes (along one where the other
        is too short), divided by 0.6745 [Donoho & Johnstone 1994]; 0 for less than
        three pixels.
    """
    details = []
    for window in windows:
        detail = np.asarray(window, np.float32)
        for axis in (0, 1):
            if detail.shape[axis] >= 3:
                detail = np.diff(detail, 2, axis=axis) / np.float32(6**0.5)
        if detail.shape != window.shape:
            details.append(np.abs(detail).ravel())
    return float(np.median(np.concatenate(details)) / 0.6745) if details else 0.0


def _usable_blocks(
    windows: list[NDArray[np.float32]], levels: list[NDArray[np.float32]]
) -> Blocks:
    pairs = [p for p in zip(windows, levels, strict=True) if min(p[0].shape) >= SIDE]
    if not pairs:
        empty = np.empty(0, np.float32)
        return Blocks(empty, empty[None], empty, empty, empty, empty)
    return block_statistics(*zip(*pairs, strict=True))


def _measure(
    blocks: Blocks, least: float, mean: float, *, counts_from_zero: bool
) -> NoiseModel:
    warnings: list[str] = []
    showing = blocks.floor < EMPTY
    if showing.sum() >= FEWEST_BLOCKS:
        blocks = blocks.where(showing)
    unsaturated = blocks.ceiling <= END_SHARE
    if not unsaturated.all() and unsaturated.sum() >= FEWEST_BLOCKS:
        blocks = blocks.where(unsaturated)
        warnings.append(AT_CEILING)
    above_floor = _above_floor(blocks)
    if above_floor is not None:
        blocks = above_floor
        warnings.append(AT_FLOOR)
    line, length = marginal_line(blocks, least)
    # Where photons are few, only the brighter blocks show that there is noise.
    typical, strongest = np.percentile(line.at(blocks.mean), (50, 99))
    if strongest <= least:
        return NoiseModel(level=mean, warnings=tuple(warnings))
    if length:
        warnings.append(CORRELATED.format(length=length))
    if line.slope < SIGNIFICANT * line.slope_error or _is_flat(blocks, typical, length):
        warnings.append(LITTLE_RANGE)
        return NoiseModel(
            read_std=float(typical**0.5),
            correlation_length=length,
            level=mean,
            warnings=tuple(warnings),
            fit=_scatter(blocks, line),
        )
    darkest = float(blocks.mean.min())
    may_count_photons = counts_from_zero and above_floor is None
    if may_count_photons and (counter := through_zero(line, blocks.mean)):
        line, darkest = counter, 0.0
    # read² = intercept + gain · offset must not be negative.
    offset = max(darkest, -line.intercept / line.slope)
    read_variance = max(line.intercept + line.slope * offset, 0.0)
    return NoiseModel(
        gain=line.slope,
        offset=offset,
        read_std=read_variance**0.5,
        correlation_length=length,
        level=mean,
        warnings=tuple(warnings),
        offset_assumed=True,
        fit=_scatter(blocks, line),
    )


def _is_flat(blocks: Blocks, variance: float, length: float) -> bool:
    """Whether noise alone explains how the means of the blocks differ.

    Then the slope is the skewness of the noise: a block with a few bright pixels by
    chance has a higher mean and a higher variance.
    """
    correlated = max(1.0, np.pi * length**2)  # pixels that vary together
    expected = variance * correlated / SIDE**2
    return float(np.var(blocks.mean)) < SPREAD * expected


def _above_floor(blocks: Blocks) -> Blocks | None:
    """Blocks clear of the lowest value, if noise is cut off there.

    Photon counts of zero are at the lowest value too, but their variance lies on the
    line of the brighter blocks; that of clipped noise lies below it.
    """
    at_floor = blocks.floor > FLOOR_SHARE
    if not at_floor.any() or (~at_floor).sum() < 4 * FEWEST_BLOCKS:
        return None
    clear, cut = blocks.where(~at_floor), blocks.where(at_floor)
    line = fit_line(clear, clear.high_pass[0])
    predicted = float(np.median(line.at(cut.mean)))
    found = float(np.median(cut.high_pass[0]))
    common = fit_line(blocks, blocks.high_pass[0]).at(cut.mean)
    misfit = np.median(np.abs(np.log(np.maximum(cut.high_pass[0], 1e-12) / common)))
    clipped = misfit > MISFIT and predicted > CLIPPED * found
    return clear if clipped else None


def _scatter(blocks: Blocks, line: Line) -> VarianceFit:
    variance = blocks.high_pass[0]
    scale = np.median(line.at(blocks.mean)) / max(float(np.median(variance)), 1e-12)
    variance = variance * np.float32(max(scale, 1.0))
    residual = np.var(variance - line.at(blocks.mean))
    total = max(float(np.var(variance)), 1e-12)
    return VarianceFit(
        blocks.mean, variance, float(np.clip(1 - residual / total, 0, 1))
    )


def _gaussian(
    sigma: float, least: float, mean: float, warnings: tuple[str, ...]
) -> NoiseModel:
    if sigma**2 <= least:
        return NoiseModel(level=mean)
    return NoiseModel(read_std=sigma, level=mean, warnings=warnings)


def _mean(levels: Sequence[NDArray[np.float32]]) -> float:
    return float(np.mean([w.mean(dtype=float) for w in levels]))
