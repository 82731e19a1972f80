"""Menus and the console, as a user reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from napari.utils.progress import progress
from superqt.utils import WorkerBase

from napari_denoise._napari.commands import denoise_active_image
from tests.napari.conftest import PATIENCE, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qtpy.QtWidgets import QMenu


def actions(menu: QMenu) -> Iterator[Any]:
    menu.aboutToShow.emit()
    for action in menu.actions():
        yield action
        if action.menu() is not None:
            yield from actions(action.menu())


@pytest.fixture
def command(viewer: Any) -> Any:
    """*Denoise the selected images* in the Layers menu."""

    def find() -> Any:
        (found,) = [
            action
            for action in actions(viewer.window.layers_menu)
            if action.text().startswith("Denoise the selected images")
        ]
        return found

    return find


def wait_for_workers(qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=60 * SECOND)
    qtbot.waitUntil(lambda: not progress._all_instances, timeout=PATIENCE)


def test_the_command_denoises_the_active_image(
    viewer: Any, command: Any, qtbot: Any, noisy: Any
) -> None:
    assert not command().isEnabled()
    viewer.add_image(noisy, name="cells", metadata={"stain": "actin"})
    assert command().isEnabled()
    command().trigger()
    wait_for_workers(qtbot)
    assert [layer.name for layer in viewer.layers] == ["cells", "cells [unet]"]
    assert viewer.layers[-1].metadata["stain"] == "actin"


def test_the_command_can_be_cancelled(
    viewer: Any, command: Any, qtbot: Any, noisy: Any
) -> None:
    viewer.add_image(np.stack([noisy] * 400), name="stack", axis_labels=tuple("zyx"))
    command().trigger()
    qtbot.waitUntil(
        lambda: any(bar.n for bar in progress._all_instances), timeout=60 * SECOND
    )
    (bar,) = progress._all_instances
    bar.cancel()
    wait_for_workers(qtbot)
    assert [layer.name for layer in viewer.layers] == ["stack"]


def test_closing_the_viewer_stops_the_command(
    viewer: Any, command: Any, qtbot: Any, noisy: Any
) -> None:
    viewer.add_image(np.stack([noisy] * 400), name="stack", axis_labels=tuple("zyx"))
    command().trigger()
    qtbot.waitUntil(
        lambda: any(bar.n for bar in progress._all_instances), timeout=60 * SECOND
    )
    viewer.close()
    wait_for_workers(qtbot)


def test_the_command_explains_what_went_wrong(
    viewer: Any, command: Any, qtbot: Any, noisy: Any
) -> None:
    viewer.add_image(np.stack([[noisy, noisy]]), name="hyper")
    command().trigger()
    wait_for_workers(qtbot)
    assert "TZYX" in notification_manager.records[-1].message
    assert len(viewer.layers) == 1


def test_the_command_denoises_every_selected_image(
    viewer: Any, command: Any, qtbot: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="dna")
    viewer.add_image(noisy > 200, name="mask")
    viewer.add_image(noisy, name="unselected")
    viewer.add_labels(np.zeros((8, 8), np.uint8), name="labels")
    viewer.add_image(np.stack([[noisy, noisy]]), name="hyper")
    viewer.add_image(noisy // 2, name="actin")
    chosen = set(viewer.layers) - {viewer.layers["unselected"]}
    viewer.layers.selection = chosen
    assert viewer.layers.selection.active is None
    seen = len(notification_manager.records)
    command().trigger()
    qtbot.waitUntil(lambda: "actin [unet]" in viewer.layers, timeout=60 * SECOND)
    wait_for_workers(qtbot)
    names = [layer.name for layer in viewer.layers]
    assert names[6:] == ["dna [unet]", "actin [unet]"]
    told = [record.message for record in notification_manager.records[seen:]]
    assert any(text.startswith("mask: ") and "bool" in text for text in told)
    assert any(text.startswith("hyper: ") and "TZYX" in text for text in told)


def test_cancel_stops_the_images_that_wait(
    viewer: Any, command: Any, qtbot: Any, noisy: Any
) -> None:
    viewer.add_image(np.stack([noisy] * 400), name="stack", axis_labels=tuple("zyx"))
    viewer.add_image(noisy, name="cells")
    viewer.layers.selection = set(viewer.layers)
    command().trigger()
    qtbot.waitUntil(
        lambda: any(bar.n for bar in progress._all_instances), timeout=60 * SECOND
    )
    (bar,) = progress._all_instances
    bar.cancel()
    wait_for_workers(qtbot)
    assert [layer.name for layer in viewer.layers] == ["stack", "cells"]


def test_the_command_wants_an_image(viewer: Any) -> None:
    viewer.add_labels(np.zeros((8, 8), np.uint8))
    denoise_active_image(viewer)
    assert "Select an image" in notification_manager.records[-1].message


def test_samples_and_panel_are_in_the_menus(viewer: Any) -> None:
    file_titles = [action.text() for action in actions(viewer.window.file_menu)]
    assert "Lysosomes (movie)" in file_titles
    plugin_titles = [action.text() for action in actions(viewer.window.plugins_menu)]
    assert "Denoise (napari-denoise)" in plugin_titles


@pytest.mark.enable_console
def test_the_console(make_napari_viewer: Any, noisy: Any) -> None:
    viewer = make_napari_viewer()
    viewer.add_image(noisy, name="cells")
    console = viewer.window._qt_viewer.console
    console.execute("from napari_denoise import denoise, denoise_layer")
    console.execute("result = denoise(viewer.layers[0])")
    console.execute("from napari.layers import Layer")
    console.execute("new = Layer.create(*denoise_layer(viewer.layers[0]))")
    console.execute("_ = viewer.add_layer(new)")
    result = console.shell.user_ns["result"]
    assert result.shape == noisy.shape
    assert result.dtype == noisy.dtype
    assert [layer.name for layer in viewer.layers] == ["cells", "cells [unet]"]
    np.testing.assert_array_equal(viewer.layers[1].data, result)
