"""Start a 3D network from the weights of its 2D sibling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from napari_denoise.networks.base import DenoisingNetwork


def inflate(flat: DenoisingNetwork, **hyperparameters: Any) -> DenoisingNetwork:
    """Build the 3D network that treats each plane as the 2D one does.

    The 2D kernels go into the central slice along Z, all other taps are zero.

    Parameters
    ----------
    flat : DenoisingNetwork
        A network with ``ndim == 2``.
    **hyperparameters
        What the 3D network has beyond the 2D one, such as a U-Net's ``z_taps``.

    Returns
    -------
    DenoisingNetwork
        Same class and width, ``ndim == 3``.
    """
    deep = type(flat)(**{**flat.hyperparameters(), **hyperparameters, "ndim": 3})
    weights = flat.state_dict()
    deep.load_state_dict(
        {
            name: _centred(weights[name], like)
            for name, like in deep.state_dict().items()
        }
    )
    return deep


def _centred(kernel: Tensor, like: Tensor) -> Tensor:
    if kernel.ndim == like.ndim:
        return kernel
    volume = torch.zeros_like(like)
    volume[:, :, like.shape[2] // 2] = kernel
    return volume
