"""Parts of networks that learn by themselves, and channels that are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from napari_denoise import new_model
from napari_denoise.errors import OptionError
from napari_denoise.training.trainable import bottleneck_dropout, choose_trainable

if TYPE_CHECKING:
    from napari_denoise.networks import DenoisingNetwork

SHAPES: dict[str, dict[str, Any]] = {
    "unet": {"widths": (8, 12, 16), "blocks": 1},
    "dncnn": {"depth": 7, "width": 8},
    "autoencoder": {"widths": (8, 12, 16), "blocks": 1},
}
# The layers that face the image, written down one by one.
ENDS = {
    "unet": {"head.weight", "tail.weight"},
    "dncnn": {"head.weight", "head.bias", "tail.weight", "tail.bias"},
    "autoencoder": {"encoder.0.weight", "decoder.8.weight"},
}
DECODER = {
    "unet": {"up", "dec", "tail"},
    "dncnn": {"body", "norms", "tail"},
    "autoencoder": {"decoder"},
}
every = pytest.mark.parametrize("architecture", list(SHAPES))
in_2d_and_3d = pytest.mark.parametrize("ndim", [2, 3])


def network_of(architecture: str, ndim: int = 2, **more: Any) -> DenoisingNetwork:
    return new_model(architecture, ndim, **{**SHAPES[architecture], **more}).network


def learning(network: DenoisingNetwork) -> set[str]:
    return {name for name, w in network.named_parameters() if w.requires_grad}


def run(network: DenoisingNetwork) -> torch.Tensor:
    torch.manual_seed(1)
    depth = (3,) * (network.ndim - 2)
    noisy = torch.rand(2, 1, *depth, 16, 16)
    restored: torch.Tensor = network(noisy, torch.full((2,), 0.1))
    return restored


@every
@in_2d_and_3d
def test_only_what_is_chosen_learns(architecture: str, ndim: int) -> None:
    network = network_of(architecture, ndim)
    everything = {name for name, _ in network.named_parameters()}
    chosen = choose_trainable(network, "ends")
    assert learning(network) == ENDS[architecture]
    assert len(chosen) == len(ENDS[architecture])
    choose_trainable(network, "decoder")
    decoder = learning(network)
    assert {name.split(".")[0] for name in decoder} == DECODER[architecture]
    assert 0 < len(decoder) < len(everything)
    before = {name: w.detach().clone() for name, w in network.named_parameters()}
    optimiser = torch.optim.SGD(choose_trainable(network, "decoder"), 0.1)
    torch.autograd.backward(run(network.train()).square().mean())
    optimiser.step()
    moved = {n for n, w in network.named_parameters() if not torch.equal(w, before[n])}
    assert moved == decoder
    assert len(choose_trainable(network, "all")) == len(everything)
    assert learning(network) == everything


def test_the_decoder_of_a_chain_is_its_second_half() -> None:
    network = network_of("dncnn", depth=9, norm=False)
    choose_trainable(network, "decoder")
    body = {name for name in learning(network) if name.startswith("body")}
    assert body == {
        f"body.{i}.{part}" for i in range(3, 7) for part in ("weight", "bias")
    }


@pytest.mark.parametrize("depth", [2, 3, 4, 5, 17])
def test_a_chain_of_any_length_has_a_bottleneck(depth: int) -> None:
    network = network_of("dncnn", depth=depth, norm=False).train()
    plain = run(network)
    with bottleneck_dropout(network, 0.5):
        assert not torch.equal(run(network), plain)


def test_another_choice_is_refused_and_changes_nothing() -> None:
    network = network_of("unet")
    choose_trainable(network, "ends")
    with pytest.raises(OptionError, match=r"“encoder”.*“decoder”"):
        choose_trainable(network, "encoder")  # type: ignore[arg-type]
    assert learning(network) == ENDS["unet"]


@every
@in_2d_and_3d
def test_whole_channels_are_dropped(architecture: str, ndim: int) -> None:
    network = network_of(architecture, ndim).train()
    seen = []
    layer = network.get_submodule(network.bottleneck)
    with torch.no_grad():
        look = layer.register_forward_hook(lambda *told: seen.append(told[2].clone()))
        run(network)
        look.remove()
        with bottleneck_dropout(network, 0.5):
            look = layer.register_forward_hook(
                lambda *told: seen.append(told[2].clone())
            )
            run(network)
            look.remove()
    plain, dropped = (features.flatten(2) for features in seen)
    gone = (dropped == 0).all(-1)
    assert 0 < gone[plain.abs().amax(-1) > 0].float().mean() < 1
    torch.testing.assert_close(dropped[~gone], 2 * plain[~gone])


@every
def test_nothing_is_dropped_in_evaluation_and_afterwards(architecture: str) -> None:
    network = (
        network_of(architecture, norm=False)
        if architecture == "dncnn"
        else (network_of(architecture))
    )
    plain = run(network)
    with bottleneck_dropout(network, 0.5):
        assert torch.equal(run(network), plain)
        assert not torch.equal(run(network.train()), plain)
    assert torch.equal(run(network), plain)
    with pytest.raises(ZeroDivisionError), bottleneck_dropout(network, 0.5):
        _ = 1 / 0
    assert torch.equal(run(network), plain)
    with bottleneck_dropout(network, 0):
        assert torch.equal(run(network), plain)


@pytest.mark.parametrize("share", [-0.1, 1, 2])
def test_an_impossible_share_is_refused(share: float) -> None:
    with (
        pytest.raises(OptionError, match="below 1"),
        bottleneck_dropout(network_of("unet"), share),
    ):
        pass
