"""How alike two images look: structural similarity where contrast is even."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from napari_denoise.noise import generalized_anscombe

if TYPE_CHECKING:
    from torch import Tensor

    from napari_denoise.training.examples import Batch

WEIGHT_SIGMA = 1.5
RADIUS = 5
"""Pixels; the Gaussian weights end at 3.5 standard deviations, rounded."""
STEADY_MEAN, STEADY_CONTRAST = 0.01**2, 0.03**2
"""For a range of 1 (Wang et al., IEEE TIP 13:600, 2004)."""


def even_contrast(output: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Bring result and truth from counts to the network's range by one transform.

    Where noise has the same size everywhere, so has contrast that can be seen.

    Parameters
    ----------
    output : Tensor, shape (N, 1, [Z,] Y, X)
        What the network returned.
    batch : Batch
        What the network was given, and the truth.

    Returns
    -------
    restored, clean : Tensor, shape (N, 1, [Z,] Y, X)
        Range about 0 to 1.
    """
    column = (slice(None), *(None,) * (batch.clean.ndim - 1))
    gaussian = (batch.read < 0)[column]
    read = batch.read.clip(min=0)[column]

    def transform(counts: Tensor) -> Tensor:
        root = generalized_anscombe(counts, 1.0, 0.0, read)
        z = torch.where(gaussian, counts, root)
        return (z - batch.shift[column]) / batch.scale[column]

    restored, _ = batch.restored(output)
    return transform(restored), transform(batch.clean)


def structural_similarity(one: Tensor, other: Tensor) -> Tensor:
    """Mean structural similarity with Gaussian weights of σ = 1.5 pixels.

    Parameters
    ----------
    one, other : Tensor of float32, shape (N, 1, [Z,] Y, X)
        Range about 0 to 1, sides of 11 pixels at least. Planes are compared one by
        one.

    Returns
    -------
    Tensor, shape (N,)
        Mean over all pixels whose neighbourhood is inside; 1 for equal images.
    """
    x, y = as_planes(one), as_planes(other)
    # Differences of large squares have no digits left: take the level off first.
    level = y.mean(dim=(-2, -1), keepdim=True)
    x, y = x - level, y - level
    mean_x, mean_y = _average(x), _average(y)
    var_x = (_average(x * x) - mean_x**2).clip(min=0)
    var_y = (_average(y * y) - mean_y**2).clip(min=0)
    covariance = _average(x * y) - mean_x * mean_y
    mean_x, mean_y = mean_x + level, mean_y + level
    brightness = (2 * mean_x * mean_y + STEADY_MEAN) / (
        mean_x**2 + mean_y**2 + STEADY_MEAN
    )
    structure = (2 * covariance + STEADY_CONTRAST) / (var_x + var_y + STEADY_CONTRAST)
    return (brightness * structure).reshape(len(one), -1).mean(dim=1)


def as_planes(images: Tensor) -> Tensor:
    """Fold the planes of volumes into the batch.

    Parameters
    ----------
    images : Tensor, shape (N, C, [Z,] Y, X)
        Images or volumes.

    Returns
    -------
    Tensor, shape (N, C, Y, X) or (N * Z, C, Y, X)
        The planes of one volume follow each other.
    """
    return images if images.ndim == 4 else images.transpose(1, 2).flatten(0, 1)


def _average(planes: Tensor) -> Tensor:
    lag = torch.arange(-RADIUS, RADIUS + 1, device=planes.device, dtype=planes.dtype)
    weights = torch.exp(-0.5 * (lag / WEIGHT_SIGMA) ** 2)
    weights = weights / weights.sum()
    along_x = functional.conv2d(planes, weights.reshape(1, 1, 1, -1))
    return functional.conv2d(along_x, weights.reshape(1, 1, -1, 1))
