"""What *Copy as Python* copies runs as it stands, and gives what the panel gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_denoise._napari.layers import METADATA_KEY


def copied(panel: Any, click: Any) -> str:
    click(panel.tools.copy_code)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert panel.run_bar.message.value == "Copied: paste it into napari's console."
    return clipboard.text()


def run_in_console(code: str, viewer: Any) -> None:
    exec(compile(code, "console", "exec"), {"viewer": viewer})


def set_sigma(panel: Any, viewer: Any) -> None:
    panel.form.noise.choice.value = "sigma"
    panel.form.noise.sigma.value = 25


def set_typed(panel: Any, viewer: Any) -> None:
    panel.form.noise.choice.value = "typed"
    panel.form.noise.gain.value = 2
    panel.form.strength.value = 0.7


def set_offset(panel: Any, viewer: Any) -> None:
    panel.form.noise.choice.value = "offset"
    panel.form.noise.offset.value = 90


def set_region(panel: Any, viewer: Any) -> None:
    viewer.add_shapes([[[2, 2], [2, 40], [40, 40], [40, 2]]], name="empty 'corner'")
    panel.form.noise.choice.value = "region"


def set_type(panel: Any, viewer: Any) -> None:
    panel.form.output.dtype.value = "float32"
    panel.form.device.value = "cpu"


SETTINGS = {
    "as it opens": lambda panel, viewer: None,
    "sigma": set_sigma,
    "typed": set_typed,
    "offset": set_offset,
    "region": set_region,
    "type": set_type,
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_it_gives_what_a_run_gives(
    setting: str, viewer: Any, open_panel: Any, run: Any, click: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name='it\'s "cells"', scale=(0.2, 0.2), colormap="green")
    panel = open_panel("unet-fast")
    SETTINGS[setting](panel, viewer)
    code = copied(panel, click)
    run(panel)
    wanted = viewer.layers[-1]
    assert METADATA_KEY in wanted.metadata, panel.run_bar.message.value
    run_in_console(code, viewer)
    found = viewer.layers[-1]
    assert found is not wanted
    assert found.name == f"{wanted.name} [1]"
    np.testing.assert_array_equal(found.data, wanted.data)
    assert found.data.dtype == wanted.data.dtype
    assert found.colormap.name == "green"
    np.testing.assert_array_equal(found.scale, wanted.scale)


def test_several_layers_and_channels(
    viewer: Any, open_panel: Any, run: Any, click: Any, noisy: Any
) -> None:
    both = np.stack([noisy, noisy // 2])
    one = viewer.add_image(both, name="one", axis_labels=tuple("cyx"))
    two = viewer.add_image(both[::-1], name="two", axis_labels=tuple("cyx"))
    panel = open_panel("tikhonov")
    panel.form.images.also.value = True
    for by_itself in (False, True):
        viewer.layers.selection = {one, two}
        panel.form.by_itself.value = by_itself
        if by_itself:
            first, *_, last = panel.form.channels.rows.values()
            first.model.value = "wavelet"
            last.strength.value = 0.5
        before = len(viewer.layers)
        code = copied(panel, click)
        run(panel)
        wanted = list(viewer.layers)[before:]
        assert len(wanted) == 2
        run_in_console(code, viewer)
        found = list(viewer.layers)[before + 2 :]
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a.data, b.data)
            told, wished = a.metadata[METADATA_KEY], b.metadata[METADATA_KEY]
            assert told["model"] == wished["model"]
            assert told["source"] == wished["source"]


def test_what_is_in_view(
    make_napari_viewer_proxy: Any, run: Any, click: Any, qtbot: Any, noisy: Any
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    stack = np.tile(np.stack([noisy, noisy[::-1]]), (1, 3, 3))
    viewer.add_image(stack, name="stack")
    _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Denoise")
    panel.form.model.value = "tikhonov"
    panel.form.output.part.value = "view"
    camera = getattr(viewer, "scene", viewer).camera
    camera.center, camera.zoom = (0, 190, 190), 4
    viewer.dims.set_current_step(0, 1)
    qtbot.wait(200)
    code = copied(panel, click)
    run(panel)
    wanted = viewer.layers[-1]
    run_in_console(code, viewer)
    found = viewer.layers[-1]
    assert found.name == "stack in view"
    np.testing.assert_array_equal(found.data, wanted.data[0])


def test_what_is_missing_is_said(
    viewer: Any, open_panel: Any, click: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    panel.form.noise.choice.value = "region"
    click(panel.tools.copy_code)
    assert "Draw a rectangle" in panel.run_bar.message.value
