"""The *Denoise* panel: joins forms, runs, preview, comparison and trust."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, Container
from napari.layers import Image
from qtpy.QtWidgets import QApplication

from napari_denoise._napari import tooltips
from napari_denoise._napari.comparing.comparison import Comparison, is_comparison
from napari_denoise._napari.comparing.form import CompareForm
from napari_denoise._napari.console import console_lines
from napari_denoise._napari.form import AUTOMATIC, DenoiseForm
from napari_denoise._napari.jobs import explain
from napari_denoise._napari.live import LivePreview, is_preview
from napari_denoise._napari.messages import Report, text_label
from napari_denoise._napari.results import Results
from napari_denoise._napari.run_bar import RunBar
from napari_denoise._napari.runs import Runs, Task, read_task
from napari_denoise._napari.scrolling import FittingScrollArea
from napari_denoise._napari.tools import ToolBar
from napari_denoise._napari.trust import Trust
from napari_denoise._napari.wording import describe_neighbours, describe_noise
from napari_denoise.errors import DenoiseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

    from napari_denoise._napari.messages import Mood
    from napari_denoise.denoising import Denoised


class DenoisePanel(Container):  # type: ignore[type-arg]
    """Denoise image layers of a viewer.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Where the layers are, and where results go.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        self._viewer = napari_viewer
        self._report = Report()
        self._several = False  # images in a run
        self.form = DenoiseForm(napari_viewer, self._image_layers)
        self.compare = CompareForm(self._comparable_layers)
        self.runs = Runs()
        self.run_bar = RunBar()
        self.tools = ToolBar()
        super().__init__(labels=False)
        self.live = LivePreview(napari_viewer, self.form)
        self.comparison = Comparison(napari_viewer, self.compare)
        self.trust = Trust(napari_viewer, self.native, self._use_model)
        self.preview = CheckBox(text="Preview", tooltip=tooltips.PREVIEW)
        self.note = text_label()
        self.note.visible = False
        self.results = Results(napari_viewer, self.compare, self.native)
        self._lay_out()
        self._connect()
        self._choose_active_layer()
        self._follow_selection()
        self._enable()
        self.preview.value = self.form.recall().preview

    @property
    def running(self) -> bool:
        """Whether anything is in progress; there is never more than one."""
        return self.runs.running or self.trust.running

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list; napari calls this."""
        self.form.reset_choices()
        self.compare.reset_choices()
        self._enable()

    def _lay_out(self) -> None:
        # What may grow is in here: it scrolls, and nothing below it moves.
        inputs: Container[Any] = Container(
            widgets=[self.form, self.preview, self.note, self.compare], labels=False
        )
        inputs.margins = (0, 0, 0, 0)
        layout = self.native.layout()
        layout.addWidget(FittingScrollArea(inputs.native))
        layout.addWidget(self.tools.native)
        layout.addWidget(self.run_bar.native)

    def _connect(self) -> None:
        self.preview.changed.connect(self._on_preview)
        self.live.said.connect(self._note)
        self.live.ended.connect(self._on_preview_ended)
        self.compare.chosen.connect(self._on_compared)
        self.run_bar.run_requested.connect(self._on_run)
        self.run_bar.cancel_requested.connect(self._on_cancel)
        self.run_bar.listen_to_keys(self.native)
        self.runs.opened.connect(self.results.begin)
        self.runs.returned.connect(self._on_returned)
        self.runs.failed.connect(self._on_failed)
        for work in (self.runs, self.trust):
            work.advanced.connect(self.run_bar.advance)
            work.finished.connect(self._on_finished)
        self.trust.said.connect(self.run_bar.say)
        self.trust.failed.connect(self._on_trust_failed)
        self.tools.rank_requested.connect(self._on_rank)
        self.tools.assess_requested.connect(self._on_assess)
        self.tools.copy_requested.connect(self._on_copy)
        self.form.images.layer_chosen.connect(self._on_layer)
        self._viewer.layers.selection.events.changed.connect(self._follow_selection)
        self.native_parent_changed.connect(self._on_parent)
        self.native.destroyed.connect(self._abandon)

    def _image_layers(self) -> list[Image]:
        return [x for x in self._comparable_layers() if not is_preview(x)]

    def _comparable_layers(self) -> list[Image]:
        images = [layer for layer in self._viewer.layers if isinstance(layer, Image)]
        return [layer for layer in images if not is_comparison(layer)]

    def _note(self, text: str) -> None:
        self.note.value = text
        self.note.visible = bool(text)

    def _on_preview(self, on: bool) -> None:
        choice = self.compare.choice()
        if not on and choice is not None and is_preview(choice.result):
            self.comparison.close()  # first what lies over the preview
        self.live.switch(on)

    def _on_preview_ended(self) -> None:
        self.preview.value = False

    def _on_compared(self) -> None:
        # What a comparison hid is shown again at its end, under a preview perhaps.
        if self.compare.choice() is None:
            self.live.cover()

    def _choose_active_layer(self) -> None:
        active = self._viewer.layers.selection.active
        if active in self._image_layers():
            self.form.layer.value = active

    def _follow_selection(self, *_: Any) -> None:
        selected = self._viewer.layers.selection
        images = [layer for layer in self._image_layers() if layer in selected]
        self.form.images.follow_selection(images)

    def _use_model(self, name: str) -> None:
        self.form.model.value = name

    def _on_layer(self) -> None:
        # What was said of another layer's run is not true of this one.
        self.run_bar.say("")
        self._enable()

    def _enable(self) -> None:
        image = self.form.layer.value is not None
        self.run_bar.run.enabled = image and not self.running
        self.tools.allow(image=image, busy=self.running)

    def _start(self, status: str) -> None:
        self.live.hold(True)
        self.run_bar.start(status)
        self.tools.allow(image=True, busy=True)

    def _on_run(self) -> None:
        # Drawing processes events: a second click may come in the middle of this.
        if self.running or self.form.layer.value is None:
            return
        try:
            tasks = self._tasks()
        except DenoiseError as error:
            self.run_bar.say(explain(error), "error")
            return
        self._several = len(tasks) > 1
        self._report = Report(self._several)
        self.form.remember()
        self._start("Measuring the noise …")
        self.runs.start(tasks)

    def _tasks(self) -> list[Task]:
        layers = self.form.images.layers()
        return [
            read_task(self._viewer, layer, self.form, several=len(layers) > 1)
            for layer in layers
        ]

    def _on_rank(self) -> None:
        self._begin(
            "Trying the models …",
            lambda layer: self.trust.rank(layer, self.form.request(layer)),
        )

    def _on_assess(self) -> None:
        self._begin("Assessing the result …", self.trust.assess)

    def _begin(self, status: str, start: Callable[[Image], None]) -> None:
        layer = self.form.layer.value
        if self.running or layer is None:
            return
        try:
            start(layer)
        except DenoiseError as error:
            self.run_bar.say(explain(error), "error")
            return
        self._report = Report()
        self._start(status)

    def _on_copy(self) -> None:
        try:
            lines = console_lines(self._tasks(), self.form.noise)
        except DenoiseError as error:
            self.run_bar.say(explain(error), "error")
            return
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(lines)
            self.run_bar.say("Copied: paste it into napari's console.")

    def _on_cancel(self) -> None:
        if self.running:
            self.run_bar.stopping()
            self.runs.cancel()
            self.trust.cancel()

    def _on_returned(self, denoised: Denoised, task: Task) -> None:
        # Before the preview goes: see LivePreview about layers that follow others.
        # Several layers stay selected, for the next run.
        self.results.add(denoised, task, select=not self._several)
        self.preview.value = False  # the result is there
        along = denoised.provenance["options"]["neighbours"]
        tried = task.request.options["neighbours"] == AUTOMATIC[1]
        found = describe_neighbours(along) if tried else ""
        lines = [describe_noise(denoised.noise), found, *denoised.warnings]
        mood: Mood = "warning" if denoised.warnings else "plain"
        self._say(lines, task, mood)

    def _on_failed(self, sentence: str, task: Task) -> None:
        self.results.drop()
        self._say([sentence], task, "error")

    def _on_trust_failed(self, sentence: str) -> None:
        self.run_bar.say(sentence, "error")

    def _say(self, lines: list[str], task: Task, mood: Mood) -> None:
        self._report.add([line for line in lines if line], task.source.name, mood)
        self.run_bar.say(self._report.text, self._report.mood)

    def _on_finished(self, all_done: bool) -> None:
        if not all_done:
            kept = "What was done before is kept." if self._report else ""
            end = f"Cancelled. {kept or 'Nothing was changed.'}"
            text = "\n".join(filter(None, [self._report.text, end]))
            self.run_bar.say(text, self._report.mood)
        self.results.drop()
        self.live.hold(False)
        self.run_bar.end()
        self._enable()

    def _on_parent(self, parent: Any) -> None:
        # Closing its dock takes the panel out of the window and leaves it alive.
        if parent is None:
            self.comparison.close()
            self.preview.value = False
            self.form.noise.close()
            self.trust.close()
            self.results.drop()
            self._abandon()

    def _abandon(self) -> None:
        for work in (self.runs, self.trust, self.live, self.results):
            work.abandon()
