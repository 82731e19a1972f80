"""The Fine-tune panel in a real viewer: real images, real training, real threads."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch
from napari.utils.notifications import notification_manager
from npe2 import PluginManifest
from qtpy.QtWidgets import QLabel
from superqt.utils import WorkerBase

from napari_denoise._napari.tuning.advanced import ALONE, LOSSES, PARTS
from napari_denoise._napari.tuning.data_form import WAYS
from napari_denoise._napari.tuning.panel import CHECKING, PACING, READING, TRAINING
from napari_denoise._napari.tuning.pictures import Pictures, as_image
from napari_denoise._napari.tuning.settings import RememberedTuning
from napari_denoise._napari.tuning.tooltips import NUMBERS, SWITCHES
from napari_denoise._napari.tuning.view import INSTALL, CourseView
from napari_denoise._napari.tuning.wording import STILL_OFFERED, suggest_name
from napari_denoise.models import load_model, new_model, own_models, save_own_model
from napari_denoise.models.names import check_name
from napari_denoise.noise import NoiseModel
from napari_denoise.training import losses, targets, trainable
from napari_denoise.training.augmentation import Augmentation
from napari_denoise.training.events import Point, TrainingStarted
from tests.napari.conftest import PATIENCE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


PAUSE = 3 * SECOND // 2
MANY = 4000
"""Steps that no test waits for."""


@pytest.fixture(autouse=True)
def start(own_folder: Path) -> None:
    """A small network of random weights: quick, and easily beaten."""
    save_own_model(new_model("unet", widths=[8, 16], blocks=1), "small")


@pytest.fixture
def tune(viewer: Any, pair: Any) -> Callable[..., Any]:
    def tune(steps: int = 80) -> Any:
        viewer.add_image(pair[1], name="clean")
        viewer.add_image(pair[0], name="noisy")
        _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Fine-tune")
        panel.form.model.value = "small"
        panel.form.steps = steps
        panel.form.advanced.device.value = "cpu"
        return panel

    return tune


@pytest.fixture
def finish(qtbot: Any) -> Callable[[Any], None]:
    def finish(panel: Any) -> None:
        qtbot.waitUntil(lambda: not panel.running, timeout=60 * SECOND)

    return finish


@pytest.fixture
def no_memory() -> Iterator[None]:
    """Fail every layer of every network, as a device without memory does."""
    from torch.nn.modules.module import register_module_forward_pre_hook

    def fail(*_: Any) -> None:
        raise torch.OutOfMemoryError("out of memory on purpose")

    hook = register_module_forward_pre_hook(fail)
    yield
    hook.remove()


def is_on(button: Any) -> bool:
    return bool(button.native.isEnabled())


def test_all_panels_open_without_torch() -> None:
    code = """
import sys
from napari_denoise._napari.launch import open_viewer
viewer = open_viewer()
viewer.window.add_plugin_dock_widget("napari-denoise", "Fine-tune")
viewer.window.add_plugin_dock_widget("napari-denoise", "Batch")
assert len(viewer.window.dock_widgets) == 3
assert "torch" not in sys.modules
viewer.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_what_is_offered_is_what_the_core_knows() -> None:
    assert [name for _, name in LOSSES] == list(losses.LOSSES)
    assert [name for _, name in PARTS] == list(trainable.TRAINABLE)
    ways = {name for _, name in (*WAYS, *ALONE)} - {"alone"}
    assert ways == set(targets.TARGETS)
    assert {*SWITCHES, *NUMBERS} == set(Augmentation().to_dict())


def test_the_other_image_of_that_size_is_taken_as_clean(tune: Any) -> None:
    panel = tune()
    data = panel.form.data
    assert (data.noisy.layer.name, data.clean.layer.name) == ("noisy", "clean")
    data.noisy.box.value = data.clean.layer
    assert data.clean.layer.name == "noisy"


def test_from_start_to_the_denoise_panel(
    tune: Any, open_panel: Any, click: Any, finish: Any
) -> None:
    denoise, panel = open_panel(), tune()
    width = panel.native.sizeHint().width()
    click(panel.bar.run)
    finish(panel)
    assert "better than the start" in panel.bar.message.value
    assert panel.findings.sentences[0].startswith("1 pair checked")
    name = panel.saving.box.value
    assert name == "small noisy"
    assert name not in denoise.form.model.choices
    click(panel.saving.save)
    assert name in denoise.form.model.choices
    assert denoise.form.model.value == "tikhonov"
    click(panel.saving.use)
    assert denoise.form.model.value == name
    assert load_model(name).card.training["gain_db"] > 0
    assert panel.native.sizeHint().width() <= width
    assert is_on(panel.bar.run)
    assert panel.form.model.value == "small"


