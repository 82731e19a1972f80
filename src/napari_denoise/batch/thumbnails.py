"""Before and after, small enough for a page of thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.axes import Layout

SIDE = 160
"""Longest side of each, in pixels."""
GAP = 4
LIMITS = (0.5, 99.8)
"""Percentiles of the result that become black and white."""


def before_and_after(noisy: Any, result: Any, layout: Layout) -> Image.Image:
    """Draw the middle plane of an image beside that of its result, in one gray scale.

    Parameters
    ----------
    noisy, result : array-like
        Of one shape; two planes are read.
    layout : Layout
        Their axes. Of channels the first is shown, colour samples in colour.

    Returns
    -------
    PIL.Image.Image
    """
    before, after = (_middle(array, layout) for array in (noisy, result))
    finite = after[np.isfinite(after)]
    low, high = np.percentile(finite, LIMITS) if finite.size else (0.0, 1.0)
    span = max(high - low, 1e-12)
    pictures = [
        Image.fromarray(
            np.clip(np.nan_to_num(255 * (plane - low) / span), 0, 255).astype(np.uint8)
        )
        for plane in (before, after)
    ]
    width, height = pictures[0].size
    both = Image.new(pictures[0].mode, (2 * width + GAP, height), "white")
    for number, picture in enumerate(pictures):
        both.paste(picture, (number * (width + GAP), 0))
    return both


def _middle(array: Any, layout: Layout) -> NDArray[np.float64]:
    """Read a plane as (Y, X), or (Y, X, 3), with its pixels averaged in blocks."""
    channels = layout.channels
    shown = [c for c in channels if c["C"] == 0]
    planes = []
    for channel in shown if len(shown) == 3 else shown[:1]:
        indices = layout.planes(channel)
        plane = layout.read(array, indices[len(indices) // 2])
        planes.append(_shrunk(plane))
    return np.stack(planes, -1) if len(planes) == 3 else planes[0]


def _shrunk(plane: NDArray[Any]) -> NDArray[np.float64]:
    """Average blocks; what is left over at the lower and right end is cut off."""
    factors = [min(-(-max(plane.shape) // SIDE), side) for side in plane.shape]
    height, width = (n // f for n, f in zip(plane.shape, factors, strict=True))
    cut = plane[: height * factors[0], : width * factors[1]]
    blocks = cut.reshape(height, factors[0], width, factors[1])
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float64))
