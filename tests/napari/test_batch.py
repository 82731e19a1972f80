"""The Batch panel in a real viewer: real folders, real runs, real threads."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
import tifffile
from npe2 import DynamicPlugin, PluginManifest
from qtpy.QtCore import Qt
from qtpy.QtGui import QDesktopServices
from superqt.utils import WorkerBase

from napari_denoise import denoise
from napari_denoise._napari.batch.more_rows import ASSESSMENTS, FORMATS
from napari_denoise._napari.batch.pairs import pair_steps
from napari_denoise._napari.batch.settings import RememberedBatch
from napari_denoise._napari.batch.table import FILE, OUTCOME, REMARK
from napari_denoise.batch import FileRecord, denoise_folder
from napari_denoise.batch.options import ASSESSMENTS as KNOWN_ASSESSMENTS
from napari_denoise.batch.options import FORMS
from napari_denoise.batch.reader import OwnFormats
from napari_denoise.progress import run_to_end
from tests.batch.conftest import photons, write_raw
from tests.napari.conftest import PATIENCE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODEL = "tikhonov"
FILES = ["a.tif", "day 1/b.tif", "day 1/c.ome.tif"]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_raw(tmp_path / "raw")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def batch(viewer: Any, raw: Path, out: Path) -> Any:
    """The panel, with both folders chosen."""
    _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Batch")
    panel.form.model.value = MODEL
    panel.form.folders.source.value = raw
    panel.form.folders.target.value = out
    return panel


@pytest.fixture
def counted(qtbot: Any) -> Callable[[Any], str]:
    """What the panel says of the files, once it knows."""

    def counted(panel: Any) -> str:
        qtbot.waitUntil(lambda: not panel.counting.running, timeout=PATIENCE)
        return str(panel.form.folders.found.value)

    return counted


@pytest.fixture
def double_click(qtbot: Any) -> Callable[[Any, int], None]:
    def double_click(panel: Any, row: int) -> None:
        table = panel.table
        place = table.visualRect(table.records.index(row, 0)).center()
        for press in (qtbot.mouseClick, qtbot.mouseDClick):
            press(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.waitUntil(lambda: not panel.opening.running, timeout=PATIENCE)

    return double_click


def column(panel: Any, number: int) -> list[str]:
    records = panel.table.records
    return [
        records.data(records.index(row, number)) for row in range(records.rowCount())
    ]


def hidden(folder: Path) -> list[Path]:
    return list(folder.rglob(".*"))


class Movies:
    """A folder of movies that a reader plugin opens, and a gate in one of them.

    No worker reads on from the middle of the movie `held` before the gate is open.
    """

    count, frames = 6, 6

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held = self.count
        self.open = Event()
        folder.mkdir()
        for number in range(self.count):
            np.save(folder / f"{number}.npy", photons((self.frames, 64, 64), number))
            (folder / f"{number}.npy").rename(folder / f"{number}.movie")

    def read(self, path: Any) -> Any:
        file = Path(path[0] if isinstance(path, list) else path)
        pixels = da.from_array(np.load(file), chunks=(1, -1, -1))
        if file.stem == str(self.held):
            pixels = pixels.map_blocks(self._wait, dtype=pixels.dtype)
        return [(pixels, {"axis_labels": ("t", "y", "x")}, "image")]

    def _wait(self, plane: Any, block_info: Any = None) -> Any:
        if block_info and block_info[0]["chunk-location"][0] >= self.frames // 2:
            assert self.open.wait(120)
        return plane


@pytest.fixture
def movies(batch: Any, tmp_path: Path) -> Iterator[Movies]:
    """Chosen in the panel; of known noise, so that none is read before it is done."""
    movies = Movies(tmp_path / "movies")
    batch.form.folders.source.value = movies.folder
    batch.form.noise.value = "typed"
    batch.form.numbers.gain.value, batch.form.numbers.offset.value = 2, 100
    batch.form.advanced.assess.value = "none"
    with DynamicPlugin("movie-reader") as plugin:

        @plugin.contribute.reader(filename_patterns=["*.movie"])
        def get_reader(path: Any) -> Any:
            return movies.read

        yield movies
        movies.open.set()


def test_a_folder_from_the_panel(
    batch: Any, counted: Any, run: Any, raw: Path, out: Path
) -> None:
    assert counted(batch) == "3 files found."
    run(batch)
    assert batch.run_bar.message.value == "3 of 3 files denoised."
    assert column(batch, FILE) == FILES
    assert column(batch, OUTCOME) == ["done"] * 3
    expected = denoise(tifffile.imread(raw / "a.tif"), MODEL)
    np.testing.assert_array_equal(tifffile.imread(out / "a.tif"), expected)
    run(batch)
    assert column(batch, OUTCOME) == ["there already"] * 3
    assert not hidden(out)


def test_what_is_offered_is_what_the_core_knows() -> None:
    assert {name for _, name in FORMATS} == set(FORMS)
    assert {name for _, name in ASSESSMENTS} == set(KNOWN_ASSESSMENTS)


def test_the_panel_does_what_its_options_say(
    batch: Any, run: Any, raw: Path, out: Path
) -> None:
    form = batch.form
    form.folders.pattern.value = "b*; A.TIF"
    form.noise.value = "typed"
    form.numbers.gain.value, form.numbers.offset.value = 2, 100
    form.more.value = True
    form.advanced.strength.value = 0.5
    form.advanced.dtype.value = "float32"
    form.advanced.form.value = "zarr"
    form.advanced.assess.value = "none"
    options = dict(form.request().options)
    run(batch)
    assert column(batch, FILE) == ["a.tif", "day 1/b.tif"]
    assert {path.name for path in out.rglob("*.zarr")} == {"a.zarr", "b.zarr"}
    model = options.pop("model")
    report = denoise_folder(raw, out, model, pattern=["a*", "b*"], **options)
    assert (report.done, report.skipped) == (0, 2)  # they are the very same


def test_files_are_counted_as_one_types(
    batch: Any, counted: Any, raw: Path, out: Path
) -> None:
    folders = batch.form.folders
    folders.recursive.value = False
    assert counted(batch) == "1 file found."
    folders.pattern.value = "*.lsm"
    assert counted(batch) == "No image fits."
    folders.source.value = raw / "nowhere"
    assert counted(batch) == "There is no such folder."
    folders.source.line_edit.value = ""
    assert counted(batch) == "No folder is chosen yet."


def test_what_is_missing_is_told(batch: Any, run: Any, raw: Path) -> None:
    batch.form.folders.target.line_edit.value = ""
    run(batch)
    assert "folder that the results go to" in batch.run_bar.message.value
    batch.form.folders.target.value = raw
    run(batch)
    assert "choose another folder" in batch.run_bar.message.value
    assert batch.run_bar.run.enabled


def test_a_file_in_trouble_is_told_in_red(
    batch: Any, run: Any, double_click: Any, raw: Path
) -> None:
    (raw / "notes.tif").write_text("This is no image.")
    run(batch)
    assert batch.run_bar.message.value == "3 of 4 files denoised, 1 failed."
    row = column(batch, FILE).index("notes.tif")
    assert column(batch, OUTCOME)[row] == "failed"
    records = batch.table.records
    red = records.data(records.index(row, REMARK), Qt.ItemDataRole.ForegroundRole)
    assert red.red() > 2 * red.green()
    assert "notes.tif" in column(batch, REMARK)[row]
    double_click(batch, row)
    assert batch.run_bar.message.value.startswith("notes.tif: ")


def test_a_result_opens_beside_its_original(
    batch: Any, viewer: Any, run: Any, double_click: Any, raw: Path, out: Path
) -> None:
    run(batch)
    double_click(batch, FILES.index("day 1/b.tif"))
    source, result = viewer.layers
    assert (source.name, result.name) == ("b", "b [tikhonov]")
    for layer, folder in ((source, raw), (result, out)):
        assert not isinstance(layer.data, np.ndarray)
        pixels = tifffile.imread(folder / "day 1" / "b.tif")
        np.testing.assert_array_equal(np.asarray(layer.data), pixels)
        assert tuple(layer.scale) == (0.5, 1, 1)
        assert str(layer.units[0]) == "micrometer"
        assert "".join(layer.axis_labels) == "ZYX"
    np.testing.assert_array_equal(source.contrast_limits, result.contrast_limits)
    assert result.metadata["napari_denoise"]["source"] == "b"
    double_click(batch, FILES.index("day 1/b.tif"))
    assert viewer.layers[-1].name == "b [tikhonov] [1]"
    assert viewer.layers[-1].metadata["napari_denoise"]["source"] == "b [1]"


@pytest.mark.parametrize(
    ("axes", "shape"), [("ZCYX", (3, 2, 40, 48)), ("YXS", (40, 48, 3))]
)
def test_a_result_is_shown_with_the_axes_of_its_original(
    tmp_path: Path, out: Path, axes: str, shape: tuple[int, ...]
) -> None:
    (tmp_path / "raw").mkdir()
    image = tmp_path / "raw" / "a.tif"
    pixels = np.resize(photons((3, 2, 40, 48), 1), shape)
    tifffile.imwrite(image, pixels, imagej=axes == "ZCYX", metadata={"axes": axes})
    (record,) = denoise_folder(image.parent, out, MODEL, form="zarr").records
    noisy, clean = run_to_end(
        pair_steps(image.parent, out, record, OwnFormats(), lambda: False)
    )
    np.testing.assert_array_equal(np.asarray(noisy[0]), pixels)
    expected = denoise(pixels, MODEL, axes=axes)
    np.testing.assert_array_equal(np.asarray(clean[0]), expected)


def test_only_planes_that_are_looked_at_are_read(
    batch: Any, viewer: Any, run: Any, double_click: Any, raw: Path
) -> None:
    batch.form.folders.pattern.value = "b.tif"
    run(batch)
    double_click(batch, 0)
    pixels = tifffile.memmap(raw / "day 1" / "b.tif", mode="r+")
    pixels[-1, -1, -1] = 7  # behind its back
    pixels.flush()
    assert np.asarray(viewer.layers[0].data[-1])[-1, -1] == 7


def test_the_report_opens_in_the_browser(
    batch: Any, run: Any, click: Any, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile())
    )
    assert not batch.report.enabled
    run(batch)
    click(batch.report)
    assert opened == [str(out / "report.html")]


def test_cancel_keeps_what_is_done(
    batch: Any, movies: Movies, click: Any, run: Any, qtbot: Any, out: Path
) -> None:
    movies.held = 2
    click(batch.run_bar.run)
    click(batch.run_bar.run)  # has no effect
    qtbot.waitUntil(lambda: len(column(batch, FILE)) == 2, timeout=60 * SECOND)
    qtbot.waitUntil(lambda: hidden(out) != [], timeout=PATIENCE)
    click(batch.run_bar.cancel)
    qtbot.waitUntil(lambda: not batch.running, timeout=PATIENCE)
    told = "Cancelled after 2 of 6 files. Run does what is missing."
    assert batch.run_bar.message.value == told
    movies.open.set()
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=PATIENCE)
    assert not hidden(out)
    assert (out / "report.html").exists()
    assert len(list(out.glob("*.tif"))) == 2
    run(batch)
    assert len(list(out.glob("*.tif"))) == 6
    assert column(batch, OUTCOME) == ["there already"] * 2 + ["done"] * 4


def test_closing_ends_the_run(
    batch: Any, movies: Movies, viewer: Any, click: Any, qtbot: Any, out: Path
) -> None:
    movies.held = 0
    click(batch.run_bar.run)
    qtbot.waitUntil(lambda: hidden(out) != [], timeout=60 * SECOND)
    viewer.window.remove_dock_widget(batch.native.parent())
    assert not batch.running
    movies.open.set()
    qtbot.waitUntil(lambda: not WorkerBase._worker_set, timeout=PATIENCE)
    assert not hidden(out)
    assert not list(out.glob("*.tif"))


def test_ten_thousand_rows_stay_quick(batch: Any, qtbot: Any) -> None:
    def seconds(rows: range) -> float:
        """Add rows; on a busy machine the processor's own time tells."""
        began = time.process_time()
        for number in rows:
            record = FileRecord(file=f"{number}.tif", outcome="done", seconds=1.0)
            batch.table.add((record,))
        qtbot.wait(1)
        return time.process_time() - began

    first, _, last = map(seconds, (range(1000), range(1000, 9000), range(9000, 10_000)))
    assert last < 3 * first + 0.1
    assert batch.table.records.rowCount() == 10_000


