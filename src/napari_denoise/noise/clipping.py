"""Values that end where noise would go on: saturated, or cut off at zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_denoise.noise import remarks
from napari_denoise.noise.blocks import END_SHARE, Blocks
from napari_denoise.noise.fitting import fit_line

FEWEST_BLOCKS = 12
EMPTY = 0.98
"""A block with so many pixels at the lowest value shows no noise: it was cut off."""
CLIPPED = 1.3
MISFIT = 0.3
"""Logarithm of the ratio by which one line may miss the blocks at the floor."""
FLOOR_SHARE = 0.2


@dataclass(frozen=True)
class Clipping:
    """Share of all pixels at either end; 0 where values do not end there."""

    cut_off: float = 0.0
    saturated: float = 0.0

    @property
    def warnings(self) -> list[str]:
        """What there is to say about it."""
        ends = (self.saturated, remarks.AT_CEILING), (self.cut_off, remarks.AT_FLOOR)
        return [
            text.format(share=remarks.percent(share)) for share, text in ends if share
        ]


def unclipped(blocks: Blocks) -> tuple[Blocks, Clipping]:
    """Leave out blocks whose noise is cut off.

    Parameters
    ----------
    blocks : Blocks
        Of all windows.

    Returns
    -------
    blocks : Blocks
        Those that show the whole of the noise, if they are enough.
    clipping : Clipping
        What was found at the ends.
    """
    floor, ceiling = float(blocks.floor.mean()), float(blocks.ceiling.mean())
    cut_off = saturated = 0.0
    showing = blocks.floor < EMPTY
    if showing.sum() >= FEWEST_BLOCKS:
        blocks = blocks.where(showing)
    unsaturated = blocks.ceiling <= END_SHARE
    if not unsaturated.all() and unsaturated.sum() >= FEWEST_BLOCKS:
        blocks = blocks.where(unsaturated)
        saturated = ceiling
    above_floor = _above_floor(blocks)
    if above_floor is not None:
        blocks = above_floor
        cut_off = floor
    return blocks, Clipping(cut_off, saturated)


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
