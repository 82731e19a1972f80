"""One noisy image made into two whose noise is independent: learning from photons.

Noise that is drawn like the measured one but added to it, as in `recorruption`, is not
of its kind where photons are few: a network learns to tell the two apart, and estimates
by such noise then say that it leaves less error than it does. Photons that are dealt
out to two images are as independent as two exposures.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from napari_denoise.networks.base import central
from napari_denoise.training.probes import column, draw_probe

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from napari_denoise.training.examples import Batch

SHARE = 0.3
"""Of the photons, for the image that the network is compared with. The fewer, the more
what the network is given is like the image itself, and the noisier the comparison."""


def split(
    run: Callable[[Tensor, Tensor], Tensor],
    batch: Batch,
    generator: torch.Generator,
    share: float = SHARE,
) -> Tensor:
    """Share of the noise variance that is left, of an image with fewer photons.

    The network is given some of the photons and compared with the others (binomial
    thinning; for denoising: Monroy et al., CVPR 2025, "Generalized
    recorrupted-to-recorrupted"). Read noise counts as photons of the same variance.
    Where all noise is Gaussian, such noise is added to one image and taken off the
    other (Pang et al., CVPR 2021, 2043).

    Parameters
    ----------
    run : callable
        ``run(noisy, sigma)``: the network; it may return the central planes alone.
    batch : Batch
        Without clean data: `clean` holds the noisy photons. The noise is white where it
        is that of photons.
    generator : torch.Generator
        Deals the photons, and draws noise.
    share : float
        Of the photons, for the image that is compared with; 0 to 1.

    Returns
    -------
    Tensor, shape (N,)
        On average the square error over the noise variance; single ones may be
        negative.
    """
    given, of_target = split_batch(batch, generator, share)
    restored, variance = given.restored(run(given.noisy, given.sigma))
    squares = (restored - given.clean).square() - of_target
    return squares.flatten(1).mean(dim=1) / variance


def split_batch(
    batch: Batch, generator: torch.Generator, share: float = SHARE
) -> tuple[Batch, Tensor]:
    """Make two images of each; one is what the other is compared with.

    Parameters
    ----------
    batch, generator, share
        As :func:`split` takes them.

    Returns
    -------
    given : Batch
        In the network's range, with its noise level; `clean` holds the other image, in
        the photons of this one.
    of_target : Tensor, same shape as ``given.clean``
        Noise variance of the other image: right on average, for each pixel.
    """
    probe = draw_probe(batch, generator)
    photons, photons_target = _deal(batch, probe, generator, share)
    doubled, doubled_target = _doubled(batch, probe)
    is_gaussian = batch.read < 0
    chosen = {
        name: torch.where(
            column(is_gaussian, getattr(batch, name)),
            getattr(doubled, name),
            getattr(photons, name),
        )
        for name in ("noisy", "clean", "sigma", "shift", "scale", "read")
    }
    wide = column(is_gaussian, batch.clean)
    return replace(batch, **chosen), torch.where(wide, doubled_target, photons_target)


def _doubled(batch: Batch, probe: Tensor) -> tuple[Batch, Tensor]:
    """Add Gaussian noise to each image, and take it off the one compared with."""
    noisy = batch.noisy + column(batch.sigma, probe) * probe
    target = batch.clean - central(probe, batch.clean)
    given = replace(batch, noisy=noisy, clean=target, sigma=2**0.5 * batch.sigma)
    return given, torch.full_like(target, 2.0)


def _deal(
    batch: Batch, probe: Tensor, generator: torch.Generator, share: float
) -> tuple[Batch, Tensor]:
    """Deal the photons of each image out to two."""
    shift, scale = column(batch.shift, batch.noisy), column(batch.scale, batch.noisy)
    read = column(batch.read.clip(min=0), batch.noisy)
    photons = _photons(batch.noisy * scale + shift, read)
    # Read noise, and that of rounding, are taken for photons of the same variance.
    pedestal = read**2 + column(_variance_of_rounding(photons), read)
    whole = _rounded(photons + pedestal, generator)
    kept = torch.binomial(
        whole.clip(min=0).cpu(),
        torch.full_like(whole, 1 - share, device="cpu"),
        generator=generator,
    ).to(whole)
    kept = kept + (1 - share) * whole.clip(max=0)
    ours = kept - (1 - share) * pedestal
    ratio = (1 - share) / share
    theirs = ratio * (whole - kept) - (1 - share) * pedestal
    read_kept = ((1 - share) * pedestal).sqrt()
    given = _in_range(batch, ours, read, read_kept, 1 - share)
    target = central(theirs, batch.clean)
    return replace(given, clean=target), ratio * (target + (1 - share) * pedestal)


def _in_range(
    batch: Batch, photons: Tensor, read: Tensor, read_kept: Tensor, share: float
) -> Batch:
    """Bring thinned images to where the network would have them."""
    low, high = (column(n, photons) for n in (batch.shift, batch.shift + batch.scale))
    ends = [_stabilised(share * _photons(z, read), read_kept) for z in (low, high)]
    shift, scale = ends[0], (ends[1] - ends[0]).clip(min=1e-6)
    noisy = (_stabilised(photons, read_kept) - shift) / scale
    # As far off as the noise level that was told before.
    sigma = batch.sigma * batch.scale / scale.flatten()
    return replace(
        batch,
        noisy=noisy,
        sigma=sigma,
        shift=shift.flatten(),
        scale=scale.flatten(),
        read=read_kept.flatten(),
    )


def _stabilised(photons: Tensor, read: Tensor) -> Tensor:
    """Generalized Anscombe transform of photons."""
    return 2 * (photons + 0.375 + read**2).clip(min=0).sqrt()


def _photons(z: Tensor, read: Tensor) -> Tensor:
    """Undo :func:`_stabilised`, exactly: what was measured, not its mean."""
    return (z / 2).square() - 0.375 - read**2


def _rounded(photons: Tensor, generator: torch.Generator) -> Tensor:
    """Round up or down at random, so that the mean stays."""
    dice = torch.rand(photons.shape, generator=generator, device=generator.device)
    low = photons.floor()
    return low + (dice.to(photons.device) < photons - low)


def _variance_of_rounding(photons: Tensor) -> Tensor:
    """Variance that :func:`_rounded` adds to each image: none to whole photons."""
    part = photons - photons.floor()
    return (part * (1 - part)).flatten(1).mean(dim=1)