def test_files_that_only_a_reader_plugin_opens(
    batch: Any,
    viewer: Any,
    counted: Any,
    run: Any,
    double_click: Any,
    raw: Path,
    out: Path,
) -> None:
    np.save(raw / "stack.npy", photons((3, 40, 48), 5))
    (raw / "stack.npy").rename(raw / "stack.scope")
    (raw / "empty.scope").write_bytes(b"")
    with DynamicPlugin("scope-reader") as plugin:

        @plugin.contribute.reader(filename_patterns=["*.scope"])
        def get_reader(path: Any) -> Any:
            return read

        def read(path: Any) -> Any:
            told = {
                "name": "cells",
                "axis_labels": ("t", "y", "x"),
                "scale": (2.0, 0.25, 0.25),
                "units": ("s", "um", "um"),
            }
            points = (np.zeros((1, 3)), {}, "points")
            file = path[0] if isinstance(path, list) else path
            return [points, (np.load(file), told, "image")]

        assert counted(batch) == "5 files found."
        batch.form.folders.pattern.value = "*.scope"
        run(batch)
        assert column(batch, OUTCOME) == ["failed", "done"]
        assert "scope-reader" in column(batch, REMARK)[0]
        double_click(batch, 1)
        source, result = viewer.layers
        assert tuple(result.scale) == tuple(source.scale) == (2, 0.25, 0.25)
        expected = denoise(photons((3, 40, 48), 5), MODEL, axes="TYX")
        np.testing.assert_array_equal(np.asarray(result.data), expected)
    with tifffile.TiffFile(out / "stack.ome.tif") as file:
        assert file.series[0].axes == "TYX"
        assert 'PhysicalSizeX="0.25"' in str(file.ome_metadata)


def test_defaults_are_those_of_the_manifest() -> None:
    manifest = PluginManifest.from_distribution("napari-denoise")
    declared = manifest.contributions.configurations["batch"].properties
    defaults = {name: entry.default for name, entry in declared.items()}
    assert defaults == asdict(RememberedBatch())


def test_settings_are_remembered(
    batch: Any, viewer: Any, run: Any, plugin_settings: None, npe2pm: Any
) -> None:
    with npe2pm.tmp_plugin(package="napari_denoise"):
        batch.form.noise.value = "shared"
        batch.form.advanced.form.value = "zarr"
        run(batch)
        viewer.window.remove_dock_widget(batch.native.parent())
        _, again = viewer.window.add_plugin_dock_widget("napari-denoise", "Batch")
        form = again.form
        assert (form.model.value, form.noise.value) == (MODEL, "shared")
        assert form.advanced.form.value == "zarr"
        assert form.more.value
