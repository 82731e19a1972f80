"""Menu commands: what can be done without a panel."""

from typing import Any

from napari.layers import Image, Layer
from napari.utils import cancelable_progress
from napari.utils.notifications import show_error, show_warning
from napari.viewer import Viewer

from napari_denoise._napari.comparing.comparison import is_comparison
from napari_denoise._napari.jobs import StepsWorker, explain, make_worker
from napari_denoise._napari.layers import Snapshot, result_tuple, snapshot
from napari_denoise._napari.live import is_preview
from napari_denoise.errors import DenoiseError


def denoise_active_image(viewer: Viewer) -> None:
    """Denoise the selected image layers with the default model, in the background.

    One after the other, each into a layer of its own; progress and Cancel, which
    stops them all, are in the activity dock.
    """
    waiting = _selected_images(viewer)
    if waiting:
        _run_next(viewer, waiting)


def _selected_images(viewer: Viewer) -> list[Snapshot]:
    selected = viewer.layers.selection
    images = [
        layer
        for layer in viewer.layers
        if layer in selected
        and isinstance(layer, Image)
        and not is_comparison(layer)
        and not is_preview(layer)
    ]
    if not images:
        show_warning("Select an image layer to denoise.")
    sources = []
    for layer in images:
        try:
            sources.append(snapshot(layer))
        except DenoiseError as error:
            show_error(_advice(layer.name, error))
    return sources


def _run_next(viewer: Viewer, waiting: list[Snapshot]) -> None:
    sources = [waiting.pop(0)]
    name = sources[0].name
    worker = make_worker(sources[0], "unet", {"axes": sources[0].axes})
    more = f" ({len(waiting)} more to come)" if waiting else ""
    progress = ActivityProgress(worker, f"Denoising {name}{more}")

    def on_returned(denoised: Any) -> None:
        if worker.abort_requested:
            return
        names = {layer.name for layer in viewer.layers}
        viewer.add_layer(Layer.create(*result_tuple(denoised, sources[0], names)))
        if denoised.warnings:
            show_warning("\n".join([f"{name}:", *denoised.warnings]))

    def on_finished() -> None:
        # The window keeps the worker and so this function: not the image, too.
        sources.clear()
        progress.close()
        if worker.abort_requested:
            waiting.clear()
        if waiting:
            _run_next(viewer, waiting)

    # A lambda keeps the progress alive; Qt's Python bindings hold methods weakly.
    worker.yielded.connect(lambda step: progress.show(step))
    worker.returned.connect(on_returned)
    worker.errored.connect(lambda error: show_error(_advice(name, error)))
    worker.finished.connect(lambda *_: on_finished())
    worker.start()


def _advice(name: str, error: Exception) -> str:
    text = f"{name}: {explain(error)}"
    if isinstance(error, DenoiseError):
        text += " (The Denoise panel in the Plugins menu has every option.)"
    return text


class ActivityProgress:
    """A run in napari's activity dock, with a Cancel button.

    Drawing there processes events, so a slot may be called inside itself.
    """

    def __init__(self, worker: StepsWorker, description: str) -> None:
        self._shown = 0
        self._drawing = False
        self._finished = False
        # Percent: a count of pixels overflows Qt's integers.
        self._bar = _Cancelable(total=100, desc=description)
        self._bar.cancelled = worker.quit

    def show(self, step: Any) -> None:
        """Show a step of the core."""
        total = getattr(step, "total", 0)
        percent = 100 * step.done // total if total else 0
        if self._drawing or self._finished or percent <= self._shown:
            return
        self._drawing = True
        self._bar.update(percent - self._shown)
        self._shown = percent
        self._drawing = False
        if self._finished:
            self._bar.close()

    def close(self) -> None:
        """Take the bar away, once nothing draws on it."""
        self._finished = True
        if not self._drawing:
            self._bar.close()


class _Cancelable(cancelable_progress):  # type: ignore[misc]
    cancelled: Any

    def cancel(self) -> None:
        super().cancel()
        self.cancelled()
