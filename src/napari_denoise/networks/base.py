"""What all networks share: any image size, 2D or 3D convolutions, a σ map.

In 3D, kernels that reach along Z use planes up: a network is given `z_radius` planes
beyond each end of what it returns. So a volume can pass plane by plane, and nothing is
computed for planes that are only looked at.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import convert_conv2d_weight_memory_format

if TYPE_CHECKING:
    from collections.abc import Sequence


class DenoisingNetwork(nn.Module, ABC):
    """Base of all networks: pads to the stride, denoises, crops.

    Subclasses implement :meth:`denoise` for sides that are multiples of `stride`.

    Attributes
    ----------
    ndim : int
        Spatial dimensions, 2 (Y X) or 3 (Z Y X).
    stride : int
        Sides along Y and X must be multiples of it inside the network.
    receptive_radius : int
        Pixels along Y and X, from a pixel, that can influence its result.
    z_radius : int
        Planes along Z, from a plane, that can; 0 in 2D.
    z_held : int
        Planes on either side of the result that the largest feature maps hold too.
    floats_per_pixel : float
        Numbers per pixel of a plane in the largest feature map: what memory it takes.
    uses_sigma : bool
        Whether the network is told the noise level.
    decoder_layers : tuple of str
        What makes the image out of the features: beginnings of parameters' names.
    end_layers : tuple of str
        The first layer and the last, which face the images: the same.
    bottleneck : str
        Module whose output has the features that are farthest from the images.
    """

    ndim: int
    stride: int
    receptive_radius: int
    z_radius: int = 0
    z_held: int = 0
    floats_per_pixel: float
    uses_sigma: ClassVar[bool] = True
    decoder_layers: tuple[str, ...]
    end_layers: tuple[str, ...]
    bottleneck: str

    def forward(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        """Denoise a batch.

        Parameters
        ----------
        noisy : Tensor of float, shape (N, 1, [Z,] Y, X)
            Stabilised images in the range the network was trained on.
        sigma : Tensor of float, shape (N,)
            Noise level of each image in the units of `noisy`.

        Returns
        -------
        Tensor of float, same shape as `noisy`
        """
        return self.between_neighbours(reflect_depth(noisy, self.z_radius), sigma)

    def between_neighbours(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        """Denoise the planes that have `z_radius` neighbours on either side.

        Parameters
        ----------
        noisy : Tensor of float, shape (N, 1, Z + 2 * z_radius, Y, X)
            In 2D, where there are no neighbours, (N, 1, Y, X).
        sigma : Tensor of float, shape (N,)
            As in :meth:`forward`.

        Returns
        -------
        Tensor of float, shape (N, 1, [Z,] Y, X)
        """
        sides = noisy.shape[-2:]
        padded = reflect_to_multiple(noisy, self.stride)
        return self.denoise(padded, sigma)[..., : sides[0], : sides[1]]

    @abstractmethod
    def denoise(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        """Denoise a batch whose Y and X sides are multiples of `stride`.

        In 3D it has `z_radius` planes more, at either end, than the result.
        """

    @abstractmethod
    def hyperparameters(self) -> dict[str, Any]:
        """Arguments that build this network again."""


def reflect_to_multiple(image: Tensor, stride: int) -> Tensor:
    """Reflect the ends of Y and X until both are multiples of `stride`.

    Parameters
    ----------
    image : Tensor, shape (..., Y, X)
        A batch of images.
    stride : int
        Sides are made multiples of it.

    Returns
    -------
    Tensor, shape (..., Y', X')
        The image itself where nothing has to be added. Short sides are reflected
        again and again.
    """
    for axis in (-2, -1):
        side = image.shape[axis]
        missing = -side % stride
        if missing:
            image = image.index_select(axis, _reflected(0, side + missing, side, image))
    return image


def reflect_depth(image: Tensor, planes: int) -> Tensor:
    """Reflect both ends of Z, again and again where there are few planes.

    Parameters
    ----------
    image : Tensor, shape (..., Z, Y, X)
        A batch of volumes.
    planes : int
        How many to add at either end.

    Returns
    -------
    Tensor, shape (..., Z + 2 * planes, Y, X)
    """
    if not planes:
        return image
    depth = image.shape[-3]
    return image.index_select(-3, _reflected(-planes, depth + planes, depth, image))


def _reflected(first: int, end: int, side: int, image: Tensor) -> Tensor:
    position = torch.arange(first, end, device=image.device)
    period = max(2 * side - 2, 1)
    folded = position % period
    return torch.minimum(folded, period - folded)


def central(features: Tensor, like: Tensor) -> Tensor:
    """Leave out planes at both ends of Z until there are as many as in `like`.

    Parameters
    ----------
    features, like : Tensor, shape (N, C, [Z,] Y, X)
        Images are left as they are.

    Returns
    -------
    Tensor
    """
    if features.ndim == 4 or features.shape[2] == like.shape[2]:
        return features
    rim = (features.shape[2] - like.shape[2]) // 2
    return features[:, :, rim:-rim]


def convolution(
    ndim: int,
    channels: tuple[int, int],
    *,
    size: int = 3,
    stride: int = 1,
    z_taps: int = 1,
    bias: bool = False,
) -> nn.Module:
    """Build a convolution over (Y, X), or over (Z, Y, X) with few taps along Z.

    It keeps the size along Y and X, and takes ``z_taps - 1`` planes off along Z.
    """
    padding = size // 2 if stride == 1 else 0
    if ndim == 2:
        return nn.Conv2d(*channels, size, stride, padding, bias=bias)
    build = nn.Conv3d if z_taps > 1 else PlaneConvolution
    return build(
        *channels,
        (z_taps, size, size),
        (1, stride, stride),
        (0, padding, padding),
        bias=bias,
    )


class PlaneConvolution(nn.Conv3d):
    """The same 2D convolution of every plane.

    It has the weights of a 3D one. As that, it were three times slower on a CPU where a
    batch holds a single plane, for the memory's layout is ambiguous then.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  (torch's own name)
        """Convolve each plane."""
        padding: Any = self.padding[1:]
        planes = input.transpose(1, 2)
        result: Tensor = functional.conv2d(
            planes.flatten(0, 1),
            self.weight[:, :, 0],
            self.bias,
            self.stride[1:],
            padding,
        )
        return _in_depth(result, planes)


