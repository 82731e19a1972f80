"""Give a bundled DnCNN its batch normalisation back, so that it can train on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from napari_denoise.networks.dncnn import DnCNN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_denoise.training.examples import Batch


@torch.no_grad()
def unfolded(folded: DnCNN, batches: Iterable[Batch]) -> DnCNN:
    """Undo :meth:`DnCNN.folded`.

    What was folded is not in the file; any normalisation that computes the same is as
    good. The mean and variance before it are measured, its scale and shift undo them.

    Parameters
    ----------
    folded : DnCNN
        Without normalisation.
    batches : iterable of Batch
        What it will be trained on.

    Returns
    -------
    DnCNN
        With normalisation; in evaluation mode the same function, up to rounding.
    """
    network = DnCNN(folded.ndim, folded.depth, folded.width, norm=True)
    network.head.load_state_dict(folded.head.state_dict())
    network.tail.load_state_dict(folded.tail.state_dict())
    moments = _moments(folded, batches)
    layers = zip(folded.body, network.body, network.norms, moments, strict=True)
    for source, target, norm, (mean, variance) in layers:
        kernel, bias = source.state_dict()["weight"], source.state_dict()["bias"]
        target.load_state_dict({"weight": kernel})
        state = norm.state_dict()
        state["running_mean"], state["running_var"] = mean - bias, variance
        state["weight"] = (variance + getattr(norm, "eps", 0.0)).sqrt()
        state["bias"] = mean
        norm.load_state_dict(state)
    return network


def _moments(folded: DnCNN, batches: Iterable[Batch]) -> list[tuple[Tensor, Tensor]]:
    sums: list[list[Tensor]] = [[] for _ in folded.body]

    hooks = [
        layer.register_forward_hook(partial(_keep_moments, store))
        for layer, store in zip(folded.body, sums, strict=True)
    ]
    for batch in batches:
        folded(batch.noisy, batch.sigma)
    for hook in hooks:
        hook.remove()
    means = [torch.stack(store).mean(dim=0) for store in sums]
    return [(mean, (square - mean**2).clip(min=0)) for mean, square in means]


def _keep_moments(
    store: list[Tensor], _layer: nn.Module, _inputs: object, y: Tensor
) -> None:
    across = [axis for axis in range(y.ndim) if axis != 1]
    store.append(torch.stack([y.mean(across), y.square().mean(across)]))
