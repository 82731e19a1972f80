"""The live preview in a real viewer: what it shows, when, and how it goes away."""

from __future__ import annotations

import gc
import threading
import weakref
from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from dask import array as dask_array
from superqt.utils import WorkerBase

from napari_denoise._napari.view import camera
from tests.napari.conftest import PATIENCE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def viewer(make_napari_viewer_proxy: Any) -> Iterator[Any]:
    """A window on the display: what is in view is known once it is drawn."""
    yield make_napari_viewer_proxy(show=True)
    assert WorkerBase.await_workers(30 * SECOND) is None


@pytest.fixture
def stack(noisy: Any) -> Any:
    """Six planes that are alike, each with noise of its own."""
    rng = np.random.default_rng(0)
    return rng.poisson(np.stack([noisy / 20.0] * 6)).astype(np.uint16)


@pytest.fixture
def shown(qtbot: Any) -> Callable[[Any], Any]:
    """Switch the preview on, or wait until it has changed; return its layer."""

    def shown(panel: Any, old: Any = None) -> Any:
        panel.preview.value = True

        def is_new() -> bool:
            layer = panel.live.layer
            return layer is not None and layer.data is not old and not panel.live.busy

        qtbot.waitUntil(is_new, timeout=PATIENCE)
        return panel.live.layer

    return shown


def names(viewer: Any) -> list[str]:
    return [layer.name for layer in viewer.layers]


def inside(piece: Any, layer: Any) -> Any:
    """Where a piece lies among the pixels of a layer."""
    corner = layer.world_to_data(piece.data_to_world((0,) * piece.ndim))
    first = np.rint(corner).astype(int)
    np.testing.assert_allclose(corner, first, atol=1e-6)
    ends = first + piece.data.shape[: piece.ndim]
    return tuple(slice(a, b) for a, b in zip(first, ends, strict=True))


@pytest.mark.parametrize("model", ["tikhonov", "unet-fast"])
def test_it_shows_what_a_run_makes_of_it(
    model: str, viewer: Any, open_panel: Any, run: Any, shown: Any, noisy: Any
) -> None:
    source = viewer.add_image(noisy, name="cells", colormap="green")
    panel = open_panel(model)
    piece = shown(panel)
    assert names(viewer) == ["cells", "cells [preview]"]
    assert piece.colormap.name == "green"
    run(panel)
    result = viewer.layers[f"cells [{model}]"]
    whole = result.data[inside(piece, source)].astype(int)
    assert np.abs(piece.data - whole).max() <= 1
    assert piece.data.size > 0.5 * noisy.size


