"""Random disturbances with the statistics of an image's noise.

A network that is given an image with such noise added, and compared with the image with
as much taken off, is compared with something that its noise tells nothing of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from napari_denoise.noise import exact_unbiased_inverse
from napari_denoise.noise.anscombe import LOWEST

if TYPE_CHECKING:
    from torch import Tensor

    from napari_denoise.training.examples import Batch

REACH = 4.0
"""Standard deviations at which a blur is cut off, as in simulated noise."""
STEP = 0.05
"""Half the step, in units of z, from which the slope of the inverse is taken."""


def draw_probe(batch: Batch, generator: torch.Generator) -> Tensor:
    """Draw Gaussian noise of unit variance, correlated like that of the image.

    Parameters
    ----------
    batch : Batch
        Tells the shape, and the width of the blur that correlates the noise.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    Tensor, same shape as ``batch.noisy``
        White along Z.
    """
    images = batch.noisy
    radius = int(REACH * float(batch.width.max()) + 0.5)
    sides = [side + 2 * radius for side in images.shape[-2:]]
    shape = (*images.shape[:-2], *sides)
    white = torch.randn(shape, generator=generator, device=generator.device)
    return blurred(white.to(images), batch.width, radius)


def blurred(white: Tensor, width: Tensor, radius: int) -> Tensor:
    """Correlate white noise along Y and X without changing its variance.

    Parameters
    ----------
    white : Tensor, shape (N, 1, [Z,] Y + 2 * radius, X + 2 * radius)
        White noise.
    width : Tensor, shape (N,)
        Standard deviation in pixels of each image's Gaussian; 0 leaves it white.
    radius : int
        Pixels at each border that only feed the blur.

    Returns
    -------
    Tensor, shape (N, 1, [Z,] Y, X)
    """
    if not radius:
        return white
    lag = torch.arange(-radius, radius + 1, device=white.device)
    wide = width[:, None].to(white)
    taps = torch.exp(-0.5 * (lag / wide.clip(min=1e-3)) ** 2)
    taps = taps * (lag.abs() <= REACH * wide + 0.5)
    taps = taps / taps.square().sum(dim=1, keepdim=True).sqrt()
    # Each image has a kernel of its own: images as channels, their planes as a batch.
    planes = white.flatten(1, -3).transpose(0, 1)
    images = len(width)
    rows = functional.conv2d(planes, taps[:, None, :, None], groups=images)
    both = functional.conv2d(rows, taps[:, None, None, :], groups=images)
    return both.transpose(0, 1).reshape(*white.shape[:-2], *both.shape[-2:])


def noise_in_counts(output: Tensor, batch: Batch) -> Tensor:
    """Covariance of the noise in counts with that of z, of unit variance.

    Parameters
    ----------
    output : Tensor, shape (N, 1, [Z,] Y, X)
        An estimate of the noise-free image in the network's range.
    batch : Batch
        Tells kind of noise, shift and scale.

    Returns
    -------
    Tensor, same shape
        Photons; 1 where noise is Gaussian. No gradient flows through it.

    Notes
    -----
    For counts y of mean λ, ``cov(y, z(y)) = λ·E[z(y + 1) - z(y)] = λ·dE[z]/dλ`` (Chen,
    Ann. Probab. 3:534, 1975), and E[z] of λ is what the exact unbiased inverse P
    inverts: the covariance is P over its slope. It is √λ for many photons and goes to
    zero like λ for few, where the stabilised noise has much less than unit variance.
    Read noise enters as photons of the same variance. An estimate that is still noisy
    makes it too large, so that a poor network is not flattered.
    """
    z = output.detach() * column(batch.scale, output) + column(batch.shift, output)
    z = z.clip(min=LOWEST + STEP)
    ends = [exact_unbiased_inverse(z + step, 1.0, 0.0, 0.0) for step in (STEP, -STEP)]
    slope = (ends[0] - ends[1]) / (2 * STEP)
    photons = exact_unbiased_inverse(z, 1.0, 0.0, 0.0)
    return torch.where(column(batch.read, output) < 0, 1.0, photons / slope)


def column(numbers: Tensor, images: Tensor) -> Tensor:
    """Shape one number a patch so that it is broadcast against its images."""
    return numbers.reshape(-1, *(1,) * (images.ndim - 1))
