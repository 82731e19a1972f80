"""Which part of a layer a viewer shows, and where a piece of it lies in the world."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import ImageError

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer

LARGEST = 512
"""Side in pixels of what is denoised at once for a preview."""
WHOLE_PLANE = sys.maxsize
"""No limit of that side."""


@dataclass(frozen=True)
class View:
    """A rectangle of one plane of a layer.

    Attributes
    ----------
    axes : str
        Letters of the layer's pixels, S for RGB among them.
    place : tuple of (str, int)
        Position along T, C and Z.
    rows, columns : tuple of int
        First and one after the last.
    """

    axes: str
    place: tuple[tuple[str, int], ...]
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def corner(self) -> list[int]:
        """First pixel, along each axis but S."""
        spot = {**dict(self.place), "Y": self.rows[0], "X": self.columns[0]}
        return [spot[axis] for axis in self.axes if axis != "S"]

    def as_piece(self, plane: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Give a plane, (Y, X) or (Y, X, S), all axes of the layer, in its order."""
        spatial = self.axes.replace("S", "")
        if spatial.index("X") < spatial.index("Y"):
            plane = plane.swapaxes(0, 1)
        for number, axis in enumerate(spatial):
            if axis not in "YX":
                plane = np.expand_dims(plane, number)
        return plane


def visible_part(
    viewer: Viewer, layer: Image, axes: str, largest: int = LARGEST
) -> View:
    """Find what is in view, or the middle of it where that is much.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Shows the layer.
    layer : napari.layers.Image
        One of its layers.
    axes : str
        Letters of the layer's pixels.
    largest : int
        Most rows and columns.

    Returns
    -------
    View

    Raises
    ------
    ImageError
        If planes are not shown as planes, or nothing of the layer is in view.
    """
    spatial = axes.replace("S", "")
    before = viewer.dims.ndim - layer.ndim
    shown = {spatial[axis - before] for axis in viewer.dims.displayed if axis >= before}
    if viewer.dims.ndisplay != 2 or shown != {"Y", "X"}:
        raise ImageError(
            "What is in view must be a plane of Y and X, in 2D: see the buttons under "
            "the layer list that switch between 2D and 3D and roll the axes."
        )
    factors = layer.downsample_factors[layer.data_level] if layer.multiscale else 1
    corners = np.asarray(layer.corner_pixels) * factors
    shape = (layer.data[0] if layer.multiscale else layer.data).shape
    point = layer.world_to_data(viewer.dims.point)
    place, spans = [], {}
    for number, axis in enumerate(spatial):
        if axis in "YX":
            spans[axis] = _middle(corners[:, number], shape[number], largest)
        else:
            at = int(np.clip(np.rint(point[number]), 0, shape[number] - 1))
            place.append((axis, at))
    return View(axes, tuple(place), spans["Y"], spans["X"])


def camera(viewer: Viewer) -> Any:
    """Return the camera, which moved into the scene with napari 0.9.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Of any version.

    Returns
    -------
    napari.components.Camera
    """
    return getattr(viewer, "scene", viewer).camera


def _middle(ends: np.ndarray[Any, Any], length: int, largest: int) -> tuple[int, int]:
    """Cut a span off at the ends of an axis, then to the largest length."""
    first, last = (int(np.clip(end, 0, length)) for end in (ends[0], ends[1] + 1))
    if first >= last:
        raise ImageError("Nothing of the image is in view.")
    excess = max(last - first - largest, 0)
    return first + excess // 2, last - (excess - excess // 2)


def translation(layer: Image, corner: list[int]) -> np.ndarray[Any, Any]:
    """Where a piece that begins at some pixel lies, with the layer's other properties.

    Parameters
    ----------
    layer : napari.layers.Image
        The whole image.
    corner : list of int
        First pixel of the piece.

    Returns
    -------
    ndarray of float
        For ``translate``; scale, rotation, shear and affine stay those of the layer.
    """
    return np.asarray(layer.affine.inverse(layer.data_to_world(corner)))
