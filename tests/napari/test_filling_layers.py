"""Results in files as layers that fill: real runs that are held half-way."""

from __future__ import annotations

import time
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr
from superqt.utils import WorkerBase

from napari_denoise import denoise
from napari_denoise._napari import results
from napari_denoise.filling import Filling
from tests.napari.conftest import PATIENCE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FRAMES, HELD = 8, 5
NAME = "movie [tikhonov]"


class Gate:
    """An image whose later planes a worker reads only once the gate is open.

    It closes when the noise is measured, and planes are read from the first one again.
    """

    def __init__(self, image: Any) -> None:
        self.shape, self.dtype, self.ndim = image.shape, image.dtype, image.ndim
        self.size = image.size
        self.open = Event()
        self.broken = False
        self.asked: list[Any] = []
        self._measured = False
        self._image = image

    def __getitem__(self, index: Any) -> Any:
        if current_thread() is not main_thread():
            self._wait(index[0])
        return self._image[index]

    def _wait(self, frame: int) -> None:
        self._measured |= frame == 0 and FRAMES - 1 in self.asked
        self.asked.append(frame)
        if self._measured and frame >= HELD:
            assert self.open.wait(60)
            if self.broken:
                raise OSError("the disk is gone")


@pytest.fixture
def movie(noisy: Any) -> Any:
    return np.stack([noisy // (n + 1) for n in range(FRAMES)])


@pytest.fixture
def gate(movie: Any) -> Iterator[Gate]:
    gate = Gate(movie)
    yield gate
    gate.open.set()


@pytest.fixture
def start(
    viewer: Any, open_panel: Any, click: Any, qtbot: Any, gate: Gate, tmp_path: Path
) -> Callable[..., Any]:
    """Run until all planes before the gate are written."""

    def start(name: str = "out.zarr") -> Any:
        viewer.add_image(
            gate,
            name="movie",
            axis_labels=tuple("tyx"),
            scale=(2, 0.5, 0.5),
            contrast_limits=(90, 700),
            colormap="magenta",
            metadata={"stain": "actin"},
        )
        panel = open_panel()
        panel.form.noise.choice.value = "sigma"
        panel.form.more.value = True
        panel.form.output.place.value = "zarr"
        panel.form.output.path.value = tmp_path / name
        viewer.dims.set_current_step(0, 0)
        click(panel.run_bar.run)
        qtbot.waitUntil(lambda: panel.results.layer is not None, timeout=PATIENCE)
        target = panel.results.layer.data
        qtbot.waitUntil(lambda: target[HELD - 1].any(), timeout=PATIENCE)
        return panel

    return start


def shown(layer: Any) -> Any:
    """The pixels that the canvas shows."""
    return np.asarray(layer._slice.image.raw)


@pytest.mark.parametrize("name", ["out.zarr", "out.tif"])
def test_a_result_fills_while_it_is_made(
    name: str,
    viewer: Any,
    start: Any,
    gate: Gate,
    movie: Any,
    qtbot: Any,
    tmp_path: Path,
) -> None:
    panel = start(name)
    layer = panel.results.layer
    assert viewer.layers[NAME] == layer
    assert isinstance(layer.data, Filling)
    assert tuple(layer.contrast_limits) == (90, 700)
    assert tuple(layer.scale) == (2, 0.5, 0.5)
    expected = denoise(movie, "tikhonov", axes="TYX", noise=10.0)
    # The plane in view was empty when it was looked at first.
    qtbot.waitUntil(lambda: shown(layer).any(), timeout=PATIENCE)
    np.testing.assert_array_equal(shown(layer), expected[0])
    viewer.dims.set_current_step(0, FRAMES - 1)
    assert not shown(layer).any()
    assert not (tmp_path / name).exists()
    gate.open.set()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    assert [x.name for x in viewer.layers] == ["movie", NAME]
    assert viewer.layers[NAME] == layer
    assert isinstance(layer.data, zarr.Array if name == "out.zarr" else np.memmap)
    np.testing.assert_array_equal(np.asarray(layer.data), expected)
    np.testing.assert_array_equal(shown(layer), expected[-1])
    assert layer.metadata["stain"] == "actin"
    provenance = layer.metadata["napari_denoise"]
    assert (provenance["source"], provenance["out"]) == ("movie", str(tmp_path / name))
    assert (layer.colormap.name, tuple(layer.contrast_limits)) == ("magenta", (90, 700))
    assert tuple(layer.axis_labels) == tuple("tyx")
    assert set(viewer.layers.selection) == {layer}
    assert panel.results.layer is None
    # No one read all of the source at once.
    assert all(isinstance(index, int | np.integer) for index in gate.asked)


def test_a_layer_is_drawn_only_if_what_it_shows_has_changed(
    viewer: Any, start: Any, gate: Gate, qtbot: Any
) -> None:
    panel = start()
    layer = panel.results.layer
    qtbot.waitUntil(lambda: shown(layer).any(), timeout=PATIENCE)
    drawn = [time.monotonic()]
    layer.events.set_data.connect(lambda: drawn.append(time.monotonic()))
    # Planes that have come since somebody looked are drawn, and then nothing comes.
    quiet = 3 * results.REFRESH_MS / SECOND
    qtbot.waitUntil(lambda: time.monotonic() - drawn[-1] > quiet, timeout=PATIENCE)
    drawn.clear()
    gate.open.set()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    assert len(drawn) <= 3  # the first plane is there since long


@pytest.mark.parametrize("name", ["out.zarr", "out.tif"])
def test_cancel_removes_it(
    name: str,
    viewer: Any,
    start: Any,
    gate: Gate,
    click: Any,
    qtbot: Any,
    tmp_path: Path,
) -> None:
    panel = start(name)
    click(panel.run_bar.cancel)
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    assert [layer.name for layer in viewer.layers] == ["movie"]
    gate.open.set()
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=PATIENCE)
    assert not list(tmp_path.glob("*out*"))
    assert not list(tmp_path.glob(".*"))


def test_an_error_removes_it(
    viewer: Any, start: Any, gate: Gate, qtbot: Any, tmp_path: Path
) -> None:
    panel = start()
    gate.broken = True
    gate.open.set()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    assert [layer.name for layer in viewer.layers] == ["movie"]
    assert "the disk is gone" in panel.run_bar.message.value
    assert not list(tmp_path.glob(".*"))


def test_closing_the_panel_removes_it(
    viewer: Any, start: Any, gate: Gate, qtbot: Any, tmp_path: Path
) -> None:
    panel = start()
    viewer.window.remove_dock_widget(panel.native.parent())
    assert [layer.name for layer in viewer.layers] == ["movie"]
    gate.open.set()
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=PATIENCE)
    assert not list(tmp_path.glob("*out*"))


def test_a_layer_that_was_removed_comes_back_complete(
    viewer: Any, start: Any, gate: Gate, movie: Any, qtbot: Any
) -> None:
    panel = start()
    viewer.layers.remove(NAME)
    gate.open.set()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    expected = denoise(movie, "tikhonov", axes="TYX", noise=10.0)
    np.testing.assert_array_equal(np.asarray(viewer.layers[NAME].data), expected)


def test_a_tiff_keeps_what_the_layer_says(
    viewer: Any, start: Any, gate: Gate, qtbot: Any, tmp_path: Path
) -> None:
    panel = start("out.ome.tif")
    gate.open.set()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE)
    with tifffile.TiffFile(tmp_path / "out.ome.tif") as file:
        assert file.series[0].axes == "TYX"
