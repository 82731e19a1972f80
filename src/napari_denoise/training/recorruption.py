"""Learning from noisy images alone: one noisy image made two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_denoise.networks.base import central
from napari_denoise.training.probes import column, draw_probe, noise_in_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from napari_denoise.training.examples import Batch

SHARE = 1.0
"""Variance of the noise that is added, in units of the image's. Less of it makes what
the network is compared with noisier, more of it what the network is given. So much
also hides that counts are whole numbers."""


def recorrupted(
    run: Callable[[Tensor, Tensor], Tensor],
    batch: Batch,
    generator: torch.Generator,
    share: float = SHARE,
) -> Tensor:
    """Share of the noise variance that is left, of an image with noise added.

    The network is given the image with more noise e and compared with the image less
    e/share: the noise of the two has no covariance, so on average that is as good as
    the clean image (Pang et al., CVPR 2021, 2043). Noise is added where it is
    Gaussian, in the stabilised image, and squares are taken in counts; for photons
    the covariance is then zero to first order, where the network is near the truth.

    Parameters
    ----------
    run : callable
        ``run(noisy, sigma)``: the network; it may return the central planes alone.
    batch : Batch
        Without clean data: `clean` holds the noisy photons.
    generator : torch.Generator
        For the noise that is added.
    share : float
        Its variance, in units of the noise's.

    Returns
    -------
    Tensor, shape (N,)
        On average the square error over the noise variance; single ones may be
        negative.
    """
    probe = draw_probe(batch, generator)
    with torch.no_grad():
        level = run(batch.noisy, batch.sigma)
    added = share**0.5 * column(batch.sigma, probe) * probe
    output = run(batch.noisy + added, batch.sigma * (1 + share) ** 0.5)
    restored, variance = batch.restored(output)
    taken_off = noise_in_counts(level, batch) * central(probe, level) / share**0.5
    # As the square of the difference from clean - taken_off, but for a constant.
    change = restored - batch.clean
    squares: Tensor = change * (change + 2 * taken_off)
    return squares.flatten(1).mean(dim=1) / variance - 1
