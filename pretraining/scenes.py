"""Drawn scenes in which every photon of a structure can be counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 256
BACKGROUND = 0.1
WIDTH = 1.5
"""Standard deviation of spots and filaments in pixels."""
RIM = 12
"""Pixels beside the border of a patch that are not counted."""


@dataclass(frozen=True)
class Scene:
    """A clean image and where its structure is.

    Attributes
    ----------
    image : ndarray of float64, shape (Y, X)
        Relative intensity, at most 1.
    counted : ndarray of bool, shape (Y, X)
        Pixels that belong to the structure.
    background : float
        Intensity under it.
    """

    image: NDArray[np.float64]
    counted: NDArray[np.bool_]
    background: float


def spots() -> Scene:
    """Forty lone spots."""
    points = np.zeros((SIDE, SIDE))
    where = np.random.default_rng(5).integers(RIM, SIDE - RIM, (2, 40))
    points[tuple(where)] = 2 * np.pi * WIDTH**2
    return _on_background(np.minimum(gaussian_filter(points, WIDTH), 1))


def filaments() -> Scene:
    """Six circles of one centre."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    radius = np.hypot(y, x)
    rings = [np.exp(-0.5 * ((radius - 20 * k) / WIDTH) ** 2) for k in range(1, 7)]
    return _on_background(np.max(rings, axis=0))


def patches() -> Scene:
    """Four flat squares; the two dim ones, 0.1 and 0.3, are counted."""
    levels = np.array([[0.1, 1.0], [0.6, 0.3]])
    half = SIDE // 2
    is_inside = np.zeros((half, half), bool)
    is_inside[RIM:-RIM, RIM:-RIM] = True
    image = np.kron(levels, np.ones((half, half)))
    counted = np.kron(levels < 0.5, is_inside).astype(bool)
    return Scene(image, counted, 0.0)


def _on_background(structure: NDArray[np.float64]) -> Scene:
    counted = binary_dilation(structure > 0.1, iterations=3)
    image = BACKGROUND + (1 - BACKGROUND) * structure
    return Scene(image, counted, BACKGROUND)


SCENES = {"spots": spots, "filaments": filaments, "patches": patches}
