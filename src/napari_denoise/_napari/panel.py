"""The *Denoise* panel: joins the form, the run bar and a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, Container
from napari.layers import Image, Layer

from napari_denoise._napari import tooltips
from napari_denoise._napari.form import AUTOMATIC, DenoiseForm
from napari_denoise._napari.jobs import DenoiseWorker, explain, make_worker
from napari_denoise._napari.layers import result_tuple, snapshot
from napari_denoise._napari.live import LivePreview, is_preview
from napari_denoise._napari.run_bar import RunBar, text_label
from napari_denoise._napari.scrolling import FittingScrollArea
from napari_denoise._napari.wording import describe_neighbours, describe_noise
from napari_denoise.errors import DenoiseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

    from napari_denoise._napari.layers import Snapshot
    from napari_denoise._napari.run_bar import Mood
    from napari_denoise.denoising import Denoised, NoiseMeasured, TileDone


class DenoisePanel(Container):  # type: ignore[type-arg]
    """Denoise one image layer of a viewer.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Where the layers are, and where results go.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        self._viewer = napari_viewer
        self._worker: DenoiseWorker | None = None
        self._source: Snapshot | None = None
        self._tries = False  # whether neighbours help is found out by the run
        self.form = DenoiseForm(self._image_layers)
        self.run_bar = RunBar()
        super().__init__(labels=False)
        layout = self.native.layout()
        self.live = LivePreview(napari_viewer, self.form)
        self.preview = CheckBox(text="Preview", tooltip=tooltips.PREVIEW)
        self.note = text_label()
        self.note.visible = False
        layout.addWidget(FittingScrollArea(self.form.native))
        layout.addWidget(self.preview.native)
        layout.addWidget(self.note.native)
        layout.addWidget(self.run_bar.native)
        self.preview.changed.connect(self.live.switch)
        self.live.said.connect(self._note)
        self.live.ended.connect(self._on_preview_ended)
        self.run_bar.run_requested.connect(self._on_run)
        self.run_bar.cancel_requested.connect(self._on_cancel)
        self.form.layer_chosen.connect(self._on_layer)
        self.native_parent_changed.connect(self._on_parent)
        self.native.destroyed.connect(self._abandon)
        self._choose_active_layer()
        self._enable_run()

    @property
    def running(self) -> bool:
        """Whether a run is in progress; there is never more than one."""
        return self._worker is not None

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list; napari calls this."""
        self.form.reset_choices()
        self._enable_run()

    def _image_layers(self) -> list[Image]:
        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Image) and not is_preview(layer)
        ]

    def _note(self, text: str) -> None:
        self.note.value = text
        self.note.visible = bool(text)

    def _on_preview_ended(self) -> None:
        self.preview.value = False

    def _choose_active_layer(self) -> None:
        active = self._viewer.layers.selection.active
        if active in self._image_layers():
            self.form.layer.value = active

    def _on_layer(self) -> None:
        # What was said of another layer's run is not true of this one.
        self.run_bar.say("")
        self._enable_run()

    def _enable_run(self) -> None:
        layer = self.form.layer.value
        self.run_bar.run.enabled = layer is not None and not self.running

    def _on_run(self) -> None:
        # Drawing processes events: a second click may come in the middle of this.
        layer = self.form.layer.value
        if self.running or layer is None:
            return
        try:
            source = snapshot(layer)
            request = self.form.request()
            self._tries = request.options["neighbours"] == AUTOMATIC[1]
            self._start(make_worker(source, request.model, request.options), source)
        except DenoiseError as error:
            self.run_bar.say(explain(error), "error")

    def _start(self, worker: DenoiseWorker, source: Snapshot) -> None:
        def current(slot: Callable[..., None]) -> Callable[..., None]:
            # A run that was abandoned has nothing more to say here.
            return lambda *args: slot(*args) if worker is self._worker else None

        self._worker = worker
        self._source = source
        self.live.hold(True)
        worker.yielded.connect(current(self._on_step))
        worker.returned.connect(current(self._on_returned))
        worker.errored.connect(current(self._on_errored))
        worker.aborted.connect(current(self._on_aborted))
        worker.finished.connect(current(self._on_finished))
        self.run_bar.start("Measuring the noise …")
        worker.start()

    def _on_cancel(self) -> None:
        if self._worker is not None:
            self.run_bar.stopping()
            self._worker.quit()

    def _on_step(self, step: NoiseMeasured | TileDone) -> None:
        from napari_denoise.denoising import TileDone  # imported long since

        if isinstance(step, TileDone):
            self.run_bar.advance(step.done, step.total, step.seconds_left)

    def _on_returned(self, denoised: Denoised) -> None:
        if self._source is None or self._worker is None:
            return
        if self._worker.abort_requested:
            # Cancel may come after the last tile: still nothing is kept.
            self._on_aborted()
            return
        names = {layer.name for layer in self._viewer.layers}
        result = result_tuple(denoised, self._source, names)
        self.preview.value = False  # the result is there
        self._viewer.add_layer(Layer.create(*result))
        self._report(denoised)

    def _report(self, denoised: Denoised) -> None:
        along = denoised.provenance["options"]["neighbours"]
        found = describe_neighbours(along) if self._tries else ""
        lines = [describe_noise(denoised.noise), found, *denoised.warnings]
        mood: Mood = "warning" if denoised.warnings else "plain"
        self.run_bar.say("\n".join(line for line in lines if line), mood)

    def _on_errored(self, error: Exception) -> None:
        self.run_bar.say(explain(error), "error")

    def _on_aborted(self) -> None:
        self.run_bar.say("Cancelled. Nothing was changed.")

    def _on_finished(self) -> None:
        self._worker = self._source = None
        self.live.hold(False)
        self.run_bar.end()
        self._enable_run()

    def _on_parent(self, parent: Any) -> None:
        # Closing its dock takes the panel out of the window and leaves it alive.
        if parent is None:
            self.preview.value = False
            self._abandon()

    def _abandon(self) -> None:
        worker, self._worker, self._source = self._worker, None, None
        if worker is not None:
            worker.quit()
        self.live.abandon()
