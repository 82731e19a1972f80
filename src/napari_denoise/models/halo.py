"""How much halo a network really needs, and what its spec says of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from napari_denoise.networks import DenoisingNetwork

TOLERANCE = 1e-5
CORE = 32


@torch.inference_mode()
def measure_halo(network: DenoisingNetwork, highest_sigma: float) -> int:
    """Smallest halo whose tiles equal the whole within 1e-5 of the range.

    Parameters
    ----------
    network : DenoisingNetwork
        In evaluation mode.
    highest_sigma : float
        Noise level of the test images, for a range of 0 to 1.

    Returns
    -------
    int
        Pixels, a multiple of the stride; the receptive radius at the most.
    """
    step = max(network.stride, 4)
    largest = -(-network.receptive_radius // step) * step
    images = _test_images(2 * largest + CORE, highest_sigma, network.ndim)
    sigma = torch.full((len(images),), highest_sigma)
    whole = network(images, sigma)[..., largest:-largest, largest:-largest]
    for halo in range(step, largest, step):
        rim = largest - halo
        tile = network(images[..., rim:-rim, rim:-rim], sigma)
        difference = tile[..., halo:-halo, halo:-halo] - whole
        if float(difference.abs().max()) <= TOLERANCE:
            return halo
    return largest


def _test_images(side: int, sigma: float, ndim: int) -> Tensor:
    """Noise on flat gray, on stripes of several widths, and on random blocks."""
    draw = torch.Generator().manual_seed(0)
    row = torch.arange(side, dtype=torch.float32)
    flat = torch.full((side, side), 0.5)
    stripes = [
        0.5 + 0.5 * torch.sin((row[:, None] * a + row * b) / width)
        for width, a, b in ((1.5, 1, 0.4), (4.0, 0.3, 1), (16.0, 1, 1))
    ]
    cells = torch.rand((side // 7 + 1, side // 7 + 1), generator=draw)
    blocks = torch.kron(cells, torch.ones(7, 7))[:side, :side]
    clean = torch.stack([flat, *stripes, blocks])[:, None]
    if ndim == 3:
        clean = clean[:, :, None].expand(-1, -1, 5, -1, -1)
    return clean + sigma * torch.randn(clean.shape, generator=draw)