def test_it_goes_away_with_the_toggle(
    viewer: Any, open_panel: Any, shown: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    shown(panel)
    panel.preview.value = False
    assert names(viewer) == ["cells"]
    assert not panel.note.visible


def test_it_follows_what_is_asked_for(
    viewer: Any, open_panel: Any, shown: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    first = shown(panel).data
    panel.form.strength.value = 0.5
    second = shown(panel, first).data
    assert np.abs(second - first.astype(float)).max() > 1
    panel.form.strength.value = 1.0
    np.testing.assert_array_equal(shown(panel, second).data, first)


def test_it_follows_the_view(
    viewer: Any, open_panel: Any, shown: Any, stack: Any
) -> None:
    source = viewer.add_image(stack, name="cells", scale=(3, 0.5, 0.5))
    panel = open_panel()
    first = shown(panel)
    data, place = first.data, inside(first, source)
    camera(viewer).zoom *= 4
    near = shown(panel, data)
    smaller = inside(near, source)
    assert near.data.size < data.size
    assert smaller[0] == place[0]
    data = near.data
    viewer.dims.set_current_step(0, 5)
    assert inside(shown(panel, data), source)[0] == slice(5, 6)


def test_it_lies_where_the_image_does(
    viewer: Any, open_panel: Any, shown: Any, stack: Any
) -> None:
    source = viewer.add_image(
        stack,
        scale=(3, 0.5, 0.7),
        translate=(5, -20, 30),
        rotate=30,
        shear=[0, 0, 0.2],
        affine=np.array(
            [[1, 0, 0, 2], [0, 0.9, 0.1, 7], [0, -0.1, 0.9, 1], [0, 0, 0, 1]]
        ),
    )
    panel = open_panel()
    camera(viewer).zoom *= 3
    piece = shown(panel)
    place = inside(piece, source)
    assert place[1].start > 0
    assert place[2].start > 0
    far = [place[axis].stop - place[axis].start - 1 for axis in range(3)]
    there = np.add(far, [part.start for part in place])
    np.testing.assert_allclose(
        piece.data_to_world(far), source.data_to_world(there), atol=1e-6
    )


def test_selection_and_choices_stay(
    viewer: Any, open_panel: Any, shown: Any, noisy: Any
) -> None:
    source = viewer.add_image(noisy, name="cells")
    panel = open_panel()
    shown(panel)
    assert viewer.layers.selection.active == source
    assert set(viewer.layers.selection) == {source}
    assert list(panel.form.layer.choices) == [source]


@pytest.mark.parametrize("which", ["cells", "cells [preview]"])
def test_layers_may_be_thrown_away(
    which: str, viewer: Any, open_panel: Any, shown: Any, noisy: Any, qtbot: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    shown(panel)
    viewer.layers.remove(which)
    qtbot.wait(400)
    assert names(viewer) == ([] if which == "cells" else ["cells"])
    assert panel.preview.value == (which == "cells")


def test_another_layer_may_be_chosen(
    viewer: Any, open_panel: Any, shown: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    other = viewer.add_image(noisy[::-1].copy(), name="others")
    panel = open_panel()
    panel.form.layer.value = viewer.layers["cells"]
    first = shown(panel).data
    panel.form.layer.value = other
    shown(panel, first)
    assert names(viewer) == ["cells", "others", "others [preview]"]


def test_it_looks_as_the_image_does(
    viewer: Any, open_panel: Any, shown: Any, noisy: Any
) -> None:
    source = viewer.add_image(noisy, name="cells")
    piece = shown(open_panel())
    source.contrast_limits = (120, 700)
    source.colormap = "magenta"
    source.gamma = 0.7
    assert tuple(piece.contrast_limits) == (120, 700)
    assert piece.colormap.name == "magenta"
    assert piece.gamma == 0.7


@pytest.mark.parametrize("what", ["scale", "data", "name"])
def test_it_begins_again_when_the_image_changes(
    what: str, viewer: Any, open_panel: Any, shown: Any, noisy: Any
) -> None:
    source = viewer.add_image(noisy, name="cells")
    panel = open_panel()
    first = shown(panel).data
    value = {"scale": (2, 3), "data": noisy[::-1].copy(), "name": "others"}[what]
    setattr(source, what, value)
    piece = shown(panel, first)
    assert piece.name == f"{source.name} [preview]"
    assert tuple(piece.scale) == tuple(source.scale)
    inside(piece, source)
    if what != "scale":  # which changes what is in view
        assert np.array_equal(piece.data, first) == (what == "name")


@pytest.mark.parametrize(
    ("state", "hidden"),
    [({}, False), ({"blending": "additive"}, True), ({"opacity": 0.5}, True)],
)
def test_the_image_does_not_shine_through(
    state: Any, hidden: bool, viewer: Any, open_panel: Any, shown: Any, noisy: Any
) -> None:
    source = viewer.add_image(noisy, name="cells", **state)
    panel = open_panel()
    shown(panel)
    assert source.visible != hidden
    panel.preview.value = False
    assert source.visible


def test_nor_after_a_comparison(
    viewer: Any, open_panel: Any, run: Any, shown: Any, noisy: Any, qtbot: Any
) -> None:
    source = viewer.add_image(noisy, name="cells", blending="additive")
    panel = open_panel()
    run(panel)
    panel.compare.how.value = "residual"
    assert not source.visible
    shown(panel)
    panel.compare.how.value = "off"
    qtbot.wait(SECOND // 5)
    assert panel.live.layer is not None
    assert panel.live.layer.visible
    assert not source.visible
    panel.preview.value = False
    assert source.visible


def test_it_keeps_nothing_of_an_image_that_is_gone(
    viewer: Any, open_panel: Any, shown: Any, noisy: Any, qtbot: Any
) -> None:
    class Pixels(np.ndarray):  # arrays themselves take no weak references
        pass

    pixels = noisy.copy().view(Pixels)
    alive = weakref.ref(pixels)
    viewer.add_image(pixels, name="cells")
    del pixels
    panel = open_panel()
    shown(panel)
    panel.preview.value = False
    viewer.layers.clear()

    def is_gone() -> bool:
        gc.collect()
        return alive() is None

    qtbot.waitUntil(is_gone, timeout=PATIENCE)


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """Every network stops in its first layer until the event is set."""
    from torch.nn.modules.module import register_module_forward_pre_hook

    go_on = threading.Event()
    hook = register_module_forward_pre_hook(lambda *_: go_on.wait(60) and None)
    yield go_on
    go_on.set()
    hook.remove()


@pytest.mark.parametrize("how", ["off", "layer", "choice"])
def test_late_answers_are_dropped(
    how: str, viewer: Any, open_panel: Any, noisy: Any, qtbot: Any, stuck: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    other = viewer.add_image(noisy[::-1].copy(), name="others")
    panel = open_panel("unet-fast")
    panel.form.layer.value = viewer.layers["cells"]
    panel.preview.value = True
    qtbot.waitUntil(lambda: panel.note.value == "Preview …", timeout=PATIENCE)
    if how == "off":
        panel.preview.value = False
    elif how == "layer":
        viewer.layers.clear()
    else:
        panel.form.layer.value = other
    qtbot.wait(300)
    stuck.set()
    qtbot.waitUntil(lambda: not panel.live.busy, timeout=PATIENCE)
    left = {"off": ["cells", "others"], "layer": []}
    assert names(viewer) == left.get(how, ["cells", "others", "others [preview]"])
    assert panel.note.value == ""


def test_closing_the_panel_takes_it_along(
    viewer: Any, open_panel: Any, shown: Any, noisy: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    shown(panel)
    viewer.window.remove_dock_widget("all")
    assert names(viewer) == ["cells"]


def test_only_planes_are_shown(
    viewer: Any, open_panel: Any, shown: Any, stack: Any, qtbot: Any
) -> None:
    viewer.add_image(stack, name="cells")
    panel = open_panel()
    shown(panel)
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(lambda: panel.live.layer is None, timeout=PATIENCE)
    assert "in 2D" in panel.note.value
    viewer.dims.ndisplay = 2
    shown(panel)
    assert not panel.note.visible


def test_neighbours_are_looked_at_and_that_is_said(
    viewer: Any, open_panel: Any, run: Any, shown: Any, stack: Any
) -> None:
    source = viewer.add_image(stack, name="cells")
    panel = open_panel("unet")
    assert panel.form.neighbours.value == "auto"
    piece = shown(panel)
    assert "above and below" in panel.note.value
    run(panel)
    result = viewer.layers["cells [unet-3d]"]
    whole = result.data[inside(piece, source)].astype(int)
    assert np.abs(piece.data - whole).max() <= 1


@pytest.mark.parametrize("kind", ["colours", "channels", "lazy", "multiscale"])
def test_other_kinds_of_layers(
    kind: str, viewer: Any, open_panel: Any, run: Any, shown: Any, noisy: Any
) -> None:
    small = (noisy // 8).clip(0, 255).astype(np.uint8)
    add = viewer.add_image
    source = {
        "colours": lambda: add(np.stack([small, small.T, small], -1), rgb=True),
        "channels": lambda: add(
            np.stack([small, small.T]), axis_labels=("c", "y", "x")
        ),
        "lazy": lambda: add(dask_array.from_array(small, chunks=40)),
        "multiscale": lambda: add([small, small[::2, ::2]], multiscale=True),
    }[kind]()
    panel = open_panel()
    piece = shown(panel)
    place = inside(piece, source)
    run(panel)
    whole = np.asarray(viewer.layers[-1].data)[place].astype(int)
    assert np.abs(np.asarray(piece.data) - whole).max() <= 1


def test_a_run_has_the_processor_for_itself(
    viewer: Any, open_panel: Any, click: Any, shown: Any, stack: Any, qtbot: Any
) -> None:
    viewer.add_image(np.concatenate([stack] * 40), name="cells")
    panel = open_panel("unet-fast")
    first = shown(panel).data
    click(panel.run_bar.run)
    panel.form.strength.value = 0.5
    qtbot.wait(400)
    assert panel.running
    assert not panel.live.busy
    click(panel.run_bar.cancel)
    qtbot.waitUntil(lambda: not panel.running, timeout=30 * SECOND)
    shown(panel, first)


def test_the_window_stays_alive(
    viewer: Any, open_panel: Any, shown: Any, noisy: Any, qtbot: Any
) -> None:
    viewer.add_image(np.tile(noisy, (4, 4)), name="cells")
    panel = open_panel("unet")
    shown(panel)  # torch is imported, the model is read

    def longest_pause(strength: float) -> float:
        """Seconds between two moves of the window while the preview changes."""
        old = panel.live.layer.data
        panel.form.strength.value = strength
        seen = [monotonic()]
        while panel.live.layer.data is old:
            qtbot.wait(5)
            seen.append(monotonic())
        return max(after - before for before, after in pairwise(seen))

    # A machine that has other things to do may stall once, this window would always.
    assert min(longest_pause(strength) for strength in (0.8, 0.7, 0.6)) < 0.3


def test_a_comparison_of_the_preview_leaves_the_image_to_be_seen(
    viewer: Any, open_panel: Any, shown: Any, noisy: Any, qtbot: Any
) -> None:
    source = viewer.add_image(noisy, name="cells")
    panel = open_panel()
    shown(panel)
    panel.compare.how.value = "curtain"
    assert not source.visible
    panel.preview.value = False
    assert source.visible
    assert names(viewer) == ["cells"]


def test_a_run_goes_on_with_the_comparison_of_the_preview(
    viewer: Any, open_panel: Any, run: Any, shown: Any, noisy: Any, qtbot: Any
) -> None:
    viewer.add_image(noisy, name="cells")
    panel = open_panel()
    shown(panel)
    panel.compare.how.value = "blink"
    run(panel)
    wanted = ["cells", "cells [tikhonov]", "cells [tikhonov] [compare]"]
    qtbot.waitUntil(lambda: names(viewer) == wanted, timeout=PATIENCE)
    assert panel.compare.how.value == "blink"