class PlaneUpsampling(nn.ConvTranspose3d):
    """The same 2D transposed convolution of every plane; see `PlaneConvolution`."""

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:  # noqa: A002
        """Upsample each plane."""
        planes = input.transpose(1, 2)
        result: Tensor = functional.conv_transpose2d(
            planes.flatten(0, 1), self.weight[:, :, 0], self.bias, self.stride[1:]
        )
        return _in_depth(result, planes)


def _in_depth(result: Tensor, planes: Tensor) -> Tensor:
    volume: Tensor = result.unflatten(0, planes.shape[:2]).transpose(1, 2)
    return volume


def upsampling(ndim: int, channels: tuple[int, int]) -> nn.Module:
    """Build a transposed convolution that doubles Y and X, without bias."""
    if ndim == 2:
        return nn.ConvTranspose2d(*channels, 2, 2, bias=False)
    return PlaneUpsampling(*channels, (1, 2, 2), (1, 2, 2), bias=False)


def channels_last(network: DenoisingNetwork) -> None:
    """Lay weights out so that convolutions are fast: up to four times on a CPU."""
    if network.ndim == 2:
        convert_conv2d_weight_memory_format(network, torch.channels_last)
    else:
        layout: Any = {"memory_format": torch.channels_last_3d}
        network.to(**layout)


def append_sigma(features: Tensor, sigma: Tensor) -> Tensor:
    """Append the noise level as a constant channel."""
    singletons: Sequence[int] = (-1,) + (1,) * (features.ndim - 1)
    level = sigma.to(features.dtype).reshape(singletons)
    shape = (features.shape[0], 1, *features.shape[2:])
    return torch.cat([features, level.expand(shape)], dim=1)
