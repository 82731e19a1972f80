"""Model files and the list of models."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from napari_denoise import denoise, list_models, load_model, save_model
from napari_denoise.errors import ModelError
from napari_denoise.models.files import read_spec, rewrite_spec
from tests.conftest import random_model

CLASSICAL = ["tikhonov", "tv", "nlm", "wavelet"]
NETWORKS = [card.name for card in list_models() if card.kind == "network"]
SHAPES = [
    ("unet", {"widths": (4,), "blocks": 2}),
    ("unet", {"widths": (4, 5, 6), "blocks": 1}),
    ("unet", {"widths": (4, 6), "blocks": 1, "ndim": 3}),
    ("dncnn", {"depth": 5, "width": 6}),
    ("dncnn", {"depth": 8, "width": 4, "norm": False}),
    ("dncnn", {"depth": 5, "width": 6, "ndim": 3}),
    ("autoencoder", {"widths": (4, 6), "blocks": 2}),
    ("autoencoder", {"widths": (4, 5, 6), "blocks": 1}),
    ("autoencoder", {"widths": (4, 6), "blocks": 1, "ndim": 3}),
]


def test_models_are_listed_with_the_default_first():
    names = [card.name for card in list_models()]
    assert names[0] == "unet"
    assert names[-4:] == CLASSICAL
    assert set(names[:-4]) <= {"unet", "unet-3d", "unet-fast", "dncnn", "autoencoder"}


@pytest.mark.parametrize("card", list_models(), ids=lambda card: card.name)
def test_each_card_says_what_it_is(card):
    assert load_model(card.name).card == card
    assert card.summary
    assert card.ndim == (3 if card.name == "unet-3d" else 2)
    assert (card.bytes > 0) is (card.kind == "network")


@pytest.mark.parametrize("name", NETWORKS)
def test_cards_of_networks_are_honest(name):
    card = load_model(name).card
    assert card.training["data"]
    assert card.training["licence"]
    assert card.uses_sigma is load_model(name).network.uses_sigma
    judged = {"samples", "set12_15", "set12_25", "set12_50"}
    judged = judged if card.ndim == 2 else {"flybrain_5", "lysosomes_5_auto"}
    assert judged <= card.quality.keys()


def test_listing_loads_no_torch():
    code = (
        "import sys, napari_denoise\n"
        "napari_denoise.list_models()\n"
        "print('torch' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


@pytest.mark.parametrize("name", NETWORKS)
def test_bundled_specs_describe_their_networks(name):
    model = load_model(name)
    assert model.spec.stride == model.network.stride
    assert model.spec.receptive_radius == model.network.receptive_radius
    assert model.spec.hyperparameters == model.network.hyperparameters()
    assert 0 < model.spec.halo <= model.network.receptive_radius + 8
    assert not any("norm" in key for key in model.network.state_dict())
    assert not model.network.training


@pytest.mark.parametrize(("architecture", "shape"), SHAPES)
def test_saved_models_come_back_the_same(architecture, shape, tmp_path):
    model = random_model(architecture, **shape)
    path = save_model(model, tmp_path / "my model")
    assert [file.name for file in tmp_path.iterdir()] == ["my model.safetensors"]
    loaded = load_model(path)
    assert (loaded.name, loaded.size) == ("my model", path.stat().st_size)
    assert loaded.spec.halo == model.spec.halo
    assert loaded.spec.training == model.spec.training
    assert not loaded.network.training
    depth = (3,) * (model.spec.ndim - 2)
    noisy, sigma = torch.rand(1, 1, *depth, 24, 24), torch.tensor([0.1])
    with torch.inference_mode():
        expected = model.network(noisy, sigma)
        torch.testing.assert_close(loaded.network(noisy, sigma), expected)


def test_paths_names_and_models_load_alike(tiny, tmp_path, noisy):
    path = save_model(tiny, tmp_path / "tiny.safetensors")
    expected = denoise(noisy, tiny, dtype="float32")
    for model in (path, str(path), load_model(path)):
        assert (denoise(noisy, model, dtype="float32") == expected).all()
    assert load_model(tiny) is tiny


def test_a_spec_is_rewritten_without_touching_weights(tiny, tmp_path):
    path = save_model(tiny, tmp_path / "tiny")
    rewrite_spec(path, quality={"samples": 31.5})
    loaded = load_model(path)
    assert loaded.card.quality == {"samples": 31.5}
    before, after = tiny.network.state_dict(), loaded.network.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert read_spec(path).stride == tiny.spec.stride


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(value, tmp_path):
    model = random_model("unet", widths=(4, 8), blocks=1)
    path = save_model(model, tmp_path / "diverged")
    weights = load_file(path)
    next(iter(weights.values())).view(-1)[0] = value
    with safe_open(path, "pt") as file:
        save_file(weights, path, file.metadata())
    with pytest.raises(ModelError, match=r"diverged\.safetensors are not finite"):
        load_model(path)


def test_classical_methods_have_no_weights_to_save(tmp_path):
    with pytest.raises(ModelError, match="no weights"):
        save_model(load_model("tv"), tmp_path / "tv")
    assert list(tmp_path.iterdir()) == []
