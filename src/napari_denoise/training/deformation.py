"""Changes of a clean image that would change its noise: turned, stretched, bent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import map_coordinates

from napari_denoise.noise.simulation import blur_noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.training.augmentation import Augmentation

SMOOTHNESS = 16.0
"""Pixels, standard deviation of the blur that makes a displacement smooth."""
FARTHEST = 3.0
"""Displacements end at so many times their root-mean-square."""
SPLINE = 3
"""Pixels beside a point that a cubic spline needs."""


def border_for(how: Augmentation, side: int) -> int:
    """Return how much larger than a patch its cut has to be.

    Parameters
    ----------
    how : Augmentation
        What is switched on.
    side : int
        Of the patch, pixels.

    Returns
    -------
    int
        Pixels on each side of Y and X; 0 where nothing is interpolated.
    """
    if not how.interpolates:
        return 0
    angle = math.radians(min(how.rotation, 45))
    half = (side - 1) / 2
    reach = half * (math.cos(angle) + math.sin(angle)) * (1 + how.zoom)
    return math.ceil(reach - half + FARTHEST * how.elastic) + SPLINE


def deform(
    image: NDArray[np.float32],
    how: Augmentation,
    side: int,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Turn, zoom and bend an image about its centre, with cubic splines.

    Parameters
    ----------
    image : ndarray of float32, shape ([Z,] Y, X)
        Noise-free; larger than the patch by :func:`border_for`, else what is missing
        is mirrored.
    how : Augmentation
        How far rotation, zoom and elastic displacement go.
    side : int
        Of the patch.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, shape ([Z,] side, side)
        All planes are changed alike.
    """
    where = _coordinates(image.shape[-2:], how, side, rng)
    planes = image.reshape(-1, *image.shape[-2:])
    moved = [map_coordinates(plane, where, order=3, mode="mirror") for plane in planes]
    return np.asarray(moved, np.float32).reshape(*image.shape[:-2], side, side)


def bend(
    image: NDArray[np.float32],
    dark: float,
    top: float,
    gamma: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Change the contrast of an image between two levels that stay where they are.

    Parameters
    ----------
    image : ndarray of float32
        Counts, any shape.
    dark, top : float
        Ends of the channel's range in counts; what lies outside is left as it is.
    gamma : float
        The exponent is between exp(−gamma) and exp(gamma), log-uniform.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, same shape
    """
    if not top > dark:
        return image
    exponent = math.exp(rng.uniform(-gamma, gamma))
    share = (image - dark) / (top - dark)
    bent = dark + (top - dark) * np.clip(share, 0, 1) ** exponent
    inside = (share > 0) & (share < 1)
    return np.where(inside, bent, image).astype(np.float32)


def _coordinates(
    shape: tuple[int, ...], how: Augmentation, side: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    angle = math.radians(rng.uniform(-how.rotation, how.rotation))
    most = math.log1p(how.zoom)
    step = math.exp(rng.uniform(-most, most))
    turn = np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    offsets = np.indices((side, side)) - (side - 1) / 2
    where = step * np.tensordot(turn, offsets, axes=1)
    if how.elastic > 0:
        drift = blur_noise(rng.standard_normal((2, side, side)), SMOOTHNESS)
        where += how.elastic * np.clip(drift, -FARTHEST, FARTHEST)
    centre = (np.array(shape[-2:], float) - 1) / 2
    return np.asarray(where + centre[:, None, None])
