"""The *Fine-tune* panel: joins form, check, course and what is saved of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import Container, PushButton
from napari.layers import Image

from napari_denoise._napari.comparing.comparison import is_comparison
from napari_denoise._napari.jobs import explain
from napari_denoise._napari.live import is_preview
from napari_denoise._napari.offered_models import NEWS
from napari_denoise._napari.scrolling import FittingScrollArea
from napari_denoise._napari.tuning import tooltips
from napari_denoise._napari.tuning.bar import CourseBar
from napari_denoise._napari.tuning.dock import CourseDock
from napari_denoise._napari.tuning.findings import FindingsList
from napari_denoise._napari.tuning.form import TuningForm
from napari_denoise._napari.tuning.patches_window import PatchesWindow
from napari_denoise._napari.tuning.saving import SaveForm
from napari_denoise._napari.tuning.session import Session
from napari_denoise._napari.tuning.wording import STILL_OFFERED, why_not
from napari_denoise.errors import DenoiseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

    from napari_denoise._napari.tuning.request import TuningRequest
    from napari_denoise.training.check import PairReport
    from napari_denoise.training.events import (
        EpochDone,
        FineTuned,
        StepDone,
        TrainingStarted,
    )
    from napari_denoise.training.pace import Pace

CHECKING, READING = "Checking …", "Reading images …"
PACING, TRAINING = "Measuring the pace …", "Training …"


class FineTunePanel(Container):  # type: ignore[type-arg]
    """Fine-tune a network on image layers of a viewer, or on files.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Where the layers are.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        self._viewer = napari_viewer
        self._report: PairReport | None = None  # of the images that are chosen now
        self._request: TuningRequest | None = None
        self.form = TuningForm(self._image_layers)
        self.session = Session()
        self.bar = CourseBar()
        self.findings = FindingsList()
        self.saving = SaveForm()
        self.dock = CourseDock(napari_viewer)
        self.patches: PatchesWindow | None = None
        super().__init__(labels=False)
        self.check = PushButton(text="Check pairs", tooltip=tooltips.CHECK)
        self.preview = PushButton(text="Show patches", tooltip=tooltips.PATCHES)
        self.course = PushButton(
            text="Show course", tooltip=tooltips.COURSE, enabled=False
        )
        self._lay_out()
        self._connect()
        self.form.recall()
        self._choose_active_layer()
        self._enable()

    @property
    def running(self) -> bool:
        """Whether anything is in progress."""
        return self.session.running

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list; napari calls this."""
        self.form.reset_choices()

    def _lay_out(self) -> None:
        tools: Container[Any] = Container(
            widgets=[self.check, self.preview, self.course],
            layout="horizontal",
            labels=False,
        )
        tools.margins = (6, 0, 0, 0)
        layout = self.native.layout()
        layout.addWidget(FittingScrollArea(self.form.native))
        layout.addWidget(tools.native)
        layout.addWidget(self.findings.native)
        layout.addWidget(self.bar.native)
        layout.addWidget(self.saving.native)
        self._tools = tools

    def _connect(self) -> None:
        session, bar = self.session, self.bar
        self.form.data_changed.connect(self._on_data)
        self.check.clicked.connect(self._on_check)
        self.preview.clicked.connect(self._on_preview)
        self.course.clicked.connect(self.dock.show)
        bar.run_requested.connect(self._on_start)
        bar.pause_requested.connect(self._on_pause)
        bar.cancel_requested.connect(self._on_stop)
        bar.listen_to_keys(self.native)
        session.checking.connect(self._on_checking)
        session.checked.connect(self._on_checked)
        session.refused.connect(self._on_refused)
        session.pacing.connect(self._on_pacing)
        session.paced.connect(self._on_paced)
        session.started.connect(self._on_started)
        session.stepped.connect(self._on_step)
        session.judged.connect(self._on_judged)
        session.tuned.connect(self._on_tuned)
        session.patches.connect(self._on_patches)
        session.failed.connect(self._on_failed)
        session.ended.connect(self._on_ended)
        self.saving.saved.connect(self._on_saved)
        self.saving.failed.connect(self._on_failed)
        self.saving.use_requested.connect(self._on_use)
        self.native_parent_changed.connect(self._on_parent)
        self.native.destroyed.connect(self._on_gone)

    def _image_layers(self) -> list[Image]:
        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Image)
            and not is_comparison(layer)
            and not is_preview(layer)
        ]

    def _choose_active_layer(self) -> None:
        images = self._image_layers()
        active = self._viewer.layers.selection.active
        if active in images:
            self.form.data.noisy.choose(active)

    def _on_data(self) -> None:
        # What was found of other images is not true of these.
        self._report = None
        self.findings.clear()
        if not self.running:
            self.bar.say("")
        self._enable()

    def _enable(self) -> None:
        refused = self._report is not None and self._report.is_refused
        self.bar.run.enabled = not self.running and not refused
        self.check.enabled = self.preview.enabled = not self.running

    def _begin(self, status: str, start: Callable[[TuningRequest], None]) -> None:
        # Drawing processes events: a second click may come in the middle of this.
        if self.running:
            return
        try:
            request = self.form.request()
        except DenoiseError as error:
            self.bar.say(explain(error), "error")
            return
        self._request = request
        self.form.remember()
        start(request)
        self.bar.start(status)
        self._enable()

    def _on_check(self) -> None:
        self._begin(CHECKING, self.session.check)

    def _on_preview(self) -> None:
        report = self._report
        self._begin(
            "Cutting …", lambda request: self.session.show_patches(request, report)
        )

    def _on_start(self) -> None:
        if self._report is None or not self._report.is_refused:
            self._begin(CHECKING, self.session.train)

    def _on_pause(self, on: bool) -> None:
        self.session.pause(on)
        self.bar.show_pause(on)

    def _on_stop(self) -> None:
        if self.running:
            self.bar.stopping()
            self.session.stop()

    def _on_checking(self, done: int, total: int) -> None:
        self.bar.show_phase(f"Checked {done} of {total}", done / max(total, 1))

    def _on_checked(self, report: PairReport) -> None:
        self._report = report
        self.findings.show_report(report)
        self.bar.show_phase(READING)

    def _on_refused(self, report: PairReport) -> None:
        self._report = report
        self.findings.show_report(report)
        self.bar.say(why_not(report), "error")

    def _on_pacing(self, done: int, total: int) -> None:
        self.bar.show_phase(PACING, done / total)

    def _on_paced(self, pace: Pace) -> None:
        self.form.show_pace(pace)

    def _on_started(self, event: TrainingStarted) -> None:
        request = self._request
        self.bar.show_phase(TRAINING)
        self.bar.allow_pause()
        self.course.enabled = True
        self.dock.show()
        self.dock.start(event, "" if request is None else request.name)

    def _on_step(self, event: StepDone) -> None:
        if not self.session.is_paused:
            self.bar.advance(event.progress, event.seconds_left)

    def _on_judged(self, event: EpochDone) -> None:
        self.dock.add(event)

    def _on_tuned(self, tuned: FineTuned) -> None:
        self.dock.finish(tuned)
        request = self._request
        text = tuned.summary
        if tuned.kept_start and self.saving.is_unsaved:
            text = f"{text} {STILL_OFFERED}"
        self.bar.say(text, "warning" if tuned.kept_start else "plain")
        if not tuned.kept_start and request is not None:
            self.saving.offer(tuned.model, request.model, request.name)

    def _on_patches(self, patches: Any) -> None:
        if self.patches is None:
            self.patches = PatchesWindow(self.native)
        self.patches.show_patches(patches)

    def _on_failed(self, sentence: str) -> None:
        self.bar.say(sentence, "error")

    def _on_ended(self, by_itself: bool) -> None:
        if not by_itself:
            self.bar.say("Stopped. Nothing was changed.")
        self._request = None  # it holds the images
        self.bar.end()
        self._enable()

    def _on_saved(self, name: str) -> None:
        self.bar.say(f"Saved as “{name}”: the Denoise panel offers it now.")

    def _on_use(self, name: str) -> None:
        _, panel = self._viewer.window.add_plugin_dock_widget(
            "napari-denoise", "Denoise"
        )
        panel.form.refresh_models()
        panel.form.model.value = name

    def _on_parent(self, parent: Any) -> None:
        # Closing its dock takes the panel out of the window and leaves it alive.
        if parent is None:
            self.dock.close()
            if self.patches is not None:
                self.patches.close()
            self.session.abandon()
            self.saving.visible = False
            if self.saving.keep():
                NEWS.changed.emit()

    def _on_gone(self) -> None:
        # With its window: no widget of it, nor of other panels, may be touched.
        self.session.abandon()
        self.saving.keep()
