"""Measure the noise of one channel from windows of its image alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.errors import NoiseError
from napari_denoise.noise import remarks
from napari_denoise.noise.blocks import SIDE, Blocks, block_statistics
from napari_denoise.noise.clipping import (
    FEWEST_BLOCKS,
    FLOOR_SHARE,
    Clipping,
    unclipped,
)
from napari_denoise.noise.correlation import Marginal, line_through, marginal_line
from napari_denoise.noise.fitting import through_zero
from napari_denoise.noise.model import NoiseModel, VarianceFit
from napari_denoise.noise.offset import with_offset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_denoise.noise.region import RegionNoise

SIGNIFICANT = 3.0
"""Standard errors that a gain must differ from 0 by."""
SPREAD = 2.0
"""The means of the blocks must vary by so much more than noise makes them vary."""
NOISELESS = 1e-4
"""Less noise than this share of the intensity range is none."""
ROUNDING = 0.1
"""Variance, in counts, that integers have without any noise (1/12)."""


def estimate_plane_noise(
    windows: Sequence[NDArray[np.floating]],
    levels: Sequence[NDArray[np.floating]] | None = None,
    *,
    integer: bool = False,
    offset: float | None = None,
    region: RegionNoise | None = None,
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
    offset : float, optional
        What the camera gives in the dark. Offset and read noise cannot be told apart
        from images alone: without it the offset is the darkest local mean, by
        convention (`offset_assumed`).
    region : RegionNoise, optional
        Noise of a region without structure: the line is made to go through it, as
        far as it is surer there.

    Returns
    -------
    NoiseModel

    Raises
    ------
    NoiseError
        If the region shows no noise.

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
    mean = float(np.mean([w.mean(dtype=float) for w in heights]))
    if region is not None:
        region = region.in_units(low, span)
        if region.variance <= least:
            raise NoiseError(remarks.REGION_WITHOUT_NOISE)
    blocks = _usable_blocks(scaled, heights)
    if len(blocks) < FEWEST_BLOCKS:
        model = _one_level(gaussian_sigma(scaled), least, region)
    else:
        model = _measure(blocks, least, region, counts_from_zero=low == 0)
    model = _in_counts(replace(model, level=mean), low, span)
    return model if offset is None else with_offset(model, offset)


def _in_counts(model: NoiseModel, low: float, span: float) -> NoiseModel:
    """Bring a model from units of the range back to counts."""
    return replace(
        model,
        gain=model.gain * span,
        offset=model.offset * span + low if model.gain > 0 else 0.0,
        read_std=model.read_std * span,
        level=low if model.level is None else model.level * span + low,
        fit=model.fit and model.fit.in_counts(low, span),
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
    blocks: Blocks,
    least: float,
    region: RegionNoise | None,
    *,
    counts_from_zero: bool,
) -> NoiseModel:
    blocks, clipping = unclipped(blocks)
    warnings = clipping.warnings
    if region and clipping.cut_off and region.lowest > FLOOR_SHARE:
        warnings.append(remarks.REGION_CUT_OFF)
        region = None
    found = line_through(blocks, region) if region else marginal_line(blocks, least)
    line, length = found.line, found.correlation_length
    # Where photons are few, only the brighter blocks show that there is noise.
    typical, strongest = np.percentile(line.at(blocks.mean), (50, 99))
    if strongest <= least:
        return NoiseModel(warnings=tuple(warnings))
    warnings += _remarks(length, region)
    if line.slope < SIGNIFICANT * line.slope_error or _is_flat(blocks, typical, length):
        warnings.append(remarks.LITTLE_RANGE)
        return NoiseModel(
            read_std=float(typical**0.5),
            correlation_length=length,
            warnings=tuple(warnings),
            fit=_scatter(blocks, found, clipping, region),
        )
    darkest = float(blocks.mean.min())
    may_count_photons = counts_from_zero and not clipping.cut_off
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
        warnings=tuple(warnings),
        offset_assumed=True,
        fit=_scatter(blocks, found._replace(line=line), clipping, region),
    )


def _remarks(length: float, region: RegionNoise | None) -> list[str]:
    said = []
    if length:
        text = remarks.CORRELATED_IN_REGION if region else remarks.CORRELATED
        said.append(text.format(length=length))
    if region and region.has_structure:
        said.append(remarks.STRUCTURE)
    return said


def _is_flat(blocks: Blocks, variance: float, length: float) -> bool:
    """Whether noise alone explains how the means of the blocks differ.

    Then the slope is the skewness of the noise: a block with a few bright pixels by
    chance has a higher mean and a higher variance.
    """
    correlated = max(1.0, np.pi * length**2)  # pixels that vary together
    expected = variance * correlated / SIDE**2
    return float(np.var(blocks.mean)) < SPREAD * expected


def _scatter(
    blocks: Blocks, found: Marginal, clipping: Clipping, region: RegionNoise | None
) -> VarianceFit:
    line, variance = found.line, found.seen
    typical = float(np.median(line.at(blocks.mean)))
    scale = typical / max(float(np.median(variance)), 1e-12)
    # What structure adds is seen above the line; a region scales the line down, too.
    variance = variance * np.float32(scale if region else max(scale, 1.0))
    residual = np.var(variance - line.at(blocks.mean))
    total = max(float(np.var(variance)), 1e-12)
    return VarianceFit(
        blocks.mean,
        variance,
        float(np.clip(1 - residual / total, 0, 1)),
        clipping.cut_off,
        clipping.saturated,
        None if region is None else (region.mean, region.variance),
    )


def _one_level(sigma: float, least: float, region: RegionNoise | None) -> NoiseModel:
    if region is not None:
        sigma = region.variance**0.5
    if sigma**2 <= least:
        return NoiseModel()
    length = region.correlation_length if region else 0.0
    warnings = (*_remarks(length, region), remarks.SMALL)
    return NoiseModel(read_std=sigma, correlation_length=length, warnings=warnings)
