"""Which weights of a network learn, and channel dropout at its bottleneck."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from torch.nn import functional

from napari_denoise.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

    from napari_denoise.networks import DenoisingNetwork

TRAINABLE = ("all", "decoder", "ends")


def choose_trainable(network: DenoisingNetwork, train: str) -> list[nn.Parameter]:
    """Let some weights of a network learn, and hold all others.

    The fewer learn, the less a network can forget, and the less it can gain.

    Parameters
    ----------
    network : DenoisingNetwork
        Its ``requires_grad`` are set, whatever they were.
    train : {"all", "decoder", "ends"}
        All of it; what makes the image out of the features; or the first layer and the
        last. Running statistics of batch normalisation, which only networks have that
        were never saved, go on in each case.

    Returns
    -------
    list of Parameter
        Those that learn.

    Raises
    ------
    OptionError
        If there is no such choice.
    """
    choices = {
        "all": ("",),
        "decoder": network.decoder_layers,
        "ends": network.end_layers,
    }
    if train not in choices:
        raise OptionError(
            f"There is no part “{train}” to train. Choose “all”, “decoder” or “ends”."
        )
    for name, weight in network.named_parameters():
        weight.requires_grad_(name.startswith(choices[train]))
    return [weight for weight in network.parameters() if weight.requires_grad]


@contextmanager
def bottleneck_dropout(network: DenoisingNetwork, share: float) -> Iterator[None]:
    """Drop channels at the bottleneck of a network in training mode.

    Whole feature maps are set to zero at random and the others made stronger, so that
    their mean stays (Tompson et al., CVPR 2015). It keeps a network from relying on few
    features where there are few images. In evaluation mode, and after the block,
    nothing is dropped.

    Parameters
    ----------
    network : DenoisingNetwork
        Used inside the block.
    share : float
        Of the channels, at least 0 and below 1; 0 drops none.

    Raises
    ------
    OptionError
        If the share is none.
    """
    if not 0 <= share < 1:
        raise OptionError(
            "The share of channels that are dropped must be at least 0 and below 1, "
            f"got {share!r}."
        )

    def drop(module: nn.Module, _inputs: Any, features: Tensor) -> Tensor:
        of_maps = functional.dropout2d if features.ndim == 4 else functional.dropout3d
        return of_maps(features, share, training=module.training)

    if share == 0:
        yield
        return
    hook = network.get_submodule(network.bottleneck).register_forward_hook(drop)
    try:
        yield
    finally:
        hook.remove()
