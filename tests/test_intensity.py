"""Intensity on structure: photons are moved about, but neither made nor lost."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, gaussian_filter

from napari_denoise import NoiseModel, denoise

SIDE = 192
PHOTONS = NoiseModel(gain=1)
SEEDS = (0, 1, 2)


def spots():
    """Forty spots of 1.5 pixels, peak 1."""
    where = np.random.default_rng(3).integers(10, SIDE - 10, (2, 30))
    points = np.zeros((SIDE, SIDE))
    points[tuple(where)] = 2 * np.pi * 1.5**2
    return np.minimum(gaussian_filter(points, 1.5), 1)


def filaments():
    """Eight wavy lines of 1.5 pixels, peak 1."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    lines = [0.06 + 0.12 * k + 0.04 * np.sin(7 * x + k) for k in range(8)]
    return np.max([np.exp(-0.5 * ((y - at) * SIDE / 1.5) ** 2) for at in lines], axis=0)


SCENES = {"spots": spots(), "filaments": filaments()}


@cache
def kept(kind, peak, background, noise):
    """Share of the structures' photons above the background that the result keeps.

    Against what the noisy image itself holds there, so that the luck of the draw
    does not count.
    """
    structure = (1 - background) * SCENES[kind]
    there = binary_dilation(structure > 0.1, iterations=3)
    change = 0.0
    for seed in SEEDS:
        drawn = np.random.default_rng(seed).poisson(peak * (background + structure))
        noisy = drawn.astype(np.float32)
        change += (denoise(noisy, noise=noise) - noisy)[there].sum(dtype=float)
    return 1 + change / (len(SEEDS) * peak * structure[there].sum())
