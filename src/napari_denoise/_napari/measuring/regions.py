"""Regions that a user draws in a Shapes layer, as masks of an image layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.axes import resolve_axes
from napari_denoise.errors import NoiseError
from napari_denoise.noise import Measure
from napari_denoise.sources import layer_axes, layer_pixels

if TYPE_CHECKING:
    from napari.layers import Image, Shapes
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Plane = dict[str, int]

WITH_AREA = ("rectangle", "ellipse", "polygon")
CORNERS = 64
"""Of the polygon that an ellipse is drawn as."""


def background_region(
    shapes: Shapes, image: Image, *, axes: str | None = None
) -> Measure:
    """Ask for noise to be measured where shapes are drawn.

    Parameters
    ----------
    shapes : napari.layers.Shapes
        Rectangles, ellipses and polygons, taken together; lines do not count. Of
        shapes in several planes, those of the plane that was drawn in last.
    image : napari.layers.Image
        What it is drawn on; each layer may be scaled, moved and turned as it likes.
    axes : str, optional
        Letters of TCZYXS of the image; by default its labels, YX or ZYX.

    Returns
    -------
    Measure
        For ``denoise(noise=...)``. Of one plane, unless the Shapes layer has fewer
        dimensions than the image: such shapes show in all planes, and count there.

    Raises
    ------
    NoiseError
        If there is no such shape, or it does not lie in a plane of the image.
    """
    pixels = layer_pixels(image)
    letters = resolve_axes(pixels.shape, axes, layer_axes(image))
    spatial = letters.replace("S", "")
    lengths = {axis: pixels.shape[letters.index(axis)] for axis in "YX"}
    # Axes of the image that the Shapes layer lacks come first, as napari has it.
    own = spatial[max(image.ndim - shapes.ndim, 0) :]
    drawn = [
        _placed(_outline(corners, kind), shapes, image, spatial, own)
        for corners, kind in zip(shapes.data, shapes.shape_type, strict=True)
        if kind in WITH_AREA
    ]
    if not drawn:
        raise NoiseError(
            f"“{shapes.name}” holds no rectangle, ellipse or polygon yet: draw one on "
            "a region without structure."
        )
    plane = drawn[-1][1]
    mask = np.zeros((lengths["Y"], lengths["X"]), bool)
    for outline, place in drawn:
        if place == plane:
            mask |= _filled(outline, mask.shape)
    if not mask.any():
        raise NoiseError(
            f"What is drawn in “{shapes.name}” lies outside “{image.name}”: draw it on "
            "a region of the image without structure."
        )
    # A region of one channel counts for all of them.
    return Measure(
        background=mask, plane={a: at for a, at in plane.items() if a in "TZ"}
    )


def _outline(corners: Any, kind: str) -> NDArray[np.float64]:
    """Polygon, (corners, dimensions), in the layer's own coordinates."""
    points = np.asarray(corners, float)
    if kind != "ellipse":
        return points
    centre = points.mean(axis=0)
    first, second = (points[1] - points[0]) / 2, (points[3] - points[0]) / 2
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)[:, None]
    outline: NDArray[np.float64] = (
        centre + np.cos(angle) * first + np.sin(angle) * second
    )
    return outline


def _placed(
    outline: NDArray[np.float64],
    shapes: Shapes,
    image: Image,
    spatial: str,
    own: str,
) -> tuple[NDArray[np.float64], Plane]:
    """Polygon in pixels of the image, (corners, 2), and its position along the rest."""
    spots = np.array(
        [image.world_to_data(shapes.data_to_world(point)) for point in outline]
    )
    plane = {}
    for number, axis in enumerate(spatial):
        if axis in "YX" or axis not in own:
            continue
        if np.ptp(spots[:, number]) > 0.5:
            raise NoiseError(
                f"A region in “{shapes.name}” is not drawn in a plane of Y and X: see "
                "the button under the layer list that rolls the axes, and draw it anew."
            )
        last = layer_pixels(image).shape[number] - 1
        plane[axis] = int(np.clip(np.rint(spots[:, number].mean()), 0, last))
    return spots[:, [spatial.index("Y"), spatial.index("X")]], plane


def _filled(outline: NDArray[np.float64], shape: tuple[int, ...]) -> Mask:
    from skimage.draw import polygon2mask

    mask: Mask = polygon2mask(shape, outline)
    return mask
