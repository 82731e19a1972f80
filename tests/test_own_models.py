"""The user's own models: named, listed, loaded, saved, and left out where damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from napari_denoise import denoise, list_models, load_model, new_model, save_model
from napari_denoise.axes import Layout
from napari_denoise.cli import app
from napari_denoise.errors import FileError, ModelError, OptionError
from napari_denoise.models import bundled_models, own_models, save_own_model
from napari_denoise.models.depth import choose_depth, flat_form
from napari_denoise.models.files import rewrite_spec
from napari_denoise.models.names import FOLDER_VARIABLE, models_folder
from napari_denoise.models.own import read_shelf
from napari_denoise.trust.ranking import rank_steps
from tests.conftest import random_model

if TYPE_CHECKING:
    from napari_denoise.models import NetworkModel


def names() -> list[str]:
    return [card.name for card in list_models()]


@pytest.fixture(scope="module")
def deep() -> NetworkModel:
    return random_model("unet", widths=(4, 6), blocks=1, ndim=3)


# Where they are -------------------------------------------------------------


def test_the_folder_is_the_users_own_or_the_one_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, "~/nets")
    assert models_folder() == Path.home() / "nets"
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv(FOLDER_VARIABLE)
        else:
            monkeypatch.setenv(FOLDER_VARIABLE, unset)
        assert models_folder().is_relative_to(Path.home())
        assert models_folder().parts[-2:] == ("napari-denoise", "models")


@pytest.mark.usefixtures("own_folder")
def test_without_a_folder_there_are_the_bundled_ones() -> None:
    assert list_models() == bundled_models()
    assert read_shelf().remarks == ()


def test_listing_them_loads_no_torch(own_folder: Path, tiny: NetworkModel) -> None:
    save_own_model(tiny, "mine")
    code = (
        "import sys, napari_denoise\n"
        "assert 'mine' in [c.name for c in napari_denoise.list_models()]\n"
        "print('torch' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


# Saved and loaded -----------------------------------------------------------


def test_what_is_saved_is_known_by_its_name(
    own_folder: Path, tiny: NetworkModel, noisy: Any
) -> None:
    saved = save_own_model(tiny, "my cells")
    assert saved.path == own_folder / "my cells.safetensors"
    assert [card.name for card in own_models()] == ["my cells"]
    bundled = [card.name for card in bundled_models()]
    assert names() == [*bundled[:-4], "my cells", *bundled[-4:]]
    loaded = load_model("my cells")
    assert loaded.card == own_models()[0]
    by_name, by_hand = (
        denoise(noisy, model, dtype="float32") for model in ("my cells", tiny)
    )
    np.testing.assert_array_equal(by_name, by_hand)


def test_it_comes_before_a_file_of_that_name_where_one_works(
    own_folder: Path, tiny: NetworkModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_own_model(tiny, "mine")
    elsewhere = own_folder.parent / "work"
    (elsewhere / "mine").mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    assert load_model("mine").path == own_folder / "mine.safetensors"


def test_it_is_read_again_only_when_its_file_changed(
    own_folder: Path, tiny: NetworkModel
) -> None:
    save_own_model(tiny, "mine")
    first = load_model("mine")
    assert load_model("mine") is first
    rewrite_spec(own_folder / "mine.safetensors", summary="better", quality={"a": 1})
    assert load_model("mine").card.summary == own_models()[0].summary == "better"
    (own_folder / "mine.safetensors").unlink()
    assert "mine" not in names()
    with pytest.raises(ModelError, match="no model “mine”"):
        load_model("mine")


@pytest.mark.usefixtures("own_folder")
def test_one_that_is_there_is_kept(tiny: NetworkModel) -> None:
    save_own_model(tiny, "mine")
    other = random_model("unet", widths=(4, 6), blocks=1)
    with pytest.raises(FileError, match="“mine” already"):
        save_own_model(other, "mine")
    assert load_model("mine").spec.hyperparameters["widths"] == [4, 8]
    save_own_model(other, "mine", overwrite=True)
    assert load_model("mine").spec.hyperparameters["widths"] == [4, 6]


@pytest.mark.parametrize("name", ["unet", "UNet", "dncnn-3d", "tv", "unet-fast"])
def test_bundled_models_cannot_be_shadowed(
    name: str, own_folder: Path, tiny: NetworkModel
) -> None:
    own_folder.mkdir()
    with pytest.raises(ModelError, match=f"“{name}” is the name of a model that"):
        save_own_model(tiny, name)
    with pytest.raises(ModelError, match="Choose another name"):
        save_model(tiny, own_folder / name)
    assert list(own_folder.iterdir()) == []
    assert save_model(tiny, own_folder.parent / name).exists()  # that is no shadow


@pytest.mark.parametrize(
    "name", ["", " ", "../mine", "a/b", "a\\b", ".hid", "-m", "a.", "x" * 101]
)
def test_names_that_no_file_can_have_are_refused(
    name: str, own_folder: Path, tiny: NetworkModel
) -> None:
    with pytest.raises(ModelError, match="cannot be called"):
        save_own_model(tiny, name)
    assert not own_folder.exists()


@pytest.mark.usefixtures("own_folder")
def test_a_name_that_is_too_long_is_no_model() -> None:
    with pytest.raises(ModelError, match="no model"):
        load_model("x" * 300)


@pytest.mark.parametrize("name", ["a", "v1.2", "Zellen (grün), 40x", "my_model+2-3d"])
@pytest.mark.usefixtures("own_folder")
def test_usual_names_can_be_had(name: str, tiny: NetworkModel) -> None:
    assert save_own_model(tiny, name).name == load_model(name).name == name


def test_a_folder_that_cannot_be_made_is_said(
    own_folder: Path, tiny: NetworkModel
) -> None:
    own_folder.write_text("a file")
    with pytest.raises(FileError, match="cannot be made"):
        save_own_model(tiny, "mine")


def test_a_name_is_no_way_out_of_the_folder(
    own_folder: Path, tiny: NetworkModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder.mkdir()
    save_model(tiny, own_folder.parent / "outside")
    monkeypatch.chdir(own_folder)
    with pytest.raises(ModelError, match="no model"):
        load_model("../outside")


# Damaged --------------------------------------------------------------------


def test_damaged_files_are_left_out_with_a_remark(
    own_folder: Path, tiny: NetworkModel
) -> None:
    content = save_own_model(tiny, "good").path.read_bytes()
    (own_folder / "cut.safetensors").write_bytes(content[:-1])
    (own_folder / "empty.safetensors").touch()
    (own_folder / "unet.safetensors").write_bytes(content)
    (own_folder / "folder.safetensors").mkdir()
    (own_folder / ".hidden.safetensors").write_bytes(content)
    (own_folder / "notes.txt").write_text("nothing")
    shelf = read_shelf()
    assert [card.name for card in shelf.cards] == ["good"]
    for remark, said in zip(
        shelf.remarks, ["cut short", "no safetensors header", "“unet”"], strict=True
    ):
        assert "is left out" in remark
        assert said in remark
    assert load_model("unet").path != own_folder / "unet.safetensors"
    with pytest.raises(ModelError, match="cut short"):
        load_model("cut")


def test_the_command_line_lists_them(own_folder: Path, tiny: NetworkModel) -> None:
    save_own_model(tiny, "my long name of a model")
    (own_folder / "bad.safetensors").touch()
    listed = CliRunner().invoke(app, ["models"])
    assert listed.exit_code == 0
    assert "my long name of a model network" in listed.stdout
    assert "bad.safetensors is left out" in listed.stderr
    report = json.loads(CliRunner().invoke(app, ["models", "--json"]).stdout)
    assert [row["name"] for row in report] == names()


@pytest.mark.usefixtures("own_folder")
def test_they_are_ranked_only_when_they_are_named(tiny: NetworkModel) -> None:
    save_own_model(tiny, "mine")
    steps = rank_steps(np.random.default_rng(0).poisson(50, (64, 64)), noise=7.0)
    bundled = [card.name for card in bundled_models() if card.ndim == 2]
    assert [step.assessment.model for step in steps] == bundled


# In depth -------------------------------------------------------------------


@pytest.mark.usefixtures("own_folder")
def test_own_siblings_go_together(tiny: NetworkModel, deep: NetworkModel) -> None:
    stack = Layout((4, 32, 32), "ZYX")
    flat = save_own_model(tiny, "mine")
    with pytest.raises(OptionError, match="no 3D weights"):
        choose_depth(flat, "Z", stack)
    saved = save_own_model(deep, "mine-3d")
    assert choose_depth(flat, "Z", stack)[0] is saved
    assert flat_form(saved) is flat
    assert flat_form(save_own_model(deep, "alone")) is None
    assert flat_form(save_own_model(deep, "other-3d")) is None


# From scratch ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("architecture", "ndim", "shape"),
    [
        ("unet", 2, {}),
        ("dncnn", 2, {"depth": 6, "width": 8}),
        ("autoencoder", 3, {"widths": (4, 6)}),
    ],
)
def test_an_untrained_network(
    architecture: str, ndim: int, shape: dict[str, Any], tmp_path: Path
) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model = new_model(architecture, ndim, seed=3, **shape)
    assert torch.equal(torch.rand(3), expected)  # the caller's numbers go on
    assert model.spec.ndim == model.network.ndim == ndim
    assert model.spec.sigma_range == (0, 80 / 255)
    assert model.spec.halo >= model.spec.receptive_radius
    assert "ntrained" in model.card.summary
    assert not model.network.training
    same, other = (new_model(architecture, ndim, seed=s, **shape) for s in (3, 4))
    weights = [list(each.network.parameters()) for each in (model, same, other)]
    assert all(map(torch.equal, weights[0], weights[1]))
    assert not any(map(torch.equal, weights[0][:1], weights[2][:1]))
    again = load_model(save_model(model, tmp_path / "new"))
    assert 0 < again.spec.halo <= model.spec.halo


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"architecture": "transformer"}, "Choose one of dncnn, unet"),
        ({"ndim": 4}, "2 or 3"),
        ({"width": 3}, "cannot be made"),
        ({"widths": ()}, "cannot be made"),
        ({"widths": (4, "x")}, "cannot be made"),
        ({"seed": "today"}, "cannot be made"),
    ],
)
def test_networks_that_cannot_be_are_refused(
    arguments: dict[str, Any], said: str
) -> None:
    state = torch.random.get_rng_state()
    with pytest.raises(OptionError, match=said):
        new_model(**arguments)
    assert torch.equal(torch.random.get_rng_state(), state)