def test_a_name_that_is_taken_is_replaced_only_on_purpose(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune()
    click(panel.bar.run)
    finish(panel)
    panel.saving.box.value = "small"
    click(panel.saving.save)
    assert "already" in panel.bar.message.value
    panel.saving.replace.value = True
    click(panel.saving.save)
    assert "Saved as “small”" in panel.bar.message.value
    assert load_model("small").card.training["gain_db"] > 0


def test_where_the_start_is_kept_nothing_is_offered(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune(steps=1)
    panel.form.model.value = "unet-fast"
    panel.form.advanced.train.value = "ends"
    click(panel.bar.run)
    finish(panel)
    assert panel.bar.message.value.startswith("The start was kept")
    assert panel.saving.native.isHidden()


def test_what_is_not_saved_stays_on_offer_until_there_is_better(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune()
    click(panel.bar.run)
    finish(panel)
    panel.form.model.value = "unet-fast"
    panel.form.advanced.train.value, panel.form.steps = "ends", 1
    click(panel.bar.run)
    finish(panel)
    assert panel.bar.message.value.startswith("The start was kept")
    assert panel.bar.message.value.endswith(STILL_OFFERED)
    data = panel.form.data
    data.noisy.box.value = data.clean.layer
    click(panel.bar.run)
    finish(panel)
    assert not is_on(panel.bar.run)
    assert not panel.saving.native.isHidden()
    click(panel.saving.save)
    started_from = load_model("small noisy").card.training["started_from"]
    assert started_from.startswith("small ")


def test_a_better_one_does_not_cost_the_one_before(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune()
    for seed in (0, 1):
        panel.form.advanced.seed.value = seed
        click(panel.bar.run)
        finish(panel)
        assert "better than the start" in panel.bar.message.value
    assert panel.saving.box.value == "small noisy 2"
    click(panel.saving.save)
    kept = [load_model(name).card.training for name in ("small noisy", "small noisy 2")]
    assert [training["seed"] for training in kept] == [0, 1]


def test_the_clean_layer_is_guessed_anew_unless_it_was_chosen(
    viewer: Any, open_panel: Any
) -> None:
    image = np.zeros((32, 32), np.uint16)
    layers = {
        name: viewer.add_image(image, name=name)
        for name in ("high A", "high B", "low A", "low B")
    }
    _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Fine-tune")
    data = panel.form.data
    for letter in "AB":
        data.noisy.box.value = layers[f"low {letter}"]
        assert data.clean.layer.name == f"high {letter}"
    data.clean.box.value = layers["high A"]
    data.noisy.box.value = layers["low A"]
    data.noisy.box.value = layers["low B"]
    assert data.clean.layer.name == "high A"


def test_closing_the_panel_saves_what_was_not_saved(
    viewer: Any, tune: Any, open_panel: Any, click: Any, finish: Any
) -> None:
    denoise, panel = open_panel(), tune()
    click(panel.bar.run)
    finish(panel)
    panel.saving.box.value = "small"  # that name is taken
    viewer.window.remove_dock_widget(panel.native)
    told = [str(notification) for notification in notification_manager.records]
    assert any("saved as “small noisy”" in sentence for sentence in told)
    assert load_model("small noisy").card.training["gain_db"] > 0
    assert "small noisy" in denoise.form.model.choices


def test_closing_the_panel_saves_nothing_twice(
    viewer: Any, tune: Any, click: Any, finish: Any
) -> None:
    panel = tune()
    click(panel.bar.run)
    finish(panel)
    panel.saving.box.value = "mine"
    click(panel.saving.save)
    viewer.window.remove_dock_widget(panel.native)
    assert {card.name for card in own_models()} == {"small", "mine"}


def test_closing_the_viewer_saves_what_was_not_saved(
    viewer: Any, tune: Any, click: Any, finish: Any, qtbot: Any
) -> None:
    panel = tune()
    click(panel.bar.run)
    finish(panel)
    viewer.close()

    def is_saved() -> bool:
        return "small noisy" in {card.name for card in own_models()}

    qtbot.waitUntil(is_saved, timeout=PATIENCE)


def test_the_bar_says_what_goes_on(tune: Any, click: Any, finish: Any) -> None:
    panel, said = tune(), []
    session = panel.session
    before = (session.checking, session.checked, session.pacing)
    for signal in (*before, session.started, session.stepped):
        signal.connect(lambda *_: said.append(panel.bar.status.value))
    click(panel.bar.run)
    assert panel.bar.status.value == CHECKING
    finish(panel)
    assert said[:3] == ["Checked 1 of 1", READING, TRAINING]
    assert PACING not in said
    assert said[-1].endswith(" left")
    said.clear()
    click(panel.check)
    finish(panel)
    assert list(dict.fromkeys(said)) == ["Checked 1 of 1", READING, PACING]


def test_small_pictures_are_enlarged_without_blur(qtbot: Any) -> None:
    pixels = np.random.default_rng(0).integers(0, 2, (16, 16)).astype(float)
    pictures = Pictures()
    qtbot.addWidget(pictures)
    pictures.resize(400, 420)
    pictures.show_pictures([("", as_image(pixels, (0.0, 1.0)))])
    drawn = pictures.grab().toImage()
    grays = {drawn.pixelColor(x, 200).value() for x in range(20, 380)}
    assert grays == {0, 255}


def test_a_swapped_pair_is_refused_and_start_stays_off(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune()
    data = panel.form.data
    data.noisy.box.value = data.clean.layer
    click(panel.check)
    finish(panel)
    assert "cannot be trained on" in panel.findings.sentences[0]
    assert panel.findings.sentences[1].startswith("Refused: ")
    assert panel.bar.message.value.startswith("Training on this would do harm.")
    assert not is_on(panel.bar.run)
    click(panel.bar.run)
    assert not panel.running
    data.noisy.box.value = data.clean.layer
    assert is_on(panel.bar.run)
    assert panel.findings.sentences == []


def test_start_refuses_too(tune: Any, click: Any, finish: Any) -> None:
    panel = tune()
    data = panel.form.data
    data.noisy.box.value = data.clean.layer
    click(panel.bar.run)
    finish(panel)
    assert not is_on(panel.bar.run)
    assert panel.dock.view is None


def test_the_check_tells_how_far_some_minutes_get(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune(steps=30)
    before = panel.form.estimate.value
    click(panel.check)
    finish(panel)
    assert "measured by the check" in before
    estimate = panel.form.estimate.value
    assert estimate.startswith("About 30 steps, 120 patches")
    tuned: list[Any] = []
    panel.session.tuned.connect(tuned.append)
    click(panel.bar.run)
    finish(panel)
    report = tuned[0].report
    assert report["steps"] * report["course"]["batch"] == 120
    assert panel.form.estimate.value == estimate
    panel.form.model.value = "unet-fast"
    assert panel.form.estimate.value == before


def test_stop_keeps_the_best(tune: Any, click: Any, finish: Any, qtbot: Any) -> None:
    panel = tune(steps=MANY // 10)
    click(panel.bar.run)
    qtbot.waitUntil(
        lambda: panel.dock.view is not None and len(panel.dock.view.training) > 5,
        timeout=60 * SECOND,
    )
    click(panel.bar.cancel)
    finish(panel)
    assert "better than the start" in panel.bar.message.value
    click(panel.saving.save)
    told = load_model("small noisy").card.training
    assert 0 < told["steps"] < MANY // 10


def test_a_pause_holds_the_steps_and_takes_no_time(
    tune: Any, click: Any, finish: Any, qtbot: Any
) -> None:
    panel, steps = tune(steps=MANY), []
    panel.session.stepped.connect(steps.append)
    click(panel.bar.run)
    qtbot.waitUntil(lambda: len(steps) > 3, timeout=60 * SECOND)
    click(panel.bar.pause)
    qtbot.wait(2 * SECOND)  # the step that was under way
    held = len(steps)
    qtbot.wait(PAUSE)
    assert len(steps) == held
    assert panel.bar.status.value == "Paused"
    click(panel.bar.pause)
    qtbot.waitUntil(lambda: len(steps) > held, timeout=60 * SECOND)
    assert steps[held].step == steps[held - 1].step + 1
    assert steps[held].seconds - steps[held - 1].seconds < PAUSE / SECOND
    click(panel.bar.pause)
    click(panel.bar.cancel)  # a pause does not hold the end up
    finish(panel)
    assert is_on(panel.bar.run)
    assert not is_on(panel.bar.pause)


def test_stop_before_training_changes_nothing(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune(steps=MANY)
    click(panel.bar.run)
    click(panel.bar.cancel)
    finish(panel)
    assert panel.bar.message.value == "Stopped. Nothing was changed."
    assert panel.dock.view is None
    assert panel.saving.native.isHidden()


def test_nothing_holds_the_images_afterwards(
    viewer: Any, tune: Any, click: Any, finish: Any, qtbot: Any, pair: Any
) -> None:
    panel = tune(steps=2)
    pixels = pair[0].copy()
    image = weakref.ref(pixels)
    panel.form.data.noisy.choose(viewer.add_image(pixels, name="copy"))
    panel.form.data.clean.choose(viewer.layers["clean"])
    for button in (panel.check, panel.bar.run):
        click(button)
        finish(panel)
    viewer.layers.clear()
    del pixels

    def gone() -> bool:
        gc.collect()
        return image() is None

    qtbot.waitUntil(gone, timeout=PATIENCE)


def test_model_time_and_device_are_remembered(
    viewer: Any, tune: Any, click: Any, finish: Any
) -> None:
    panel = tune()
    panel.form.length.value = 0.0
    panel.form.minutes.value = 7
    click(panel.check)
    finish(panel)
    viewer.window.remove_dock_widget(panel.native)
    _, again = viewer.window.add_plugin_dock_widget("napari-denoise", "Fine-tune")
    form = again.form
    assert (form.model.value, form.minutes.value) == ("small", 7)
    assert form.length.value == 0
    assert form.advanced.device.value == "cpu"
    assert form.more.value


def test_noise_that_is_typed_is_taken_and_what_was_found_before_is_forgotten(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune()
    noise = panel.form.data.noise
    assert noise.choice.native.isHidden()
    panel.form.more.value = True
    assert not noise.choice.native.isHidden()
    assert panel.form.request().data["noise"] == "auto"
    click(panel.check)
    finish(panel)
    assert panel.findings.sentences
    noise.choice.value = "typed"
    assert panel.findings.sentences == []
    noise.numbers.gain.value, noise.numbers.offset.value = 0.125, 90
    assert panel.form.request().data["noise"] == NoiseModel(0.125, 90.0, 2.0)
    click(panel.check)
    finish(panel)
    assert any("does not fit" in said for said in panel.findings.sentences)
    noise.numbers.gain.value = noise.numbers.read_noise.value = 0
    click(panel.check)
    assert panel.bar.message.value.startswith("Type a gain")


def test_closing_the_panel_ends_the_course(
    viewer: Any, tune: Any, click: Any, qtbot: Any
) -> None:
    panel = tune(steps=MANY)
    click(panel.bar.run)
    qtbot.waitUntil(lambda: panel.session.is_training, timeout=60 * SECOND)
    click(panel.bar.pause)
    viewer.window.remove_dock_widget(panel.native)
    assert WorkerBase.await_workers(30 * SECOND) is None
    assert panel.dock.view is None
    assert list(viewer.window.dock_widgets) == []


def test_closing_the_viewer_ends_the_course(
    viewer: Any, tune: Any, click: Any, qtbot: Any
) -> None:
    panel = tune(steps=MANY)
    click(panel.bar.run)
    qtbot.waitUntil(lambda: panel.session.is_training, timeout=60 * SECOND)
    viewer.close()
    assert WorkerBase.await_workers(30 * SECOND) is None


def test_out_of_memory_is_told_and_start_works_again(
    tune: Any, click: Any, finish: Any, request: Any
) -> None:
    panel = tune()
    request.getfixturevalue("no_memory")
    click(panel.bar.run)
    finish(panel)
    assert "memory" in panel.bar.message.value
    assert is_on(panel.bar.run)


def test_folders_that_are_missing_or_vanish_are_told(
    tune: Any, click: Any, finish: Any, tmp_path: Path, pair: Any
) -> None:
    panel = tune()
    data = panel.form.data
    data.noisy.box.value = data.clean.box.value = "folder"
    click(panel.bar.run)
    assert panel.bar.message.value == "Choose the folder with the noisy images first."
    for rows, image in ((data.noisy, pair[0]), (data.clean, pair[1])):
        folder = tmp_path / rows.box.label
        folder.mkdir()
        tifffile.imwrite(folder / "one.tif", image)
        rows.path.value = folder
    click(panel.check)
    finish(panel)
    assert panel.findings.sentences[0].startswith("1 pair checked")
    (tmp_path / "Clean" / "one.tif").unlink()
    click(panel.bar.run)
    finish(panel)
    assert "holds no images" in panel.bar.message.value
    assert is_on(panel.bar.run)


def test_repeated_frames_are_a_stack_along_t(
    viewer: Any, tune: Any, click: Any, finish: Any, pair: Any
) -> None:
    rng = np.random.default_rng(0)
    frames = pair[1] + rng.normal(0, 20, (6, *pair[1].shape))
    panel = tune(steps=20)
    data = panel.form.data
    data.noisy.choose(viewer.add_image(frames.astype(np.float32), name="frames"))
    assert data.axes.value == "ZYX"
    data.way.value = "frames"
    assert data.axes.value == "TYX"
    assert data.clean.box.native.isHidden()
    assert panel.form.request().clean is None
    click(panel.bar.run)
    finish(panel)
    assert panel.findings.sentences[0].startswith("1 image checked")
    assert panel.dock.view.pictures.titles == ["noisy", "before", "now", "clean"]


@pytest.mark.parametrize("method", ["recorrupted", "blind"])
def test_noisy_images_alone(tune: Any, click: Any, finish: Any, method: str) -> None:
    panel = tune(steps=20)
    panel.form.data.way.value = "alone"
    panel.form.advanced.alone.value = method
    panel.form.advanced.loss.value = "ssim"  # was chosen for clean images
    click(panel.bar.run)
    finish(panel)
    assert panel.findings.sentences[0].startswith("1 image checked")
    assert panel.dock.view.pictures.titles == ["noisy", "before", "now"]
    assert len(panel.dock.view.training) > 5


def test_patches_are_shown_noisy_above_clean(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune()
    panel.form.advanced.augmentation.preset.value = "own"
    panel.form.advanced.augmentation.numbers["zoom"].value = 0.2
    click(panel.preview)
    finish(panel)
    titles = panel.patches.pictures.titles
    assert titles == ["noisy"] * 8 + ["clean"] * 8
    panel.patches.close()


def test_a_dock_that_was_closed_shows_all_when_it_comes_back(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune(steps=20)
    click(panel.bar.run)
    finish(panel)
    view = panel.dock.view
    curve, words = list(view.validation), view.verdict.text()
    assert curve[0][0] == 0
    assert len(curve) > 5
    assert words.startswith("noisy: ")
    panel.dock.close()
    assert panel.dock.view is None
    click(panel.course)
    assert panel.dock.view.validation == curve
    assert panel.dock.view.verdict.text() == words


def test_without_pyqtgraph_pictures_and_sentences_are_left(
    monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    monkeypatch.setitem(sys.modules, "pyqtgraph", None)
    view = CourseView()
    qtbot.addWidget(view)
    plane = np.ones((16, 16), np.float32)
    first = Point(0, 0.0, 0.5, 0.5, 0.0, 0.0)
    view.start(
        TrainingStarted("cpu", 3.0, (first,), plane, plane, plane, is_resumed=False),
        "cells",
    )
    assert view.curves is None
    assert INSTALL in [label.text() for label in view.findChildren(QLabel)]
    assert view.pictures.titles == ["noisy", "before", "now", "clean"]
    assert "+3.00 dB" in view.verdict.text()
    assert view.verdict.text().startswith("cells: ")


def test_what_was_found_before_is_gone_from_the_list(
    tune: Any, click: Any, finish: Any
) -> None:
    panel = tune()
    for _ in range(2):
        click(panel.check)
        finish(panel)
    labels = panel.findings.native.widget().findChildren(QLabel)
    shown = [label.text() for label in labels if not label.isHidden()]
    assert sorted(shown) == sorted(panel.findings.sentences)


@pytest.mark.parametrize(
    ("start", "images"), [("unet", "Actin 20× [raw]"), ("dncnn", "?"), ("a", "x" * 99)]
)
def test_names_that_are_suggested_can_be_had(start: str, images: str) -> None:
    name = suggest_name(start, images, {})
    assert check_name(name) == name if images != "?" else name == "dncnn"
    assert suggest_name(start, images, {name}) == f"{name} 2"


def test_defaults_are_those_of_the_manifest() -> None:
    manifest = PluginManifest.from_distribution("napari-denoise")
    declared = manifest.contributions.configurations["fine_tune"].properties
    usual = asdict(RememberedTuning())
    assert {name: entry.default for name, entry in declared.items()} == usual
