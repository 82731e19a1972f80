"""The panel in a real viewer: real layers, real models, real threads."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget
from superqt.utils import WorkerBase

from napari_denoise._napari.scrolling import FittingScrollArea
from tests.napari.conftest import PATIENCE, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTLED = SECOND // 2  # after that Qt lays nothing out any more


@pytest.fixture
def long_stack(noisy: Any) -> Any:
    """Enough planes for the U-Net to be caught in the middle."""
    return np.stack([noisy] * 400)


@pytest.fixture
def no_memory() -> Iterator[None]:
    """Fail every layer of every network, as a device without memory does."""
    import torch
    from torch.nn.modules.module import register_module_forward_pre_hook

    def fail(*_: Any) -> None:
        raise torch.OutOfMemoryError("out of memory on purpose")

    hook = register_module_forward_pre_hook(fail)
    yield
    hook.remove()


def names(viewer: Any) -> list[str]:
    return [layer.name for layer in viewer.layers]


def test_it_opens_without_torch() -> None:
    code = """
import sys
from napari_denoise._napari.launch import open_viewer
viewer = open_viewer()
assert len(viewer.window.dock_widgets) == 1
assert "torch" not in sys.modules and "skimage.restoration" not in sys.modules
viewer.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_a_run_adds_a_layer(viewer: Any, open_panel: Any, run: Any, noisy: Any) -> None:
    source = viewer.add_image(
        noisy,
        name="cells",
        scale=(0.2, 0.2),
        units=("um", "um"),
        axis_labels=("y", "x"),
        colormap="green",
        contrast_limits=(100, 1000),
        metadata={"stain": "actin"},
    )
    before = noisy.copy()
    panel = open_panel("unet")
    run(panel)
    assert names(viewer) == ["cells", "cells [unet]"]
    result = viewer.layers[-1]
    assert tuple(result.scale) == (0.2, 0.2)
    assert result.units == source.units
    assert tuple(result.axis_labels) == ("y", "x")
    assert result.colormap.name == "green"
    assert list(result.contrast_limits) == [100, 1000]
    assert result.metadata["stain"] == "actin"
    assert result.metadata["napari_denoise"]["model"] == "unet"
    assert result.data.dtype == np.uint16
    assert result.data.astype(float).std() < noisy.astype(float).std()
    np.testing.assert_array_equal(source.data, before)
    assert panel.run_bar.message.value.startswith("Noise: σ =")
    assert panel.run_bar.run.enabled
    assert not panel.run_bar.cancel.enabled


def test_two_runs_in_a_row(viewer: Any, open_panel: Any, run: Any, noisy: Any) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    run(panel)
    run(panel)
    assert names(viewer) == ["cells", "cells [tikhonov]", "cells [tikhonov] [1]"]


def test_cancel_keeps_nothing(
    viewer: Any, open_panel: Any, click: Any, qtbot: Any, long_stack: Any
) -> None:
    viewer.add_image(long_stack, name="stack", axis_labels=("z", "y", "x"))
    panel = open_panel("unet")
    click(panel.run_bar.run)
    assert not panel.run_bar.run.enabled
    click(panel.run_bar.run)
    qtbot.waitUntil(lambda: panel.run_bar.bar.value > 0, timeout=60 * SECOND)
    click(panel.run_bar.cancel)
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    assert names(viewer) == ["stack"]
    assert panel.run_bar.message.value == "Cancelled. Nothing was changed."
    assert panel.run_bar.run.enabled


