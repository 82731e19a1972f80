"""The error of a network on noisy images, by Stein's estimate.

It judges, and is not for learning from: counts are whole numbers, and a network that
is trained on it learns a slope at just these, by which it seems to suppress noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_denoise.networks.base import central
from napari_denoise.training.probes import column, draw_probe, noise_in_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import Tensor

    from napari_denoise.training.examples import Batch

DISTURBANCE = 0.3
"""In standard deviations of the noise: of counts that are whole numbers, a smaller one
would tell of the slope at these alone, which says little of what is between."""


def stein(
    run: Callable[[Tensor, Tensor], Tensor],
    batch: Batch,
    generator: torch.Generator,
    level: Tensor | None = None,
) -> Tensor:
    """Share of the noise variance that is left, by Stein's estimate.

    The change that a network makes is its error and the noise together; how far its
    result follows a small disturbance drawn like the noise tells them apart (Stein,
    Ann. Statist. 9:1135, 1981; Ramani et al., IEEE TIP 17:1540, 2008). The disturbance
    is of the stabilised image, squares are taken in counts.

    Parameters
    ----------
    run : callable
        ``run(noisy, sigma)``: the network; it may return the central planes alone.
    batch : Batch
        Without clean data: `clean` holds the noisy photons.
    generator : torch.Generator
        For the disturbance. With the same seed two networks are compared on equal
        terms.
    level : Tensor, optional
        An estimate of the noise-free central planes, in the network's range, that says
        how much noise there is; by default the network's own. One that had lost
        counts would find its noise small.

    Returns
    -------
    Tensor, shape (N,)
        On average the square error over the noise variance; single ones may be
        negative.
    """
    probe = draw_probe(batch, generator)
    output = run(batch.noisy, batch.sigma)
    restored, variance = batch.restored(output)
    added = DISTURBANCE * column(batch.sigma, probe) * probe
    disturbed, _ = batch.restored(run(batch.noisy + added, batch.sigma))
    guide = output if level is None else level
    weight = noise_in_counts(guide, batch) * central(probe, output) / DISTURBANCE
    squares = (restored - batch.clean).square() + 2 * weight * (disturbed - restored)
    return squares.flatten(1).mean(dim=1) / variance - 1
