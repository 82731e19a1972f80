"""Autoencoder: down to a latent image and up again, without any way around it."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from napari_denoise.networks.base import (
    DenoisingNetwork,
    append_sigma,
    convolution,
    upsampling,
)


class AutoEncoder(DenoisingNetwork):
    """Convolutional autoencoder with pooling and transposed convolutions.

    No skips, and the noisy image is nowhere added to the output: all that the result
    shows has passed through the latent image, which has ``widths[-1]`` channels at a
    ``2 ** (len(widths) - 1)`` times coarser pitch. It smooths strongly and loses fine
    detail. Without biases it scales with its input.

    Parameters
    ----------
    ndim : int
        2 or 3 spatial dimensions; in 3D the last encoder layer takes three taps
        along Z.
    widths : sequence of int
        Channels at each pitch, the latent image's last.
    blocks : int
        Convolutions per pitch, in the encoder and in the decoder.
    """

    decoder_layers = ("decoder.",)
    bottleneck = "encoder"

    def __init__(
        self,
        ndim: int = 2,
        widths: tuple[int, ...] | list[int] = (32, 64, 128),
        blocks: int = 2,
    ) -> None:
        super().__init__()
        self.ndim, self.widths, self.blocks = ndim, tuple(widths), blocks
        levels = len(widths) - 1
        self.stride = 2**levels
        self.receptive_radius = 2 * blocks * (2 ** (levels + 1) - 1) + self.stride
        self.floats_per_pixel = float(widths[0])
        self.z_radius = self.z_held = 1 if ndim == 3 else 0
        pool = nn.MaxPool2d(2) if ndim == 2 else nn.MaxPool3d((1, 2, 2))
        encoder: list[nn.Module] = []
        for level, width in enumerate(widths):
            entry = widths[level - 1] if level else 2
            taps = 3 if level == levels else 1
            encoder += _chain(ndim, entry, width, blocks, taps)
            encoder += [pool] if level < levels else []
        decoder: list[nn.Module] = []
        for low, high in zip(widths[:0:-1], widths[-2::-1], strict=True):
            decoder += [upsampling(ndim, (low, high)), nn.ReLU(inplace=True)]
            decoder += _chain(ndim, high, high, blocks, 1)
        self.encoder = nn.Sequential(*encoder)
        self.decoder = nn.Sequential(*decoder, convolution(ndim, (widths[0], 1)))
        self.end_layers = ("encoder.0.", f"decoder.{len(decoder)}.")

    def denoise(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        """Encode and decode."""
        restored: Tensor = self.decoder(self.encoder(append_sigma(noisy, sigma)))
        return restored

    def hyperparameters(self) -> dict[str, Any]:
        """Arguments that build this network again."""
        return {"ndim": self.ndim, "widths": list(self.widths), "blocks": self.blocks}


def _chain(
    ndim: int, entry: int, width: int, blocks: int, z_taps: int
) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for i in range(blocks):
        taps = z_taps if i == blocks - 1 else 1
        layers.append(convolution(ndim, (width if i else entry, width), z_taps=taps))
        layers.append(nn.ReLU(inplace=True))
    return layers
