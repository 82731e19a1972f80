"""Learning from noisy images whose noise is unknown, but white: blind spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_denoise.errors import NoiseError
from napari_denoise.networks.base import central

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from napari_denoise.noise import NoiseModel
    from napari_denoise.training.examples import Batch

SPOTS = 0.02
"""Share of the pixels that are replaced."""
REACH = 2
"""A pixel is replaced by one at most so many rows and columns away."""


def blind_spots(
    run: Callable[[Tensor, Tensor], Tensor], batch: Batch, generator: torch.Generator
) -> Tensor:
    """Share of the noise variance that is left in pixels the network did not see.

    Some pixels are replaced by a neighbour, and the network is compared with what was
    there (Krull et al., CVPR 2019, 2129). Where noise is white, the others tell
    nothing of the noise in that one. Squares are taken in counts.

    Parameters
    ----------
    run : callable
        ``run(noisy, sigma)``: the network; it may return the central planes alone.
    batch : Batch
        Without clean data: `clean` holds the noisy photons.
    generator : torch.Generator
        Chooses the pixels.

    Returns
    -------
    Tensor, shape (N,)
        On average the square error there over the noise variance; single ones may be
        negative.
    """
    seen = central(batch.noisy, batch.clean)
    spots = torch.rand(seen.shape, generator=generator, device=generator.device)
    blind = (spots < SPOTS).to(seen.device)
    planes = batch.noisy.clone()
    replaced = torch.where(blind, random_neighbours(seen, generator), seen)
    central(planes, batch.clean).copy_(replaced)
    restored, variance = batch.restored(run(planes, batch.sigma))
    squares = (restored - batch.clean).square() * blind
    pixels = blind.flatten(1).sum(dim=1).clip(min=1)
    return squares.flatten(1).sum(dim=1) / pixels / variance - 1


def random_neighbours(images: Tensor, generator: torch.Generator) -> Tensor:
    """Take for each pixel one of those around it, never itself.

    Parameters
    ----------
    images : Tensor, shape (..., Y, X)
        Sides of at least 2 * `REACH` pixels.
    generator : torch.Generator
        Chooses them.

    Returns
    -------
    Tensor, same shape
    """
    side = 2 * REACH + 1
    device = generator.device
    chosen = torch.randint(
        side**2 - 1, images.shape, generator=generator, device=device
    ).to(images.device)
    chosen = chosen + (chosen >= side**2 // 2)  # leaves out the pixel itself
    height, width = images.shape[-2:]
    y = torch.arange(height, device=images.device)[:, None]
    x = torch.arange(width, device=images.device)
    rows = _within(y, chosen // side - REACH, height)
    columns = _within(x, chosen % side - REACH, width)
    pixels = (rows * width + columns).flatten(-2)
    return images.flatten(-2).gather(-1, pixels).reshape(images.shape)


def check_blind_spots(noise: Sequence[NoiseModel], name: str = "") -> None:
    """Refuse blind spots where pixels tell of each other's noise.

    Parameters
    ----------
    noise : sequence of NoiseModel
        As measured: one per channel of an image, or of all images together.
    name : str
        Of the image, where they are of one.

    Raises
    ------
    NoiseError
        If the noise of one of them is correlated.
    """
    lengths = [model.correlation_length for model in noise]
    longest = max(lengths, default=0.0)
    if longest > 0:
        channel = f", channel {lengths.index(longest)}," if len(lengths) > 1 else ""
        where = f" of {name}{channel}" if name else ""
        instead = "Leave the image out, or choose" if name else "Choose"
        raise NoiseError(
            f"The noise{where} is correlated over {longest:.1f} pixels, so a pixel's "
            "neighbours tell of its noise, and training with blind spots would learn "
            f"to keep it. {instead} target=“recorrupted”, which uses the measured "
            "noise."
        )


def _within(position: Tensor, step: Tensor, side: int) -> Tensor:
    # A step that would leave the image is taken the other way.
    there = position + step
    outside = (there < 0) | (there >= side)
    return torch.where(outside, position - step, there)
