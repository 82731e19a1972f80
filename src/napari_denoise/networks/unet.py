"""U-Net: encoder and decoder with skips, told the noise level, without biases."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from napari_denoise.networks.base import (
    DenoisingNetwork,
    append_sigma,
    central,
    convolution,
    upsampling,
)


class ResidualBlock(nn.Module):
    """``x + b(relu(a(x)))``; in 3D, `a` may look at the planes beside."""

    def __init__(self, ndim: int, width: int, z_taps: int = 1) -> None:
        super().__init__()
        self.a = convolution(ndim, (width, width), z_taps=z_taps)
        self.b = convolution(ndim, (width, width))
        self.activation = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        """Refine the features."""
        # In place: each new feature map of a large tile costs as much as a layer.
        refined: Tensor = self.b(self.activation(self.a(features)))
        return refined.add_(central(features, refined))


class UNet(DenoisingNetwork):
    """U-Net (Ronneberger et al., MICCAI 2015) that predicts the noise.

    It works on 2×2 pixel-unshuffled images. Without biases it scales with its input,
    ``f(a·y, a·σ) = a·f(y, σ)``, and so generalises over noise levels (Mohan et al.,
    ICLR 2020).

    Parameters
    ----------
    ndim : int
        2 or 3 spatial dimensions.
    widths : sequence of int
        Channels of each level, the bottom last.
    blocks : int
        Residual blocks per level, in the encoder and in the decoder.
    z_taps : sequence of int
        In 3D, taps along Z of the head, of the first block of each encoder level, and
        of that of the bottom.
    """

    decoder_layers = ("up.", "dec.", "tail.")
    end_layers = ("head.", "tail.")
    bottleneck = "mid"

    def __init__(
        self,
        ndim: int = 2,
        widths: tuple[int, ...] | list[int] = (48, 96, 160),
        blocks: int = 2,
        z_taps: tuple[int, ...] | list[int] | None = None,
    ) -> None:
        super().__init__()
        self.ndim, self.widths, self.blocks = ndim, tuple(widths), blocks
        levels = len(widths) - 1
        flat = (1,) * len(widths)
        self.z_taps = (1, *flat) if ndim == 2 else tuple(z_taps or (5, *flat))
        self.z_radius = sum(taps // 2 for taps in self.z_taps)
        self.z_held = self.z_radius - self.z_taps[0] // 2
        self.stride = 2 ** (levels + 1)
        self.receptive_radius = _receptive_radius(levels, blocks)
        self.floats_per_pixel = widths[0] / 4
        head, *taps = self.z_taps
        self.head = convolution(ndim, (5, widths[0]), z_taps=head)
        *encoder, mid = (
            _stage(ndim, w, blocks, n) for w, n in zip(widths, taps, strict=True)
        )
        self.enc, self.mid = nn.ModuleList(encoder), mid
        self.dec = nn.ModuleList(_stage(ndim, w, blocks, 1) for w in widths[:-1])
        steps = list(pairwise(widths))
        self.down = nn.ModuleList(
            convolution(ndim, step, size=2, stride=2) for step in steps
        )
        self.up = nn.ModuleList(upsampling(ndim, (low, high)) for high, low in steps)
        self.tail = convolution(ndim, (widths[0], 4))

    def denoise(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        """Subtract the predicted noise."""
        features = self.head(append_sigma(unshuffle(noisy), sigma))
        skips = []
        for stage, down in zip(self.enc, self.down, strict=True):
            features = stage(features)
            skips.append(features)
            features = down(features)
        features = self.mid(features)
        for stage, up in zip(reversed(self.dec), reversed(self.up), strict=True):
            features = up(features)
            features = stage(features.add_(central(skips.pop(), features)))
        noise = shuffle(self.tail(features))
        return central(noisy, noise) - noise

    def hyperparameters(self) -> dict[str, Any]:
        """Arguments that build this network again."""
        arguments = {
            "ndim": self.ndim,
            "widths": list(self.widths),
            "blocks": self.blocks,
        }
        return arguments | ({"z_taps": list(self.z_taps)} if self.ndim == 3 else {})


def unshuffle(image: Tensor) -> Tensor:
    """Turn each 2×2 cell of Y and X into four channels, in 2D and 3D.

    Parameters
    ----------
    image : Tensor, shape (N, 1, [Z,] Y, X)
        Sides along Y and X are even.

    Returns
    -------
    Tensor, shape (N, 4, [Z,] Y/2, X/2)
    """
    corners = [image[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return torch.cat(corners, dim=1)


def shuffle(channels: Tensor) -> Tensor:
    """Undo :func:`unshuffle`."""
    n, _, *depth, height, width = channels.shape
    cells = channels.reshape(n, 2, 2, *depth, height, width)
    order = (0, 3, 4, 1, 5, 2) if depth else (0, 3, 1, 4, 2)
    return cells.permute(order).reshape(n, 1, *depth, 2 * height, 2 * width)


def _stage(ndim: int, width: int, blocks: int, z_taps: int) -> nn.Sequential:
    taps = [z_taps] + [1] * (blocks - 1)
    return nn.Sequential(*(ResidualBlock(ndim, width, n) for n in taps))


def _receptive_radius(levels: int, blocks: int) -> int:
    outer = sum(2 * 2 * blocks * 2 ** (level + 1) for level in range(levels))
    bottom = 2 * blocks * 2 ** (levels + 1)
    ends = 2 * 2
    resampling = 2 ** (levels + 1) - 1
    return int(outer + bottom + ends + resampling)
