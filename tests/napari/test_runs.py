"""Runs over several layers, channels one by one, parts, and how they are stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from superqt.utils import WorkerBase

from napari_denoise import denoise
from tests.napari.conftest import PATIENCE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable


def names(viewer: Any) -> list[str]:
    return [layer.name for layer in viewer.layers]


@pytest.fixture
def open_with_two(
    viewer: Any, open_panel: Any, noisy: Any
) -> Callable[[str], tuple[Any, Any, Any]]:
    """Two images that are both selected, and the panel."""

    def open_with_two(model: str) -> tuple[Any, Any, Any]:
        red = viewer.add_image(noisy, name="red", colormap="red")
        green = viewer.add_image(noisy // 2, name="green", colormap="green")
        panel = open_panel(model)
        viewer.layers.selection = {red, green}
        return panel, red, green

    return open_with_two


def test_one_run_over_all_selected_layers(
    viewer: Any, open_with_two: Any, run: Any, noisy: Any
) -> None:
    panel, red, green = open_with_two("tikhonov")
    also = panel.form.images.also
    assert also.text == "and the other selected image"
    run(panel)
    assert names(viewer) == ["red", "green", "green [tikhonov]"]
    assert also.native.isHidden()  # the result alone is selected now
    viewer.layers.selection = {red, green}
    also.value = True
    run(panel)
    assert names(viewer)[3:] == ["green [tikhonov] [1]", "red [tikhonov]"]
    assert viewer.layers[-1].colormap.name == "red"
    np.testing.assert_array_equal(viewer.layers[-1].data, denoise(noisy, "tikhonov"))
    assert set(viewer.layers.selection) == {red, green}
    said = panel.run_bar.message.value
    assert "green:\nNoise: σ" in said and "red:\nNoise: σ" in said


def test_each_layer_by_itself(
    viewer: Any, open_with_two: Any, run: Any, noisy: Any
) -> None:
    panel, *_ = open_with_two("tikhonov")
    panel.form.images.also.value = True
    panel.form.by_itself.value = True
    rows = {name.layer: row for name, row in panel.form.channels.rows.items()}
    assert list(rows) == ["green", "red"]
    rows["red"].model.value = "wavelet"
    rows["red"].strength.value = 0.5
    run(panel)
    assert names(viewer)[2:] == ["green [tikhonov]", "red [wavelet]"]
    wanted = denoise(noisy, "wavelet", strength=0.5)
    np.testing.assert_array_equal(viewer.layers[-1].data, wanted)


def test_each_channel_by_itself(
    viewer: Any, open_panel: Any, run: Any, noisy: Any
) -> None:
    both = np.stack([noisy, noisy // 2])
    viewer.add_image(both, name="both", axis_labels=tuple("cyx"))
    panel = open_panel("tikhonov")
    assert not panel.form.by_itself.native.isHidden()
    panel.form.by_itself.value = True
    first, second = panel.form.channels.rows.values()
    first.model.value = "wavelet"
    second.strength.value = 0
    run(panel)
    assert names(viewer)[-1] == "both [wavelet, tikhonov]"
    result = viewer.layers[-1].data
    np.testing.assert_array_equal(result[0], denoise(noisy, "wavelet"))
    np.testing.assert_array_equal(result[1], both[1])
    viewer.add_image(noisy, name="one")
    panel.form.layer.value = viewer.layers["one"]
    assert panel.form.by_itself.native.isHidden()
    run(panel)
    assert names(viewer)[-1] == "one [tikhonov]"


def test_rows_keep_what_was_chosen(viewer: Any, open_with_two: Any, noisy: Any) -> None:
    panel, red, green = open_with_two("unet")
    panel.form.images.also.value = True
    panel.form.by_itself.value = True
    rows = panel.form.channels.rows
    name = next(name for name in rows if name.layer == "red")
    rows[name].model.value = "dncnn"
    assert rows[name].strength.max == 1  # it is blind to the noise level
    blue = viewer.add_image(noisy, name="blue")
    viewer.layers.selection = {red, green, blue}
    assert len(panel.form.channels.rows) == 3
    assert panel.form.channels.rows[name].model.value == "dncnn"
    viewer.layers.selection = {green}
    assert panel.form.images.also.native.isHidden()
    assert panel.form.by_itself.native.isHidden()


def test_one_in_trouble_does_not_stop_the_others(
    viewer: Any, open_panel: Any, run: Any, noisy: Any
) -> None:
    panel = open_panel("tikhonov")
    empty = viewer.add_image(np.full((64, 64), np.nan, np.float32), name="empty")
    flat = viewer.add_image(np.ones((64, 64), np.complex64).real, name="flat")
    good = viewer.add_image(noisy, name="good")
    viewer.layers.selection = {empty, flat, good}
    panel.form.images.also.value = True
    run(panel)
    assert "good [tikhonov]" in names(viewer)
    assert panel.run_bar.run.enabled


def test_cancel_keeps_what_was_finished(
    viewer: Any, open_panel: Any, click: Any, qtbot: Any, noisy: Any
) -> None:
    long = viewer.add_image(np.stack([noisy] * 400), name="long")
    short = viewer.add_image(noisy, name="short")
    panel = open_panel("unet")
    viewer.layers.selection = {long, short}
    panel.form.images.also.value = True
    click(panel.run_bar.run)
    qtbot.waitUntil(lambda: "short [unet]" in names(viewer), timeout=60 * SECOND)
    click(panel.run_bar.cancel)
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    assert names(viewer) == ["long", "short", "short [unet]"]
    last = panel.run_bar.message.value.splitlines()[-1]
    assert last == "Cancelled. What was done before is kept."
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=PATIENCE)


def test_a_method_that_cannot_be_stopped_is_left_alone(
    viewer: Any, open_panel: Any, click: Any, run: Any, qtbot: Any, noisy: Any
) -> None:
    viewer.add_image(np.tile(noisy, (12, 12)), name="large")
    panel = open_panel("nlm")  # takes seconds for a plane, without a break
    click(panel.run_bar.run)
    qtbot.wait(SECOND // 2)
    assert panel.running
    click(panel.run_bar.cancel)
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    assert WorkerBase._worker_set  # it works on, and nobody waits for it
    assert panel.run_bar.message.value == "Cancelled. Nothing was changed."
    panel.form.model.value = "tikhonov"
    run(panel)
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=60 * SECOND)
    assert names(viewer) == ["large", "large [tikhonov]"]


def test_only_what_is_in_view(
    make_napari_viewer_proxy: Any, run: Any, qtbot: Any, noisy: Any
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    stack = np.stack([noisy, noisy[::-1]])
    stack = np.tile(stack, (1, 4, 4))
    viewer.add_image(stack, name="stack", scale=(3, 0.5, 0.5), axis_labels=tuple("zyx"))
    _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Denoise")
    panel.form.model.value = "unet-fast"
    panel.form.neighbours.value = "none"
    panel.form.output.part.value = "view"
    camera = getattr(viewer, "scene", viewer).camera
    camera.center, camera.zoom = (0, 128, 128), 8
    viewer.dims.set_current_step(0, 1)
    qtbot.wait(200)
    run(panel)
    piece = viewer.layers[-1]
    part = piece.metadata["napari_denoise"]["part"]
    assert part["place"] == {"Z": 1}
    (top, bottom), (left, right) = part["rows"], part["columns"]
    assert piece.data.shape == (1, bottom - top, right - left)
    assert 0 < top < bottom < 512
    np.testing.assert_allclose(piece.translate, [3, top / 2, left / 2])
    whole = denoise(stack, "unet-fast", axes="ZYX")
    difference = piece.data[0].astype(int) - whole[1, top:bottom, left:right]
    assert abs(difference).max() <= 1
    # It lies on its image, and can be compared with it there.
    qtbot.waitUntil(lambda: panel.compare.result.value == piece, timeout=PATIENCE)
    assert panel.compare.reference.value.name == "stack"
    panel.form.model.value = "unet"
    panel.form.neighbours.value = "auto"
    run(panel)
    options = viewer.layers[-1].metadata["napari_denoise"]["options"]
    assert options["neighbours"] in ("none", "Z")
    assert "plane" in panel.run_bar.message.value


def test_another_type(viewer: Any, open_panel: Any, run: Any, noisy: Any) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    assert panel.form.output.dtype.native.isHidden()
    panel.form.more.value = True
    assert not panel.form.output.dtype.native.isHidden()
    assert panel.form.output.path.native.isHidden()
    panel.form.output.dtype.value = "float32"
    run(panel)
    assert viewer.layers[-1].data.dtype == np.float32
    panel.form.output.part.value = "view"
    assert panel.form.output.dtype.native.isHidden()


def test_results_in_files(
    viewer: Any, open_panel: Any, run: Any, noisy: Any, tmp_path: Any
) -> None:
    one = viewer.add_image(noisy, name="a/b", scale=(0.5, 0.5))
    two = viewer.add_image(noisy // 2, name="a:b")
    panel = open_panel()
    panel.form.output.place.value = "zarr"
    run(panel)
    assert panel.run_bar.message.value == "Choose the file that the result goes to."
    panel.form.output.path.value = tmp_path / "out.zarr"
    viewer.layers.selection = {one, two}
    panel.form.images.also.value = True
    run(panel)
    assert names(viewer)[2:] == ["a:b [tikhonov]", "a/b [tikhonov]"]
    made = {path.name for path in tmp_path.glob("*.zarr")}
    assert made == {"out a%2Fb.zarr", "out a%3Ab.zarr"}
    result = viewer.layers[-1]
    assert not isinstance(result.data, np.ndarray)
    np.testing.assert_array_equal(np.asarray(result.data), denoise(noisy, "tikhonov"))
    np.testing.assert_array_equal(result.scale, (0.5, 0.5))
    run(panel)
    assert "exists already" in panel.run_bar.message.value
    assert len(viewer.layers) == 4
