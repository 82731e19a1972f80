"""Drawn structures: what photographs hardly hold and microscopes often see.

Faint spots, thin filaments and flat patches on an even background: a network that has
not seen them takes a spot of a few photons for noise, and its photons are lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BACKGROUND = 0.5
"""Of the brightest structure."""


def draw_phantom(side: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one or two layers of structure on a background.

    Parameters
    ----------
    side : int
        Side of the patch in pixels.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, shape (side, side)
        Relative intensity, 0 to 1.
    """
    layers = (spots, filaments, patches)
    structure = np.zeros((side, side))
    for chosen in rng.integers(len(layers), size=1 + (rng.random() < 0.3)):
        structure += rng.uniform(0.3, 1) * layers[chosen](side, rng)
    background = MAX_BACKGROUND * rng.random() ** 2
    slope = rng.uniform(-0.5, 0.5, 2) * background * (rng.random() < 0.5)
    y, x = np.mgrid[:side, :side] / side - 0.5
    image = structure / max(structure.max(), 1e-6) * (1 - background)
    image += background + slope[0] * y + slope[1] * x
    return np.asarray(np.clip(image, 0, 1), np.float32)


def spots(side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw points of unequal brightness, blurred by one PSF.

    Parameters
    ----------
    side : int
        Side of the patch in pixels.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64, shape (side, side)
        A lone point of brightness 1 peaks at 1.
    """
    density = 10 ** rng.uniform(-3.7, -1.7)
    count = 1 + rng.poisson(density * side**2)
    spread = rng.uniform(0, 0.8)
    width = rng.uniform(0.7, 2.5)
    points = np.zeros((side, side))
    where = rng.integers(0, side, (2, count))
    np.add.at(points, tuple(where), rng.lognormal(0, spread, count))
    blurred: NDArray[np.float64] = gaussian_filter(points, width, mode="constant")
    return blurred * 2 * np.pi * width**2


def filaments(side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw smooth curves of one width.

    Parameters
    ----------
    side : int
        Side of the patch in pixels.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64, shape (side, side)
        A lone curve of brightness 1 is about 1 along its ridge.
    """
    width = rng.uniform(0.7, 2.0)
    canvas = np.zeros((side, side))
    for _ in range(rng.integers(1, 13)):
        knots = _curve_knots(side, rng)
        t = np.linspace(0, 1, 4 * side)
        y, x = np.rint(CubicSpline(np.linspace(0, 1, len(knots)), knots)(t)).T
        inside = (y >= 0) & (y < side) & (x >= 0) & (x < side)
        line = np.zeros_like(canvas)
        line[y[inside].astype(int), x[inside].astype(int)] = 1
        canvas = np.maximum(canvas, rng.uniform(0.4, 1) * line)
    blurred: NDArray[np.float64] = gaussian_filter(canvas, width, mode="constant")
    return np.asarray(blurred * np.sqrt(2 * np.pi) * width)


def patches(side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw flat cells, each with its own level, with sharp or soft borders.

    Parameters
    ----------
    side : int
        Side of the patch in pixels.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64, shape (side, side)
        0 to 1.
    """
    count = int(rng.integers(2, 14))
    centres = rng.uniform(0, side, (count, 2))
    pixels = np.moveaxis(np.mgrid[:side, :side], 0, -1)
    cell = cKDTree(centres).query(pixels)[1]
    levels = rng.random(count) ** 2
    image = levels[cell]
    if rng.random() < 0.5:
        image = gaussian_filter(image, rng.uniform(0.5, 2.5), mode="nearest")
    return np.asarray(image, np.float64)


def _curve_knots(side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    # A walk that turns little by little; its middle is anywhere in the patch.
    count = int(rng.integers(4, 8))
    direction = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.5, count))
    step = side * rng.uniform(0.1, 0.35)
    moves = step * np.stack([np.sin(direction), np.cos(direction)], axis=-1)
    walk = np.cumsum(moves, axis=0)
    knots: NDArray[np.float64] = rng.uniform(0, side, 2) + walk - walk[count // 2]
    return knots
