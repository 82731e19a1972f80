"""Drawn volumes and movies: what passes through planes in directions of its own.

Fibres, cells and beads in depth, under a PSF that is longer along Z than across; and
particles that move each their own way. The layers of a pseudo-stack do neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter

from pretraining.phantoms import MAX_BACKGROUND

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEYOND = 4
"""Planes above and below, from which light still reaches the others."""


def draw_volume(
    side: int, planes: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw a volume, or a movie, on a background.

    Parameters
    ----------
    side, planes : int
        Of the stack.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, shape (planes, side, side)
        Relative intensity, 0 to 1.
    """
    if rng.random() < 0.3:
        structure = particles(side, planes, rng)
    else:
        structure = _under_psf(side, planes, rng)
    background = MAX_BACKGROUND * rng.random() ** 2
    structure = structure / max(float(structure.max()), 1e-6)
    return np.asarray(background + (1 - background) * structure, np.float32)


def particles(side: int, planes: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw spots that move: each with a velocity, all with some diffusion.

    Parameters
    ----------
    side, planes : int
        Of the movie.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64, shape (planes, side, side)
        Any scale.
    """
    count = 1 + rng.poisson(10 ** rng.uniform(-3.7, -1.7) * side**2)
    speed, diffusion = 10 ** rng.uniform(-1.5, 1.0), 10 ** rng.uniform(-1.5, 0.3)
    steps = rng.normal(0, speed, (1, count, 2)) + rng.normal(
        0, diffusion, (planes, count, 2)
    )
    where = rng.uniform(0, side, (1, count, 2)) + np.cumsum(steps, axis=0)
    frames = np.zeros((planes, side, side))
    y, x = np.moveaxis(np.rint(where).astype(int) % side, -1, 0)
    frame = np.broadcast_to(np.arange(planes)[:, None], y.shape)
    np.add.at(frames, (frame, y, x), rng.lognormal(0, 0.5, count))
    width = rng.uniform(0.7, 2.5)
    return np.asarray(gaussian_filter(frames, (0, width, width), mode="wrap"))


def _under_psf(side: int, planes: int, rng: np.random.Generator) -> NDArray[np.float64]:
    pitch = 10 ** rng.uniform(-0.2, 0.8)  # pixels from plane to plane
    depth = planes + 2 * BEYOND
    shape = (depth, side, side)
    volume = np.zeros(shape)
    kinds = (_fibres, _beads, _cells)
    for number in rng.permutation(len(kinds))[: rng.integers(1, 3)]:
        volume += rng.uniform(0.3, 1) * kinds[number](shape, pitch, rng)
    width = rng.uniform(0.7, 2.0)
    length = width * rng.uniform(1.5, 4) / pitch
    blurred = gaussian_filter(volume, (length, width, width), mode="nearest")
    return np.asarray(blurred[BEYOND:-BEYOND])


def _fibres(
    shape: tuple[int, int, int], pitch: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw smooth curves through the volume, some steep, some within a plane."""
    size = np.array(shape) * (pitch, 1, 1)
    volume = np.zeros(shape)
    steepness = 10 ** rng.uniform(-1, 0.6)
    for _ in range(rng.integers(2, 30)):
        heading = rng.normal(size=3) * (steepness, 1, 1)
        turns = heading + np.cumsum(rng.normal(0, 0.4, (6, 3)), axis=0)
        turns *= 0.2 * shape[1] / np.linalg.norm(turns, axis=1, keepdims=True)
        knots = rng.uniform(0, size) + np.cumsum(turns, axis=0) - turns.sum(axis=0) / 2
        points = CubicSpline(np.linspace(0, 1, 6), knots)(
            np.linspace(0, 1, 5 * shape[1])
        )
        _deposit(volume, points / (pitch, 1, 1), rng.uniform(0.3, 1))
    return _brightest_one(volume)


def _beads(
    shape: tuple[int, int, int], pitch: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw points anywhere."""
    volume = np.zeros(shape)
    count = 1 + rng.poisson(
        10 ** rng.uniform(-3.7, -2) * shape[1] * shape[2] * shape[0]
    )
    brightness = rng.lognormal(0, 0.5, count)
    points = rng.uniform(0, shape, (count, 3))
    _deposit(volume, points, brightness)
    return _brightest_one(volume)


def _cells(
    shape: tuple[int, int, int], pitch: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw ellipsoids, even or with a bright rim."""
    z, y, x = np.ogrid[: shape[0], : shape[1], : shape[2]]
    volume = np.zeros(shape)
    is_rim = rng.random() < 0.3
    for _ in range(rng.integers(1, 9)):
        centre = rng.uniform(0, shape)
        radii = rng.uniform(4, 25, 3) / (pitch, 1, 1)
        distance = sum(
            ((axis - middle) / radius) ** 2
            for axis, middle, radius in zip((z, y, x), centre, radii, strict=True)
        )
        inside = (distance < 1) & (distance > 0.6) if is_rim else distance < 1
        volume = np.maximum(volume, rng.uniform(0.2, 1) * inside)
    return volume


def _deposit(
    volume: NDArray[np.float64], points: NDArray[np.float64], brightness: object
) -> None:
    """Add light at the voxels that are nearest to some points."""
    nearest = np.rint(points).astype(int)
    inside = np.all((nearest >= 0) & (nearest < volume.shape), axis=1)
    light = np.broadcast_to(np.asarray(brightness, float), len(points))
    np.add.at(volume, tuple(nearest[inside].T), light[inside])


def _brightest_one(volume: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale points of light so that they reach about 1 once they are blurred."""
    return np.asarray(volume / max(float(gaussian_filter(volume, 1).max()), 1e-6))
