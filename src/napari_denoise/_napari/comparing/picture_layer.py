"""The temporary layer of a comparison: what is in it, how it looks, where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.layers import Image

from napari_denoise._napari.comparing.comparable import corner_in
from napari_denoise._napari.comparing.pair import Pair
from napari_denoise._napari.comparing.pictures import (
    BlinkPicture,
    CurtainPicture,
    DifferencePicture,
    symmetric_limits,
)
from napari_denoise._napari.layers import snapshot
from napari_denoise.sources import layer_pixels

if TYPE_CHECKING:
    from napari.components import LayerList

    from napari_denoise._napari.comparing.form import Choice
    from napari_denoise._napari.comparing.pictures import Picture

PLACE = ("scale", "translate", "rotate", "shear", "affine", "units")
"""What the picture has in common with the result."""
DIVERGING = "PiYG"
"""Colormap of a difference: nearly white at zero, told apart by the colour-blind."""


def paint(choice: Choice, axis: int) -> Picture:
    """Make the picture that was asked for.

    Parameters
    ----------
    choice : Choice
        What is compared, and how.
    axis : int
        Axis of the result that runs across a curtain.

    Returns
    -------
    Picture
    """
    result, reference = choice.result, choice.reference
    corner = corner_in(result, reference) or (0,) * result.ndim
    pair = Pair(layer_pixels(result), layer_pixels(reference), corner, result.rgb)
    if choice.how == "curtain":
        return CurtainPicture(pair, axis)
    return BlinkPicture(pair) if choice.how == "blink" else DifferencePicture(pair)


def picture_layer(choice: Choice, picture: Picture) -> Image:
    """Make the layer of a picture.

    Parameters
    ----------
    choice : Choice
        What is compared, and how.
    picture : Picture
        What it shows.

    Returns
    -------
    napari.layers.Image
        With the place of the result and the looks of the reference; a difference in
        the colours of :data:`DIVERGING`. Invisible: outside of a viewer it would be
        cut, and read, at the first plane.
    """
    result, reference = choice.result, choice.reference
    own = {
        **{name: getattr(result, name) for name in (*PLACE, "axis_labels")},
        "projection_mode": result.projection_mode,
        "name": f"{result.name} [compare]",
        "multiscale": False,
        "visible": False,
    }
    if isinstance(picture, DifferencePicture):
        return Image(
            picture,
            **own,
            rgb=False,
            colormap=DIVERGING,
            contrast_limits=(-1, 1),
            blending="opaque",
        )
    state = {**snapshot(reference).state, **own, "metadata": {}}
    state.pop("locked", None)
    layer = Image(picture, **state)
    if not layer.rgb:
        layer.contrast_limits_range = reference.contrast_limits_range
        layer.contrast_limits = reference.contrast_limits
    return layer


def show_difference(layer: Image, picture: Picture) -> tuple[float, ...]:
    """Give the layer of a difference limits that fit the plane in view.

    Parameters
    ----------
    layer : napari.layers.Image
        Shows the picture, in a viewer.
    picture : Picture
        The difference.

    Returns
    -------
    tuple of float
        The limits: symmetric around zero, wide enough for 99.5 % of the pixels.
    """
    if picture.latest is not None:
        low, high = symmetric_limits(picture.latest)
        layer.contrast_limits_range = 4 * low, 4 * high
        layer.contrast_limits = low, high
    return tuple(layer.contrast_limits)


def top_of_images(layers: LayerList) -> int:
    """Find the place above all images; points and labels on top of them stay there."""
    places = [at for at, layer in enumerate(layers) if isinstance(layer, Image)]
    return max(places, default=-1) + 1


def put_on_top(layers: LayerList, layer: Image) -> None:
    """Insert a layer above all images, and leave the selection as it was."""
    selected, active = set(layers.selection), layers.selection.active
    layers.insert(top_of_images(layers), layer)
    layers.selection = selected
    layers.selection.active = active
