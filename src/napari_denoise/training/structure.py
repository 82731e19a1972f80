"""What an image shows between its noise and its background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_denoise.noise.simulation import blur_noise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel

    Image = NDArray[np.float32]

FINE, COARSE = 1.0, 8.0
"""Widths, in pixels, of the Gaussians between which structure is looked at."""
EXTREME = 99.8
"""Percentile at which that structure is cut: hot pixels are no landmarks."""


def structure(plane: Image) -> Image:
    """Keep of an image what lies between noise and background.

    Parameters
    ----------
    plane : ndarray of float32, shape (Y, X)
        In any unit.

    Returns
    -------
    ndarray of float32, shape (Y, X)
    """
    coarse = min(COARSE, min(plane.shape) / 8)
    fine = gaussian_filter(plane, FINE, mode="reflect")
    band = fine - gaussian_filter(fine, max(coarse, 2 * FINE), mode="reflect")
    low, high = np.percentile(band, (100 - EXTREME, EXTREME))
    return np.asarray(np.clip(band, low, high), np.float32)


def share_of_signal(planes: Sequence[Image], noise: NoiseModel) -> float:
    """How much of what is looked at in a noisy image is no noise.

    Parameters
    ----------
    planes : sequence of ndarray of float32, shape (Y, X)
        Noisy, in counts.
    noise : NoiseModel
        Of them.

    Returns
    -------
    float
        Share of the variance, 0 to 1. The correlation with the clean image is its root.
    """
    seen = sum(float(structure(plane).var()) for plane in planes) / len(planes)
    side = 8 * int(COARSE) + 1
    impulse = np.zeros((side, side), np.float64)
    impulse[side // 2, side // 2] = 1
    if noise.correlation_length > 0:
        impulse = blur_noise(impulse, noise.correlation_length / 2)
    fine = gaussian_filter(impulse, FINE)
    passed = float(np.sum((fine - gaussian_filter(fine, COARSE)) ** 2))
    levels = [gaussian_filter(plane, 2 * FINE) for plane in planes]
    expected = passed * float(np.mean([np.mean(noise.std(p) ** 2) for p in levels]))
    return float(np.clip(1 - expected / max(seen, 1e-30), 0, 1))
