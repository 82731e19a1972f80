"""Which layers can be laid beside one another, pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise._napari.layers import METADATA_KEY, is_part, is_result
from napari_denoise._napari.live import previewed
from napari_denoise.sources import layer_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image

WHOLE = 1e-3
"""How far from whole pixels two grids may lie, in pixels."""


def comparable_results(layers: Sequence[Image]) -> list[Image]:
    """Find the results and previews among layers that have something to compare with.

    Parameters
    ----------
    layers : sequence of napari.layers.Image
        All image layers of a viewer.

    Returns
    -------
    list of napari.layers.Image
        The newest first.
    """
    made = [layer for layer in layers if is_result(layer) or previewed(layer)]
    return [layer for layer in reversed(made) if references_of(layer, layers)]


def references_of(result: Image, layers: Sequence[Image]) -> list[Image]:
    """Find what a result can be compared with.

    Parameters
    ----------
    result : napari.layers.Image
        A result or a piece of a live preview.
    layers : sequence of napari.layers.Image
        All image layers of a viewer.

    Returns
    -------
    list of napari.layers.Image
        What it was made from first, then other results with the same pixels.
    """
    own = _originals(result, layers)
    others = [
        layer
        for layer in layers
        if is_result(layer) and layer is not result and layer not in own
    ]
    return [layer for layer in [*own, *others] if corner_in(result, layer) is not None]


def is_original(reference: Image, result: Image, layers: Sequence[Image]) -> bool:
    """Whether a result was made from the reference, not beside it."""
    return any(layer is reference for layer in _originals(result, layers))


def corner_in(result: Image, reference: Image) -> tuple[int, ...] | None:
    """Find where the pixels of a result begin among those of a reference.

    Parameters
    ----------
    result : napari.layers.Image
        A whole result, one of what was in view, or a piece of a live preview.
    reference : napari.layers.Image
        Its original, or another result.

    Returns
    -------
    tuple of int or None
        First pixel, along each axis but colours. All zeros for a whole result, even
        if one of the two was moved. None where they do not fit.
    """
    if result.ndim != reference.ndim or result.rgb != reference.rgb:
        return None
    ours, theirs = layer_pixels(result).shape, layer_pixels(reference).shape
    if ours[result.ndim :] != theirs[result.ndim :]:  # RGB beside RGBA
        return None
    if previewed(result) is None and not is_part(result):
        return (0,) * result.ndim if ours == theirs else None
    world = result.data_to_world((0,) * result.ndim)
    exact = np.asarray(reference.world_to_data(world), dtype=float)
    corner = np.rint(exact).astype(int)
    ends = corner + ours[: result.ndim]
    inside = (corner >= 0).all() and (ends <= theirs[: result.ndim]).all()
    is_whole = np.abs(exact - corner).max() < WHOLE
    return tuple(corner.tolist()) if inside and is_whole else None


def _originals(result: Image, layers: Sequence[Image]) -> list[Image]:
    """Return the layer that a result was made from.

    It is known by name; once renamed, any image that is no result may be it.
    """
    piece_of = previewed(result)
    if piece_of is not None:
        return [layer for layer in layers if layer is piece_of]
    name = result.metadata[METADATA_KEY].get("source")
    others = [
        layer for layer in layers if layer is not result and previewed(layer) is None
    ]
    named = [layer for layer in others if layer.name == name]
    return named or [layer for layer in others if not is_result(layer)]


def relatives(result: Image, layers: Sequence[Image]) -> list[Image]:
    """Find the layers that show the same thing, each in its way.

    Parameters
    ----------
    result : napari.layers.Image
        A result or a piece of a live preview.
    layers : sequence of napari.layers.Image
        All image layers of a viewer.

    Returns
    -------
    list of napari.layers.Image
        The result, what it was made from, other results and previews of that.
    """
    origins = set(map(id, _originals(result, layers)))

    def is_kin(layer: Any) -> bool:
        if layer is result or id(layer) in origins:
            return True
        made = is_result(layer) or previewed(layer) is not None
        return made and bool(origins & set(map(id, _originals(layer, layers))))

    return [layer for layer in layers if is_kin(layer)]
