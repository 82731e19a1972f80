"""DnCNN: a plain chain of convolutions that predicts the noise."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn

from napari_denoise.networks.base import DenoisingNetwork, central, convolution

Z_TAPPED_LAYERS = 4
"""Hidden layers of the 3D network, from the middle on, that look along Z."""


class DnCNN(DenoisingNetwork):
    """Residual denoising network (Zhang et al., IEEE TIP 26:3142, 2017).

    Blind: it takes no noise level. Batch normalisation is there for training only;
    :meth:`folded` builds it into the convolutions.

    Parameters
    ----------
    ndim : int
        2 or 3 spatial dimensions.
    depth, width : int
        Number of 3×3 layers, and of channels between them.
    norm : bool
        Batch normalisation after each hidden convolution.
    """

    uses_sigma: ClassVar[bool] = False
    end_layers = ("head.", "tail.")

    def __init__(
        self, ndim: int = 2, depth: int = 17, width: int = 64, norm: bool = True
    ) -> None:
        super().__init__()
        self.ndim, self.depth, self.width, self.norm = ndim, depth, width, norm
        self.stride = 1
        self.receptive_radius = depth
        self.floats_per_pixel = float(width)
        self.head = convolution(ndim, (1, width), bias=True)
        hidden = range(depth - 2)
        middle = range((depth - 2) // 2, (depth - 2) // 2 + Z_TAPPED_LAYERS)
        self.z_radius = len([i for i in hidden if i in middle]) if ndim == 3 else 0
        self.z_held = self.z_radius
        self.body = nn.ModuleList(
            convolution(
                ndim, (width, width), z_taps=3 if i in middle else 1, bias=not norm
            )
            for i in hidden
        )
        normalisation = nn.BatchNorm2d if ndim == 2 else nn.BatchNorm3d
        self.norms = nn.ModuleList(
            normalisation(width) if norm else nn.Identity() for _ in hidden
        )
        self.tail = convolution(ndim, (width, 1), bias=True)
        # A chain has neither: its second half, and what enters that.
        late = [
            f"{part}.{i}." for part in ("body", "norms") for i in hidden[middle.start :]
        ]
        self.decoder_layers = (*late, "tail.")
        self.bottleneck = f"norms.{middle.start - 1}" if depth > 3 else "head"
        self.activation = nn.ReLU(inplace=True)

    def denoise(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        """Subtract the predicted noise."""
        features = self.activation(self.head(noisy))
        for convolve, normalise in zip(self.body, self.norms, strict=True):
            features = self.activation(normalise(convolve(features)))
        noise: Tensor = self.tail(features)
        return central(noisy, noise) - noise

    def hyperparameters(self) -> dict[str, Any]:
        """Arguments that build this network again."""
        return {
            "ndim": self.ndim,
            "depth": self.depth,
            "width": self.width,
            "norm": self.norm,
        }

    def folded(self) -> DnCNN:
        """Return the same function without batch normalisation.

        Returns
        -------
        DnCNN
            In evaluation mode; equal to ``self.eval()`` up to rounding.
        """
        if not self.norm:
            return self
        plain = DnCNN(self.ndim, self.depth, self.width, norm=False)
        plain.head.load_state_dict(self.head.state_dict())
        plain.tail.load_state_dict(self.tail.state_dict())
        for source, norm, target in zip(self.body, self.norms, plain.body, strict=True):
            _fold(source, norm, target)
        return plain.eval()


def _fold(source: nn.Module, norm: nn.Module, target: nn.Module) -> None:
    weight, statistics = source.state_dict()["weight"], norm.state_dict()
    variance = statistics["running_var"] + getattr(norm, "eps", 0.0)
    scale = statistics["weight"] / variance.sqrt()
    bias = statistics["bias"] - statistics["running_mean"] * scale
    weight = weight * scale.reshape((-1,) + (1,) * (weight.ndim - 1))
    target.load_state_dict({"weight": weight, "bias": bias})