def test_out_of_memory_is_told_and_run_works_again(
    viewer: Any, open_panel: Any, run: Any, noisy: Any, request: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel("unet")
    request.getfixturevalue("no_memory")
    run(panel)
    assert "memory" in panel.run_bar.message.value
    assert names(viewer) == ["cells"]
    assert panel.run_bar.run.enabled
    panel.form.model.value = "tikhonov"
    run(panel)
    assert names(viewer) == ["cells", "cells [tikhonov]"]


def test_unlabelled_axes_are_asked_for(
    viewer: Any, open_panel: Any, run: Any, noisy: Any
) -> None:
    flat = viewer.add_image(noisy, name="flat")
    hyper = viewer.add_image(np.stack([[noisy, noisy]]), name="hyper")
    panel = open_panel()
    assert not panel.form.axes.native.isHidden()
    run(panel)
    assert panel.run_bar.message.value == "Choose the axes of this image first."
    assert len(viewer.layers) == 2
    panel.form.axes.value = "TCYX"
    run(panel)
    assert names(viewer)[-1] == "hyper [tikhonov]"
    assert len(viewer.layers[-1].metadata["napari_denoise"]["noise"]) == 2
    panel.form.layer.value = flat
    assert panel.form.axes.native.isHidden()
    hyper.name = "renamed"
    assert "renamed" in [layer.name for layer in panel.form.layer.choices]


def test_what_cannot_be_denoised_is_refused_in_a_sentence(
    viewer: Any, open_panel: Any, run: Any
) -> None:
    viewer.add_image(np.zeros((16, 16), bool), name="mask")
    panel = open_panel()
    run(panel)
    assert "bool" in panel.run_bar.message.value
    assert "Traceback" not in panel.run_bar.message.value
    assert names(viewer) == ["mask"]


def test_only_images_are_offered(viewer: Any, open_panel: Any, noisy: Any) -> None:
    panel = open_panel()
    assert panel.form.layer.choices == ()
    assert not panel.run_bar.run.enabled
    viewer.add_labels(np.zeros((8, 8), np.uint8))
    assert not panel.run_bar.run.enabled
    viewer.add_image(noisy, name="cells")
    assert [layer.name for layer in panel.form.layer.choices] == ["cells"]
    assert panel.run_bar.run.enabled


def test_the_last_layer_takes_run_and_message_with_it(
    viewer: Any, open_panel: Any, run: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    run(panel)
    assert panel.run_bar.message.value
    viewer.layers.clear()
    assert not panel.run_bar.run.enabled
    assert panel.form.axes.native.isHidden()
    assert panel.run_bar.message.value == ""


def test_what_was_said_goes_with_its_layer(
    viewer: Any, open_panel: Any, run: Any, noisy: Any
) -> None:
    other = viewer.add_image(noisy, name="other")
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    run(panel)
    viewer.layers["other"].name = "renamed"
    viewer.add_image(noisy, name="third")
    assert panel.run_bar.message.value
    panel.form.layer.value = other
    assert panel.run_bar.message.value == ""


def test_axes_follow_the_labels_of_the_layer(
    viewer: Any, open_panel: Any, run: Any, noisy: Any
) -> None:
    hyper = viewer.add_image(np.stack([[noisy, noisy]]), name="hyper")
    panel = open_panel()
    assert not panel.form.axes.native.isHidden()
    panel.form.axes.value = "TZYX"
    viewer.add_labels(np.zeros((8, 8), np.uint8))
    assert panel.form.axes.value == "TZYX"
    hyper.axis_labels = tuple("tcyx")
    assert panel.form.axes.native.isHidden()
    run(panel)
    assert len(viewer.layers[-1].metadata["napari_denoise"]["noise"]) == 2
    hyper.axis_labels = None
    assert not panel.form.axes.native.isHidden()


def test_options_reach_the_core(
    viewer: Any, open_panel: Any, run: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    assert panel.form.noise.sigma.native.isHidden()
    panel.form.noise.choice.value = "sigma"
    assert not panel.form.noise.sigma.native.isHidden()
    panel.form.noise.sigma.value = 25
    panel.form.strength.value = 0
    panel.form.device.value = "cpu"
    run(panel)
    np.testing.assert_array_equal(viewer.layers[-1].data, noisy)
    provenance = viewer.layers[-1].metadata["napari_denoise"]
    assert provenance["noise"][0]["sigma"] == pytest.approx(25)
    assert provenance["options"]["strength"] == 0


def test_planes_are_looked_at_together_where_there_are_some(
    viewer: Any, open_panel: Any, run: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="plane")
    panel = open_panel("unet")
    neighbours = panel.form.neighbours
    assert neighbours.native.isHidden()
    frames = np.random.default_rng(0).poisson([noisy / 20] * 4).astype(np.uint16)
    viewer.add_image(frames, name="stack", axis_labels=tuple("tyx"))
    panel.form.layer.value = viewer.layers["stack"]
    assert not neighbours.native.isHidden()
    assert neighbours.choices == ("none", "auto", "T")
    assert neighbours.value == "auto"
    run(panel)
    assert names(viewer)[-1] == "stack [unet-3d]"
    assert "frames before and after help" in panel.run_bar.message.value
    neighbours.value = "none"
    run(panel)
    assert names(viewer)[-1] == "stack [unet]"
    assert "frames" not in panel.run_bar.message.value
    neighbours.value = "T"
    run(panel)
    assert names(viewer)[-1] == "stack [unet-3d] [1]"
    options = viewer.layers[-1].metadata["napari_denoise"]["options"]
    assert options["neighbours"] == "T"
    panel.form.model.value = "dncnn"  # has no 3D sibling
    assert neighbours.native.isHidden()
    panel.form.model.value = "unet"
    panel.form.layer.value = viewer.layers["plane"]
    run(panel)
    assert names(viewer)[-1] == "plane [unet]"
    assert "plane is taken alone" not in panel.run_bar.message.value


def test_blind_models_are_not_told_more_than_strength_one(
    viewer: Any, open_panel: Any
) -> None:
    panel = open_panel("unet")
    panel.form.strength.value = 1.5
    panel.form.model.value = "dncnn"
    assert panel.form.strength.value == 1
    assert panel.form.strength.max == 1
    panel.form.model.value = "unet"
    assert panel.form.strength.max == 2


def test_the_layer_may_go_while_it_runs(
    viewer: Any, open_panel: Any, click: Any, qtbot: Any, noisy: Any
) -> None:
    viewer.add_image(np.stack([noisy] * 3), name="gone", scale=(3, 2, 2))
    panel = open_panel("unet")
    click(panel.run_bar.run)
    viewer.layers.clear()
    qtbot.waitUntil(lambda: not panel.running, timeout=60 * SECOND)
    assert names(viewer) == ["gone [unet]"]
    assert tuple(viewer.layers[0].scale) == (3, 2, 2)


def test_closing_the_panel_stops_the_run(
    viewer: Any, open_panel: Any, click: Any, qtbot: Any, long_stack: Any
) -> None:
    viewer.add_image(long_stack, name="stack")
    panel = open_panel("unet")
    click(panel.run_bar.run)
    qtbot.waitUntil(lambda: panel.run_bar.bar.value > 0, timeout=60 * SECOND)
    viewer.window.remove_dock_widget(panel.native)
    assert not panel.running
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=PATIENCE)
    assert names(viewer) == ["stack"]


def test_closing_the_viewer_stops_the_run(
    viewer: Any, open_panel: Any, click: Any, qtbot: Any, long_stack: Any
) -> None:
    viewer.add_image(long_stack, name="stack")
    panel = open_panel("unet")
    click(panel.run_bar.run)
    qtbot.waitUntil(lambda: panel.run_bar.bar.value > 0, timeout=60 * SECOND)
    viewer.close()
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=PATIENCE)


def test_nothing_holds_the_image_afterwards(
    viewer: Any, open_panel: Any, run: Any, qtbot: Any, noisy: Any
) -> None:
    pixels = noisy.copy()
    image = weakref.ref(pixels)
    viewer.add_image(pixels, name="cells")
    panel = open_panel()
    run(panel)
    result = weakref.ref(viewer.layers[-1].data)
    viewer.layers.clear()
    del pixels

    def gone() -> bool:
        gc.collect()
        return image() is None and result() is None

    qtbot.waitUntil(gone, timeout=PATIENCE)


def test_it_fits_a_small_window(viewer: Any, open_panel: Any) -> None:
    viewer.add_image(np.zeros((8, 8)), name="a very long name of a real file " * 4)
    panel = open_panel()
    assert panel.native.minimumSizeHint().height() < 250
    assert panel.native.minimumSizeHint().width() < 350


def test_nothing_moves_while_it_runs(
    make_napari_viewer_proxy: Any, click: Any, qtbot: Any, long_stack: Any
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    viewer.add_image(long_stack, name="stack")
    _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Denoise")
    window = panel.native.window()
    window.resize(900, 420)
    qtbot.wait(SETTLED)
    run, places = panel.run_bar.run.native, []

    def look() -> None:
        qtbot.wait(SETTLED)
        places.append(run.mapTo(window, run.rect().topLeft()).y())

    look()
    click(panel.run_bar.run)
    qtbot.waitUntil(lambda: panel.run_bar.bar.value > 0, timeout=60 * SECOND)
    look()
    click(panel.run_bar.cancel)
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    look()
    panel.run_bar.say("a long sentence, many times over " * 30, "warning")
    look()
    assert len(set(places)) == 1


def test_keys_press_the_buttons(
    make_napari_viewer_proxy: Any, qtbot: Any, long_stack: Any
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    viewer.add_image(long_stack, name="stack")
    _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Denoise")
    panel.native.window().activateWindow()
    focused = panel.form.model.native
    focused.setFocus()
    qtbot.waitUntil(lambda: panel.native.window().isActiveWindow(), timeout=PATIENCE)
    qtbot.keyClick(focused, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: panel.running, timeout=PATIENCE)
    qtbot.keyClick(focused, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    assert names(viewer) == ["stack"]
    assert panel.run_bar.message.value == "Cancelled. Nothing was changed."


@pytest.mark.parametrize("width", range(240, 300, 10))
def test_rows_that_appear_are_shown_where_there_is_room(qtbot: Any, width: int) -> None:
    content, panel = QWidget(), QWidget()
    text, row = QLabel("sentences that wrap " * 12), QLabel("a row")
    text.setWordWrap(True)
    for widget in (text, row):
        _column(content).addWidget(widget)
    row.hide()
    area = FittingScrollArea(content)
    _column(panel).addWidget(area)
    _column(panel).addWidget(QLabel("Run"))
    qtbot.addWidget(panel)
    panel.resize(width, 900)
    panel.show()
    qtbot.wait(SETTLED)
    row.show()
    qtbot.wait(SETTLED)
    assert not area.verticalScrollBar().isVisible()
    assert content.height() <= area.viewport().height()


def test_with_less_room_the_form_scrolls(qtbot: Any) -> None:
    content, row = QWidget(), QLabel("a row")
    row.setMinimumHeight(300)
    _column(content).addWidget(row)
    area = FittingScrollArea(content)
    qtbot.addWidget(area)
    area.resize(200, 120)
    area.show()
    qtbot.waitUntil(lambda: area.verticalScrollBar().isVisible())
    area.resize(200, 400)
    qtbot.waitUntil(lambda: not area.verticalScrollBar().isVisible())


def _column(widget: QWidget) -> Any:
    return widget.layout() or QVBoxLayout(widget)


def test_rgb_and_multiscale_layers(
    viewer: Any, open_panel: Any, run: Any, noisy: Any
) -> None:
    colours = np.stack([noisy // 8] * 3, axis=-1).astype(np.uint8)
    viewer.add_image(colours, rgb=True, name="stained")
    panel = open_panel()
    run(panel)
    assert viewer.layers[-1].rgb
    pyramid = [noisy, noisy[::2, ::2]]
    panel.form.layer.value = viewer.add_image(pyramid, multiscale=True, name="large")
    run(panel)
    assert names(viewer)[-1] == "large [tikhonov]"
    assert not viewer.layers[-1].multiscale
