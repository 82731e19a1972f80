"""Comparing before and after in a real viewer, with a real mouse and real keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from dask import array as dask_array
from napari.layers import Image
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication, QRadioButton, QWidget
from superqt.utils import WorkerBase

from napari_denoise._napari.comparing.comparison import Comparison, is_comparison
from napari_denoise._napari.comparing.form import CompareForm
from napari_denoise._napari.layers import METADATA_KEY
from napari_denoise._napari.view import camera
from tests.napari.conftest import PATIENCE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def viewer(make_napari_viewer_proxy: Any) -> Iterator[Any]:
    """A window on the display: what is in view is known once it is drawn."""
    yield make_napari_viewer_proxy(show=True)
    assert WorkerBase.await_workers(30 * SECOND) is None


@dataclass
class Bench:
    """A form and a comparison in a dock of their own."""

    viewer: Any
    form: CompareForm
    comparison: Comparison

    @property
    def layer(self) -> Any:
        assert self.comparison.layer is not None
        return self.comparison.layer

    @property
    def plane(self) -> Any:
        """What is in view now."""
        point = self.viewer.dims.current_step[: self.viewer.dims.ndim - 2]
        return self.layer.data[tuple(point)]

    @property
    def split(self) -> int:
        assert self.comparison._line is not None
        return self.comparison._line.at

    def add(self, data: Any, name: str, of: str | None = None, **kwargs: Any) -> Any:
        metadata = {} if of is None else {METADATA_KEY: {"source": of}}
        return self.viewer.add_image(data, name=name, metadata=metadata, **kwargs)

    def visible(self) -> list[str]:
        return [layer.name for layer in self.viewer.layers if layer.visible]

    def canvas(self) -> QWidget:
        """The widget that draws, and gets the mouse."""
        kind = "CanvasBackendDesktop"
        widgets = self.form.native.window().findChildren(QWidget)
        return next(widget for widget in widgets if type(widget).__name__ == kind)

    def on_screen(self, row: float, column: float) -> QPoint:
        """Where a pixel of the comparison is on the canvas; unrotated layers."""
        world = np.asarray(self.layer.data_to_world((row, column)))[-2:]
        scene, canvas = camera(self.viewer), self.canvas()
        away = (world - np.asarray(scene.center)[-2:]) * scene.zoom
        x, y = away[1] + canvas.width() / 2, away[0] + canvas.height() / 2
        return QPoint(round(x), round(y))


@pytest.fixture
def bench(viewer: Any) -> Bench:
    def image_layers() -> list[Image]:
        return [
            layer
            for layer in viewer.layers
            if isinstance(layer, Image) and not is_comparison(layer)
        ]

    form = CompareForm(image_layers)
    viewer.window.add_dock_widget(form, name="compare")
    return Bench(viewer, form, Comparison(viewer, form))


@pytest.fixture
def pair(bench: Bench, noisy: Any) -> tuple[Any, Any]:
    """A bright layer and a dark result of it."""
    source = bench.add(noisy, "cells")
    return source, bench.add(noisy // 4, "cells [unet]", of="cells")


def show(bench: Bench, how: str, qtbot: Any) -> None:
    bench.form.how.value = how
    qtbot.wait(300)  # drawn, and the line where the view is


def away_from_line(bench: Bench) -> tuple[slice, slice]:
    at, width = bench.split, 8
    return slice(0, max(at - width, 0)), slice(at + width, None)


def drag(bench: Bench, start: QPoint, end: QPoint, qtbot: Any) -> list[Any]:
    """Drag the mouse as a hand does; return the shapes of the cursor on the way."""
    canvas, shapes = bench.canvas(), []

    def send(
        kind: QEvent.Type, at: QPoint, button: Any, buttons: Any, pause: int = 30
    ) -> None:
        where = QPointF(at)
        globally = QPointF(canvas.mapToGlobal(at))
        none = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, where, globally, button, buttons, none)
        QApplication.sendEvent(canvas, event)
        qtbot.wait(pause)  # napari looks at the mouse every few milliseconds
        shapes.append(str(bench.viewer.cursor.style))

    nothing = Qt.MouseButton.NoButton
    send(QEvent.Type.MouseMove, start, nothing, nothing)
    send(QEvent.Type.MouseButtonPress, start, LEFT, LEFT)
    for part in (0.25, 0.5, 0.75, 1):
        way = start + QPoint(*(round(part * c) for c in _tuple(end - start)))
        send(QEvent.Type.MouseMove, way - QPoint(2, 2), nothing, LEFT, pause=0)
        send(QEvent.Type.MouseMove, way, nothing, LEFT)
    send(QEvent.Type.MouseButtonRelease, end, LEFT, nothing)
    return shapes


def _tuple(point: QPoint) -> tuple[int, int]:
    return point.x(), point.y()


def test_nothing_to_compare_nothing_to_see(bench: Bench, noisy: Any) -> None:
    assert not bench.form.how.visible
    bench.add(noisy, "cells")
    assert not bench.form.how.visible
    result = bench.add(noisy, "cells [unet]", of="cells")
    assert bench.form.how.visible
    assert bench.form.result.value == result
    bench.viewer.layers.remove(result)
    assert not bench.form.how.visible


def test_a_result_is_offered_with_its_source_first(bench: Bench, noisy: Any) -> None:
    bench.add(noisy[:64], "crop")
    source = bench.add(noisy, "cells")
    unet = bench.add(noisy, "cells [unet]", of="cells")
    tv = bench.add(noisy, "cells [tv]", of="cells")
    bench.add(noisy[:64], "crop [tv]", of="crop")
    bench.form.offer(unet)
    assert bench.form.result.value == unet
    assert list(bench.form.reference.choices) == [source, tv]
    assert bench.form.reference.value == source
    source.name = "renamed"
    bench.form.reset_choices()
    assert bench.form.reference.value == source


def test_curtain_shows_both_and_hides_them(
    bench: Bench, pair: Any, noisy: Any, qtbot: Any
) -> None:
    show(bench, "curtain", qtbot)
    before, after = away_from_line(bench)
    assert 20 < bench.split < 108
    np.testing.assert_array_equal(bench.plane[:, before], noisy[:, before])
    np.testing.assert_array_equal(bench.plane[:, after], noisy[:, after] // 4)
    assert bench.layer.data.dtype == noisy.dtype
    assert bench.visible() == ["cells [unet] [compare]"]
    line = bench.plane[:, bench.split - 1 : bench.split + 1].astype(float)
    assert np.ptp(line) > 0.5 * np.ptp(pair[0].contrast_limits)


def test_what_is_drawn_follows_the_mouse(bench: Bench, pair: Any, qtbot: Any) -> None:
    """The line is taken, the image stays where it is, the pixels are drawn anew."""
    show(bench, "curtain", qtbot)
    center, old = camera(bench.viewer).center, bench.split
    row, far = 40, 100
    shapes = drag(bench, bench.on_screen(row, old), bench.on_screen(row, far), qtbot)
    assert abs(bench.split - far) <= 1
    assert camera(bench.viewer).center == center
    assert shapes[:-1] == ["pointing"] * (len(shapes) - 1)
    before, after = away_from_line(bench)
    np.testing.assert_array_equal(bench.plane[:, before], pair[0].data[:, before])
    np.testing.assert_array_equal(bench.plane[:, after], pair[1].data[:, after])
    assert camera(bench.viewer).mouse_pan
    drawn = bench.viewer.screenshot(canvas_only=True, flash=False)[..., :3]
    scale = drawn.shape[1] / bench.canvas().width()
    strip = [round(bench.on_screen(row, c).x() * scale) for c in (old + 4, far - 4)]
    bench.form.how.value = "off"
    pair[1].visible = False
    qtbot.wait(100)
    bright = bench.viewer.screenshot(canvas_only=True, flash=False)[..., :3]
    there = (slice(None), slice(*strip))
    assert bright[there].max() > 100
    np.testing.assert_array_equal(drawn[there], bright[there])


def test_beside_the_line_the_mouse_pans(bench: Bench, pair: Any, qtbot: Any) -> None:
    show(bench, "curtain", qtbot)
    center, old = camera(bench.viewer).center, bench.split
    shapes = drag(bench, bench.on_screen(40, 20), bench.on_screen(40, 30), qtbot)
    assert bench.split == old
    assert camera(bench.viewer).center != center
    assert "pointing" not in shapes


def test_the_mouse_is_let_go(bench: Bench, pair: Any, qtbot: Any) -> None:
    viewer = bench.viewer
    counts = len(viewer.mouse_drag_callbacks), len(viewer.mouse_move_callbacks)
    show(bench, "curtain", qtbot)
    assert len(viewer.mouse_drag_callbacks) == counts[0] + 1
    drag(bench, bench.on_screen(9, bench.split), bench.on_screen(9, 30), qtbot)
    show(bench, "off", qtbot)
    assert counts == (
        len(viewer.mouse_drag_callbacks),
        len(viewer.mouse_move_callbacks),
    )
    assert str(viewer.cursor.style) == "standard"


def test_arrow_keys_move_the_line(bench: Bench, pair: Any, qtbot: Any) -> None:
    show(bench, "curtain", qtbot)
    old = bench.split
    slider = bench.form.split.native.findChildren(QWidget)[0]
    for _ in range(10):
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert old + 8 <= bench.split <= old + 16
    for end, value in enumerate((0, 1)):
        bench.form.split.value = value
        assert bench.split == bench.comparison._line.span[end]
        before, after = away_from_line(bench)
        np.testing.assert_array_equal(bench.plane[:, before], pair[0].data[:, before])
        np.testing.assert_array_equal(bench.plane[:, after], pair[1].data[:, after])


def test_the_line_comes_along(bench: Bench, pair: Any, qtbot: Any) -> None:
    """Wherever one looks, there is a line to take, and it stays thin."""
    show(bench, "curtain", qtbot)
    camera(bench.viewer).zoom *= 12
    camera(bench.viewer).center = (0, 60, 20)
    qtbot.wait(400)
    first, last = bench.comparison._line.span
    assert last < 60
    assert first < bench.split < last
    at = bench.split
    assert bench.plane[:, at] == pytest.approx(pair[1].data[:, at])
    assert bench.plane[:, at - 2] == pytest.approx(pair[0].data[:, at - 2])
    assert (bench.plane[:, at - 1] != pair[0].data[:, at - 1]).any()
    assert bench.form.split.value == pytest.approx((at - first) / (last - first))


@pytest.mark.parametrize("where", ["canvas", "panel"])
def test_blink_while_a_key_is_held(
    where: str, bench: Bench, pair: Any, qtbot: Any
) -> None:
    show(bench, "blink", qtbot)
    radio = bench.form.how.native.findChildren(QRadioButton)[2]
    widget = bench.canvas() if where == "canvas" else radio
    assert "hold B" in bench.form.hold.text
    np.testing.assert_array_equal(bench.plane, pair[1].data)
    qtbot.keyPress(widget, Qt.Key.Key_B)
    np.testing.assert_array_equal(bench.plane, pair[0].data)
    qtbot.keyRelease(widget, Qt.Key.Key_B)
    np.testing.assert_array_equal(bench.plane, pair[1].data)
    show(bench, "off", qtbot)
    assert not bench.viewer.keymap


def test_hold_the_button(bench: Bench, pair: Any, qtbot: Any) -> None:
    show(bench, "blink", qtbot)
    qtbot.mousePress(bench.form.hold.native, LEFT)
    np.testing.assert_array_equal(bench.plane, pair[0].data)
    qtbot.mouseRelease(bench.form.hold.native, LEFT)
    np.testing.assert_array_equal(bench.plane, pair[1].data)


def test_keys_of_others_stay_theirs(bench: Bench, pair: Any, qtbot: Any) -> None:
    heard = []
    bench.viewer.bind_key("B", lambda viewer: heard.append("viewer"))
    pair[0].bind_key("N", lambda layer: heard.append("layer"))
    show(bench, "blink", qtbot)
    assert "hold J" in bench.form.hold.text
    qtbot.keyPress(bench.canvas(), Qt.Key.Key_J)
    np.testing.assert_array_equal(bench.plane, pair[0].data)
    qtbot.keyRelease(bench.canvas(), Qt.Key.Key_J)
    qtbot.keyClick(bench.canvas(), Qt.Key.Key_B)
    show(bench, "off", qtbot)
    qtbot.keyClick(bench.canvas(), Qt.Key.Key_B)
    assert heard == ["viewer", "viewer"]
    assert [str(key) for key in bench.viewer.keymap] == ["B"]


def test_keys_of_other_kinds_of_layers(bench: Bench, pair: Any, qtbot: Any) -> None:
    """B keeps labels from being painted over, when those are active."""
    show(bench, "blink", qtbot)
    assert "hold B" in bench.form.hold.text
    bench.viewer.add_labels(np.zeros((128, 128), int))
    assert "hold N" in bench.form.hold.text
    assert [str(key) for key in bench.viewer.keymap] == ["N"]


def test_residual(bench: Bench, pair: Any, noisy: Any, qtbot: Any) -> None:
    show(bench, "residual", qtbot)
    difference = noisy.astype(np.float32) - noisy // 4
    np.testing.assert_array_equal(bench.plane, difference)
    assert bench.plane.dtype == np.float32
    low, high = bench.layer.contrast_limits
    assert high == -low
    assert high == pytest.approx(np.percentile(difference, 99.5), rel=1e-3)
    neutral = bench.layer.colormap.map(0.5)[0, :3]
    assert np.ptp(neutral) < 0.02
    assert neutral.min() > 0.95
    assert "cells is brighter" in bench.form.note.value


def test_no_difference_at_all(bench: Bench, noisy: Any, qtbot: Any) -> None:
    bench.add(noisy, "cells")
    bench.add(noisy.copy(), "cells [unet]", of="cells")
    show(bench, "residual", qtbot)
    assert not bench.plane.any()
    assert tuple(bench.layer.contrast_limits) == (-1, 1)


def test_difference_of_two_models(bench: Bench, pair: Any, qtbot: Any) -> None:
    other = bench.add(pair[1].data + 7, "cells [tv]", of="cells")
    residual = bench.form.how.native.findChildren(QRadioButton)[3]
    assert residual.text() == "Residual"
    bench.form.offer(pair[1])
    bench.form.reference.value = other
    assert residual.text() == "Difference"
    show(bench, "residual", qtbot)
    assert (bench.plane == 7).all()
    assert "noise" not in bench.form.note.value
    assert bench.visible() == ["cells [unet] [compare]"]


def test_limits_of_the_user_stay(bench: Bench, noisy: Any, qtbot: Any) -> None:
    stack = np.stack([noisy, noisy * 3])
    bench.add(stack, "cells")
    bench.add(stack // 2, "cells [unet]", of="cells")
    bench.viewer.dims.set_current_step(0, 0)
    show(bench, "residual", qtbot)
    bench.layer.contrast_limits = (-33, 33)
    bench.viewer.dims.set_current_step(0, 1)
    assert tuple(bench.layer.contrast_limits) == (-33, 33)
    np.testing.assert_array_equal(bench.plane, stack[1] - (stack // 2)[1])


def test_colours(bench: Bench, qtbot: Any) -> None:
    rng = np.random.default_rng(3)
    colours = rng.integers(0, 255, (64, 64, 4)).astype(np.uint8)
    bench.add(colours, "slide", rgb=True)
    bench.add(colours // 2, "slide [tv]", of="slide", rgb=True)
    camera(bench.viewer).zoom = 1
    show(bench, "curtain", qtbot)
    assert bench.layer.rgb
    np.testing.assert_array_equal(bench.plane[:, :20], colours[:, :20])
    np.testing.assert_array_equal(bench.plane[:, -20:], colours[:, -20:] // 2)
    assert {0, 255} == set(np.unique(bench.plane[:, bench.split - 1 : bench.split + 1]))
    show(bench, "residual", qtbot)
    wanted = (colours - (colours // 2).astype(np.float32))[..., :3].mean(-1)
    assert not bench.layer.rgb
    np.testing.assert_allclose(bench.plane, wanted, rtol=1e-6)


class Counted:
    """Planes that tell which of them were read."""

    def __init__(self, shape: tuple[int, ...], value: int) -> None:
        self.read: list[int] = []

        def block(block_info: Any = None) -> Any:
            plane = block_info[None]["array-location"][0][0]
            self.read.append(plane)
            return np.full((1, *shape[1:]), value + plane, np.uint16)

        self.data = dask_array.map_blocks(
            block, chunks=((1,) * shape[0], *((n,) for n in shape[1:])), dtype=np.uint16
        )


@pytest.mark.parametrize("how", ["curtain", "blink", "residual"])
def test_only_the_plane_in_view_is_read(how: str, bench: Bench, qtbot: Any) -> None:
    raw, made = Counted((9, 64, 64), 100), Counted((9, 64, 64), 50)
    bench.add(raw.data, "cells", contrast_limits=(0, 200))
    bench.add(made.data, "cells [unet]", of="cells", contrast_limits=(0, 200))
    bench.viewer.dims.set_current_step(0, 4)
    qtbot.wait(100)
    raw.read.clear()
    made.read.clear()
    show(bench, how, qtbot)
    bench.viewer.dims.set_current_step(0, 6)
    qtbot.wait(200)
    assert set(raw.read) == set(made.read) == {4, 6}
    values = {"curtain": {106, 56}, "blink": {56}, "residual": {50}}[how]
    assert values <= set(np.unique(bench.plane))
    bench.viewer.dims.ndisplay = 3
    assert bench.comparison.layer is None
    assert "2D" in bench.form.note.value
    bench.viewer.dims.ndisplay = 2
    assert bench.layer.visible
    assert not bench.form.note.visible or how == "residual"


def test_3d_reads_nothing_for_the_comparison(bench: Bench, qtbot: Any) -> None:
    raw, made = Counted((9, 64, 64), 100), Counted((9, 64, 64), 50)
    bench.add(raw.data, "cells", contrast_limits=(0, 200), visible=False)
    bench.add(made.data, "cells [unet]", of="cells", visible=False)
    show(bench, "residual", qtbot)
    raw.read.clear()
    bench.viewer.dims.ndisplay = 3
    qtbot.wait(100)
    assert raw.read == []


def test_rolled_axes(bench: Bench, qtbot: Any) -> None:
    """The line stands upright, whatever axis runs from left to right."""
    rng = np.random.default_rng(1)
    stack = rng.integers(100, 900, (20, 24, 28)).astype(np.uint16)
    bench.add(stack, "cells")
    bench.add(stack // 2, "cells [unet]", of="cells")
    show(bench, "curtain", qtbot)
    bench.viewer.dims.order = (1, 2, 0)
    qtbot.wait(200)
    row = bench.viewer.dims.current_step[1]
    plane = bench.layer.data[:, row, :]
    np.testing.assert_array_equal(plane[:5], stack[:5, row])
    np.testing.assert_array_equal(plane[-5:], stack[-5:, row] // 2)


def test_multiscale_original(bench: Bench, noisy: Any, qtbot: Any) -> None:
    bench.add([noisy, noisy[::2, ::2]], "cells", multiscale=True)
    bench.add(noisy // 4, "cells [unet]", of="cells")
    show(bench, "residual", qtbot)
    np.testing.assert_array_equal(bench.plane, noisy - noisy // 4)
    show(bench, "curtain", qtbot)
    np.testing.assert_array_equal(bench.plane[:, :30], noisy[:, :30])


def test_another_type_of_result(bench: Bench, noisy: Any, qtbot: Any) -> None:
    bench.add(noisy, "cells")
    bench.add(noisy.astype(np.float32) + 0.25, "cells [unet]", of="cells")
    show(bench, "blink", qtbot)
    np.testing.assert_array_equal(bench.plane, noisy + np.float32(0.25))


def test_it_lies_where_the_result_does(bench: Bench, noisy: Any, qtbot: Any) -> None:
    place = {
        "scale": (0.5, 0.7),
        "translate": (-20, 30),
        "rotate": 30,
        "shear": [0.2],
        "affine": np.array([[0.9, 0.1, 7], [-0.1, 0.9, 1], [0, 0, 1]]),
        "units": ("um", "um"),
    }
    bench.add(noisy, "cells", **place)
    result = bench.add(noisy // 4, "cells [unet]", of="cells", **place)
    for how in ("curtain", "residual"):
        show(bench, how, qtbot)
        for corner in ((0, 0), (127, 3)):
            np.testing.assert_allclose(
                bench.layer.data_to_world(corner), result.data_to_world(corner)
            )
        assert bench.layer.units == result.units
        result.translate = result.translate + 5
        qtbot.wait(50)
        np.testing.assert_allclose(
            bench.layer.data_to_world((0, 0)), result.data_to_world((0, 0))
        )


def test_it_looks_as_the_original_does(bench: Bench, pair: Any, qtbot: Any) -> None:
    source, result = pair
    source.contrast_limits = (110, 800)
    result.colormap = "magenta"
    camera(bench.viewer).zoom = 1
    show(bench, "curtain", qtbot)
    assert tuple(bench.layer.contrast_limits) == (110, 800)
    source.contrast_limits = (120, 700)
    source.colormap = "green"
    source.gamma = 0.7
    assert tuple(bench.layer.contrast_limits) == (120, 700)
    assert bench.layer.colormap.name == "green"
    assert bench.layer.gamma == 0.7
    line = bench.plane[:, bench.split - 1 : bench.split + 1]
    assert {120, 700} == set(np.unique(line))


def test_what_was_visible_is_so_again(bench: Bench, noisy: Any, qtbot: Any) -> None:
    bench.add(noisy, "cells", blending="additive")
    bench.add(noisy, "other", blending="additive")
    result = bench.add(noisy, "cells [unet]", of="cells", blending="additive")
    bench.add(noisy, "cells [tv]", of="cells", visible=False)
    bench.add(noisy, "cells [nlm]", of="cells")
    bench.form.offer(result)
    before = bench.visible()
    show(bench, "curtain", qtbot)
    assert bench.visible() == ["other", "cells [unet] [compare]"]
    show(bench, "blink", qtbot)
    assert bench.visible() == ["other", "cells [unet] [compare]"]
    show(bench, "off", qtbot)
    assert (
        bench.visible() == before == ["cells", "other", "cells [unet]", "cells [nlm]"]
    )


def test_who_shows_a_layer_meanwhile_has_the_last_word(
    bench: Bench, pair: Any, qtbot: Any
) -> None:
    show(bench, "curtain", qtbot)
    pair[0].visible = True
    pair[0].visible = False
    show(bench, "off", qtbot)
    assert bench.visible() == ["cells [unet]"]


@pytest.mark.parametrize("gone", ["cells", "cells [unet]", "cells [unet] [compare]"])
def test_layers_may_be_thrown_away(
    gone: str, bench: Bench, pair: Any, qtbot: Any
) -> None:
    show(bench, "curtain", qtbot)
    bench.viewer.layers.remove(gone)
    qtbot.wait(200)
    left = {"cells", "cells [unet]"} - {gone}
    assert set(bench.visible()) == left == {la.name for la in bench.viewer.layers}
    assert bench.form.how.value == "off"
    assert bench.comparison.layer is None


def test_close(bench: Bench, pair: Any, qtbot: Any) -> None:
    show(bench, "blink", qtbot)
    bench.comparison.close()
    assert bench.visible() == ["cells", "cells [unet]"]
    assert not bench.viewer.keymap


def test_selection_stays(bench: Bench, pair: Any, qtbot: Any) -> None:
    for chosen in ({pair[0]}, {pair[0], pair[1]}):
        bench.viewer.layers.selection = chosen
        active = bench.viewer.layers.selection.active
        for how in ("curtain", "residual", "off"):
            show(bench, how, qtbot)
            assert set(bench.viewer.layers.selection) == chosen
            assert bench.viewer.layers.selection.active == active


def test_it_stays_above_the_images(bench: Bench, pair: Any, qtbot: Any) -> None:
    bench.viewer.add_points([[3, 3]], name="spots")
    show(bench, "curtain", qtbot)
    bench.add(pair[0].data, "late")
    qtbot.wait(50)
    names = [layer.name for layer in bench.viewer.layers]
    assert names[-1] == "cells [unet] [compare]"
    assert "late" in bench.visible()
    bench.add(pair[0].data, "cells [tv]", of="cells")
    qtbot.wait(50)
    assert bench.viewer.layers[-1] == bench.layer
    assert "cells [tv]" not in bench.visible()
    show(bench, "off", qtbot)
    show(bench, "curtain", qtbot)
    assert bench.viewer.layers.index("spots") < bench.viewer.layers.index("late")


def test_new_pixels(bench: Bench, pair: Any, qtbot: Any) -> None:
    show(bench, "residual", qtbot)
    pair[1].data = pair[0].data - 5
    qtbot.wait(50)
    assert (bench.plane == 5).all()
    assert tuple(bench.layer.contrast_limits) == (-5, 5)
    bench.layer.contrast_limits = (-9, 9)
    pair[1].data = pair[0].data - 6
    qtbot.wait(50)
    assert tuple(bench.layer.contrast_limits) == (-9, 9)
    pair[1].data = pair[0].data[:50]
    qtbot.wait(50)
    assert bench.comparison.layer is None
    assert "same pixels" in bench.form.note.value
    assert bench.visible() == ["cells", "cells [unet]"]


@pytest.fixture
def panel_bench(viewer: Any, open_panel: Any) -> Callable[[], tuple[Any, Bench]]:
    """The panel, and a comparison beside it."""

    def panel_bench() -> tuple[Any, Bench]:
        panel = open_panel()
        form = CompareForm(
            lambda: [
                layer
                for layer in viewer.layers
                if isinstance(layer, Image) and not is_comparison(layer)
            ]
        )
        viewer.window.add_dock_widget(form, name="compare")
        return panel, Bench(viewer, form, Comparison(viewer, form))

    return panel_bench


def preview(panel: Any, qtbot: Any, old: Any = None) -> Any:
    """Switch the preview on, or wait until its pixels are new; return its layer."""
    panel.preview.value = True

    def is_new() -> bool:
        piece = panel.live.layer
        return piece is not None and piece.data is not old and not panel.live.busy

    qtbot.waitUntil(is_new, timeout=PATIENCE)
    qtbot.wait(300)
    return panel.live.layer


def test_a_preview_is_compared_on_its_part(
    viewer: Any, panel_bench: Any, noisy: Any, qtbot: Any
) -> None:
    stack = np.stack([noisy, noisy[::-1], noisy[:, ::-1]])
    source = viewer.add_image(
        stack, name="cells", scale=(2, 0.5, 0.5), blending="additive"
    )
    panel, bench = panel_bench()
    viewer.dims.set_current_step(0, 1)
    camera(viewer).zoom *= 2
    piece = preview(panel, qtbot)
    assert bench.form.result.value == piece
    assert bench.form.reference.value == source
    show(bench, "residual", qtbot)
    assert bench.visible() == ["cells [preview] [compare]"]

    def part_of_source() -> Any:
        corner = np.rint(source.world_to_data(piece.data_to_world((0, 0, 0))))
        starts = corner.astype(int)
        ends = starts + piece.data.shape
        return stack[tuple(slice(a, b) for a, b in zip(starts, ends, strict=True))]

    def is_right() -> bool:
        wanted = part_of_source().astype(np.float32) - piece.data
        return bool(np.array_equal(np.asarray(bench.layer.data), wanted))

    assert is_right()
    assert piece.data.shape[1:] != noisy.shape
    for change in ("pan", "plane"):
        old = piece.data
        if change == "pan":
            camera(viewer).center = np.add(camera(viewer).center, (0, 6, -8))
        else:
            viewer.dims.set_current_step(0, 2)
        assert preview(panel, qtbot, old) is piece
        assert is_right()
        np.testing.assert_allclose(
            bench.layer.data_to_world((0, 0, 0)), piece.data_to_world((0, 0, 0))
        )
    panel.preview.value = False
    assert [layer.name for layer in viewer.layers] == ["cells"]
    assert source.visible
    assert bench.form.how.value == "off"


def test_the_curtain_stays_put_while_a_preview_changes(
    viewer: Any, panel_bench: Any, noisy: Any, qtbot: Any
) -> None:
    source = viewer.add_image(noisy, name="cells")
    panel, bench = panel_bench()
    piece = preview(panel, qtbot)
    show(bench, "curtain", qtbot)

    def line() -> float:
        return float(bench.layer.data_to_world((0, bench.split))[1])

    old, place = piece.data, line()
    panel.form.strength.value = 0.5
    preview(panel, qtbot, old)
    assert line() == place
    old = piece.data
    camera(viewer).center = np.add(camera(viewer).center, (0, 0, 5))
    preview(panel, qtbot, old)
    assert line() == place
    before, after = away_from_line(bench)
    first = round(piece.translate[1])
    rows = slice(round(piece.translate[0]), None)
    wanted = source.data[rows, first:][: piece.data.shape[0], before]
    np.testing.assert_array_equal(bench.plane[:, before], wanted)
    np.testing.assert_array_equal(bench.plane[:, after], piece.data[:, after])


def test_a_run_is_offered(
    viewer: Any, panel_bench: Any, noisy: Any, run: Any, qtbot: Any
) -> None:
    source = viewer.add_image(noisy, name="cells")
    panel, bench = panel_bench()
    run(panel)
    result = viewer.layers["cells [tikhonov]"]
    bench.form.offer(result)
    assert (bench.form.result.value, bench.form.reference.value) == (result, source)
    show(bench, "residual", qtbot)
    np.testing.assert_array_equal(bench.plane, noisy - result.data.astype(np.float32))


def test_who_paints_does_not_take_the_line(bench: Bench, pair: Any, qtbot: Any) -> None:
    labels = bench.viewer.add_labels(np.zeros((128, 128), int))
    labels.mode = "paint"
    show(bench, "curtain", qtbot)
    old = bench.split
    drag(bench, bench.on_screen(40, old), bench.on_screen(40, 90), qtbot)
    assert bench.split == old
    assert labels.data.any()
    assert str(bench.viewer.cursor.style) != "pointing"


@pytest.mark.parametrize("how", ["curtain", "blink"])
def test_closing_the_viewer(how: str, bench: Bench, pair: Any, qtbot: Any) -> None:
    show(bench, how, qtbot)
    bench.viewer.close()
    assert [layer.visible for layer in pair] == [True, True]
