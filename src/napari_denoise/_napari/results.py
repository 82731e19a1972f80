"""Results in the viewer: layers that fill as a file does, and complete ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from napari.layers import Image, Layer
from qtpy.QtCore import QTimer

from napari_denoise._napari.layers import result_tuple, unique_name

if TYPE_CHECKING:
    from napari.viewer import Viewer
    from qtpy.QtWidgets import QWidget

    from napari_denoise._napari.comparing.form import CompareForm
    from napari_denoise._napari.runs import Task
    from napari_denoise.denoising import Denoised
    from napari_denoise.filling import Filling

PAINT_MS = 100
"""Time for a window to draw what went before something new comes."""
REFRESH_MS = 500
LEISURE = 10
"""Looking at a filling layer takes at most so small a part of the time."""


class Results:
    """Adds the results of runs to a viewer, and offers to compare them.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where they go.
    compare : CompareForm
        Takes fresh ones.
    parent : QWidget
        What is still to be done ends with it.

    Attributes
    ----------
    layer : napari.layers.Image or None
        The one that is filling.
    """

    def __init__(self, viewer: Viewer, compare: CompareForm, parent: QWidget) -> None:
        self._viewer = viewer
        self._compare = compare
        self.layer: Image | None = None
        self._target: Filling | None = None
        self._fresh: tuple[Image, str] | None = None  # to be compared
        self._offering = QTimer(parent)  # ends with it
        self._offering.setSingleShot(True)
        self._offering.setInterval(PAINT_MS)
        self._offering.timeout.connect(self._offer)
        self._looking = QTimer(parent)
        self._looking.timeout.connect(self._look)

    def begin(self, target: Filling, task: Task) -> None:
        """Show a result that is to be written to a file, empty at first."""
        self.drop()
        models = task.request.model
        label = models if isinstance(models, str) else ", ".join(dict.fromkeys(models))
        source = task.source
        name = unique_name(f"{source.name} [{label}]", self._names())
        metadata = dict(source.state["metadata"])
        state = {**source.state, "name": name, "metadata": metadata, "visible": True}
        selected = set(self._viewer.layers.selection)
        self.layer, self._target = Layer.create(target, state, "image"), target
        self._viewer.add_layer(self.layer)
        # Who looks at another layer meanwhile goes on doing so.
        self._viewer.layers.selection = selected
        self._looking.start(REFRESH_MS)

    def add(self, denoised: Denoised, task: Task, *, select: bool) -> None:
        """Show a complete result.

        Parameters
        ----------
        denoised : Denoised
            The result.
        task : Task
            Its source.
        select : bool
            Whether it is selected; else the selection stays as it is.
        """
        how = self._compare.how.value  # it ends with the preview that it compares
        selected = set(self._viewer.layers.selection)
        layer = self._complete(denoised, task) or self._added(denoised, task)
        self._viewer.layers.selection = {layer} if select else selected
        self._fresh = layer, how
        self._offering.start()

    def drop(self) -> None:
        """Take away a layer that will never be complete."""
        layer = self.layer
        if layer is not None:
            self._looking.stop()
            self.abandon()
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)

    def abandon(self) -> None:
        """Forget it: whoever would look at it is gone."""
        self.layer = self._target = None

    def _names(self) -> set[str]:
        return {layer.name for layer in self._viewer.layers if layer is not self.layer}

    def _added(self, denoised: Denoised, task: Task) -> Image:
        result = Layer.create(*result_tuple(denoised, task.source, self._names()))
        self._viewer.add_layer(result)
        return result

    def _complete(self, denoised: Denoised, task: Task) -> Image | None:
        """Have the filling layer read the file; None where there is none."""
        layer = self.layer
        if layer is None or layer not in self._viewer.layers:
            self.drop()
            return None
        pixels, state, _ = result_tuple(denoised, task.source, self._names())
        self._looking.stop()
        self.abandon()
        layer.data, layer.metadata = pixels, state["metadata"]
        layer.name = state["name"]
        return layer

    def _look(self) -> None:
        """Draw the layer anew if a plane has come that was looked at."""
        target, layer = self._target, self.layer
        if target is None or layer is None:
            self._looking.stop()
        elif layer.visible and target.take_change():
            began = time.monotonic()
            layer.refresh(extent=False)
            # All planes are read where they are shown as a volume.
            took = round(1000 * (time.monotonic() - began))
            self._looking.setInterval(max(REFRESH_MS, LEISURE * took))

    def _offer(self) -> None:
        """Compare a fresh result as the one before was compared."""
        fresh, self._fresh = self._fresh, None
        if fresh is not None and fresh[0] in self._viewer.layers:
            self._compare.offer(fresh[0])
            self._compare.how.value = fresh[1]
