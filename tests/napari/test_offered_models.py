"""The user's own models in the panel."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_denoise._napari.offered_models import NEWS
from napari_denoise.models import list_models, save_own_model
from napari_denoise.models.names import models_folder
from tests.conftest import random_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_denoise.models import NetworkModel


@pytest.fixture(autouse=True)
def folder(own_folder: Path) -> Path:
    return own_folder


@pytest.fixture(scope="module")
def deep() -> NetworkModel:
    return random_model("unet", widths=(4, 6), blocks=1, ndim=3)


def save(model: NetworkModel, name: str, summary: str = "") -> None:
    spec = model.spec.model_copy(update={"summary": summary})
    save_own_model(type(model)(name, spec, model.network), name, overwrite=True)
    NEWS.changed.emit()


def tooltips(box: Any) -> dict[str, str]:
    native = box.native
    role = Qt.ItemDataRole.ToolTipRole
    return {native.itemText(i): native.itemData(i, role) for i in range(native.count())}


def test_a_model_that_is_saved_can_be_chosen_at_once(
    viewer: Any,
    noisy: Any,
    tiny: NetworkModel,
    open_panel: Callable[..., Any],
    run: Any,
) -> None:
    save(tiny, "before", "Was there.")
    viewer.add_image(noisy, name="cells")
    panel = open_panel("dncnn")
    box, before = panel.form.model, list(panel.form.model.choices)
    assert before.index("autoencoder") + 1 == before.index("before")
    changes: list[Any] = []
    panel.form.model.changed.connect(changes.append)
    save(tiny, "actin", "Learnt from actin.")
    flat = [card.name for card in list_models() if card.ndim == 2]
    assert list(box.choices) == list(tooltips(box)) == flat  # in the order of the list
    assert box.value == "dncnn"
    assert changes == []
    assert tooltips(box)["actin"].startswith("Learnt from actin.")
    assert all(tooltips(box).values())
    box.value = "actin"
    assert panel.form.card.value.startswith("Learnt from actin.")
    run(panel)
    assert "cells [actin]" in [layer.name for layer in viewer.layers]


def test_one_that_is_saved_elsewhere_comes_with_the_next_layer(
    viewer: Any, noisy: Any, tiny: NetworkModel, open_panel: Callable[..., Any]
) -> None:
    panel = open_panel()
    save_own_model(tiny, "mine")
    assert "mine" not in panel.form.model.choices
    viewer.add_image(noisy)
    assert "mine" in panel.form.model.choices


def test_one_that_is_gone_is_chosen_no_more(
    viewer: Any, noisy: Any, tiny: NetworkModel, open_panel: Callable[..., Any]
) -> None:
    save(tiny, "mine")
    viewer.add_image(np.stack([noisy, noisy]), axis_labels=("c", "y", "x"))
    panel = open_panel("mine")
    panel.form.by_itself.value = True
    assert panel.form.request().model == ["mine", "mine"]
    (models_folder() / "mine.safetensors").unlink()
    NEWS.changed.emit()
    assert panel.form.model.value == "unet"
    assert panel.form.request().model == ["unet", "unet"]
    unet = next(card for card in list_models() if card.name == "unet")
    assert panel.form.card.value.startswith(unet.summary)


def test_rows_of_channels_follow(
    viewer: Any, noisy: Any, tiny: NetworkModel, open_panel: Callable[..., Any]
) -> None:
    viewer.add_image(np.stack([noisy, noisy]), axis_labels=("c", "y", "x"))
    panel = open_panel()
    panel.form.by_itself.value = True
    save(tiny, "mine")
    first, second = panel.form.channels.rows.values()
    assert first.model.value == second.model.value == "tikhonov"
    second.model.value = "mine"
    assert panel.form.request().model == ["tikhonov", "mine"]


def test_what_is_left_out_is_told(
    viewer: Any, folder: Path, open_panel: Callable[..., Any]
) -> None:
    panel = open_panel()
    folder.mkdir()
    (folder / "bad.safetensors").touch()
    NEWS.changed.emit()
    assert "bad.safetensors is left out" in panel.form.model.tooltip
    assert "bad" not in panel.form.model.choices


def test_3d_models_are_chosen_by_their_sibling_or_by_name(
    viewer: Any,
    noisy: Any,
    tiny: NetworkModel,
    deep: NetworkModel,
    open_panel: Callable[..., Any],
    run: Any,
) -> None:
    save(tiny, "mine")
    save(deep, "mine-3d")
    save(deep, "alone-3d")
    viewer.add_image(noisy, name="plane")
    panel = open_panel("mine")
    form = panel.form
    assert "mine-3d" not in form.model.choices
    assert form.request().options["neighbours"] == "none"
    form.model.value = "alone-3d"
    assert form.neighbours.native.isHidden()
    run(panel)  # a plane without neighbours is taken alone
    assert "plane [alone-3d]" in [layer.name for layer in viewer.layers]
    viewer.add_image(np.stack([noisy] * 3), name="stack", axis_labels=tuple("zyx"))
    form.layer.value = viewer.layers["stack"]
    assert form.request().options["neighbours"] == "Z"
    form.model.value = "mine"
    assert form.request().options["neighbours"] == "auto"
    assert list(form.neighbours.choices) == ["none", "auto", "Z"]
    movie = np.stack([np.stack([noisy] * 3)] * 2)
    viewer.add_image(movie, name="movie", axis_labels=tuple("tzyx"))
    form.layer.value = viewer.layers["movie"]
    form.model.value = "alone-3d"
    assert list(form.neighbours.choices) == ["Z", "T"]
    form.model.value = "mine"  # what was wished for is still wished for
    assert form.request().options["neighbours"] == "auto"


def test_a_closed_panel_hears_no_news(
    viewer: Any, tiny: NetworkModel, open_panel: Callable[..., Any], qtbot: Any
) -> None:
    panel = open_panel()
    dock = viewer.window.dock_widgets.get("Denoise (napari-denoise)")
    viewer.window.remove_dock_widget(dock or "all")
    native = panel.native
    native.setParent(None)
    native.deleteLater()
    qtbot.wait(50)
    gc.collect()
    save(tiny, "mine")  # would fail on a widget that is gone
