"""What can be known without a reference, asked for in a real panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication
from superqt.utils import WorkerBase

from napari_denoise import assess, rank_models
from napari_denoise._napari.layers import METADATA_KEY
from tests.napari.conftest import PATIENCE, SECOND


@pytest.fixture
def large(noisy: Any) -> Any:
    return np.tile(noisy, (2, 2))


def wait_for_end(panel: Any, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not panel.running, timeout=120 * SECOND)


def test_models_are_ranked_and_one_is_taken(
    viewer: Any, open_panel: Any, click: Any, qtbot: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel("tikhonov")
    click(panel.tools.rank)
    assert panel.running
    assert not panel.run_bar.run.enabled
    wait_for_end(panel, qtbot)
    window = panel.trust.window
    ranking = rank_models(noisy)
    rows = [window.table.item(row, 0).text() for row in range(window.table.rowCount())]
    assert rows == [found.model for found in ranking]
    assert len(rows) > 5
    gains = [window.table.item(row, 1).text() for row in range(len(rows))]
    assert gains[0].startswith(f"{ranking[0].predicted_gain:+.2f}")
    assert "cells" in window.title.text()
    window.table.selectRow(1)
    qtbot.mouseClick(window.use, Qt.MouseButton.LeftButton)
    assert panel.form.model.value == rows[1]
    window.close()


def test_a_ranking_can_be_cancelled(
    viewer: Any, open_panel: Any, click: Any, qtbot: Any, large: Any
) -> None:
    viewer.add_image(large, name="cells")
    panel = open_panel("unet")
    click(panel.tools.rank)
    qtbot.waitUntil(lambda: panel.run_bar.bar.value > 0, timeout=60 * SECOND)
    click(panel.run_bar.cancel)
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    assert panel.trust.window is None
    assert panel.run_bar.run.enabled
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=60 * SECOND)


def test_a_result_is_assessed_as_it_was_made(
    viewer: Any, open_panel: Any, run: Any, click: Any, qtbot: Any, large: Any
) -> None:
    viewer.add_image(large, name="cells")
    panel = open_panel("unet-fast")
    panel.form.strength.value = 0.8
    run(panel)
    result = viewer.layers[-1]
    click(panel.tools.assess)
    wait_for_end(panel, qtbot)
    said = panel.run_bar.message.value
    wanted = assess(large, result.data, model="unet-fast", strength=0.8)
    assert said.startswith("cells [unet-fast]:\nExpected gain: ")
    assert f"{wanted.predicted_gain:.1f}" in said
    assert f"{wanted.intensity_kept:.1%}" in said


def test_a_part_is_assessed(
    make_napari_viewer_proxy: Any, run: Any, click: Any, qtbot: Any, large: Any
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    stack = np.stack([large, large[::-1]])
    viewer.add_image(stack, name="stack", axis_labels=tuple("zyx"))
    _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Denoise")
    panel.form.model.value = "tikhonov"
    panel.form.output.part.value = "view"
    camera = getattr(viewer, "scene", viewer).camera
    camera.center, camera.zoom = (0, 128, 128), 4
    viewer.dims.set_current_step(0, 1)
    qtbot.wait(200)
    run(panel)
    part = viewer.layers[-1].metadata[METADATA_KEY]["part"]
    assert part["place"] == {"Z": 1}
    click(panel.tools.assess)
    wait_for_end(panel, qtbot)
    said = panel.run_bar.message.value
    (top, bottom), (left, right) = part["rows"], part["columns"]
    noise = viewer.layers[-1].metadata[METADATA_KEY]["noise"][0]
    assert noise["gain"] > 0
    kept = viewer.layers[-1].data.sum() / stack[1, top:bottom, left:right].sum()
    assert kept == pytest.approx(1, abs=0.02)
    assert said.startswith("stack [tikhonov]:")
    assert "Intensity kept" in said


def test_without_a_result_it_says_so(
    viewer: Any, open_panel: Any, click: Any, run: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    click(panel.tools.assess)
    assert panel.run_bar.message.value == (
        "There is no result of “cells” to be assessed yet: press Run first."
    )
    run(panel)
    viewer.layers["cells"].data = noisy[:64]
    click(panel.tools.assess)
    assert "has changed: run again" in panel.run_bar.message.value
    assert not panel.running


@pytest.mark.parametrize(("gain", "doubted"), [(2, False), (5, True)])
def test_noise_that_was_typed_may_be_doubted(
    gain: float, doubted: bool, viewer: Any, open_panel: Any, run: Any, click: Any
) -> None:
    y, x = np.mgrid[:192, :192] / 60
    photons = 20 + 200 * (np.sin(x) * np.sin(y)) ** 2
    rng = np.random.default_rng(3)
    viewer.add_image((100 + 2 * rng.poisson(photons)).astype(np.uint16), name="cells")
    panel = open_panel()
    panel.form.noise.choice.value = "typed"
    panel.form.noise.gain.value = gain
    run(panel)
    click(panel.tools.assess)
    while panel.running:
        QApplication.processEvents()
    said = panel.run_bar.message.value
    assert "Expected gain" in said
    assert ("noise that was typed" in said) == doubted
    assert ("times the noise of the image" in said) == doubted
