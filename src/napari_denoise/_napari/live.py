"""The live preview: what is in view, denoised again whenever something changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from napari.layers import Image
from psygnal import Signal
from qtpy.QtCore import QTimer
from superqt.utils import create_worker

from napari_denoise._napari.jobs import explain
from napari_denoise._napari.layers import snapshot
from napari_denoise._napari.measured import MeasuredImage
from napari_denoise._napari.view import camera, translation, visible_part
from napari_denoise.axes import resolve_axes
from napari_denoise.errors import DenoiseError

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_denoise._napari.form import DenoiseForm, Request
    from napari_denoise._napari.layers import Snapshot
    from napari_denoise._napari.measured import Found
    from napari_denoise._napari.view import View

PAUSE_MS = 150
"""What changes faster than this is waited for."""
LOOKS = ("contrast_limits", "colormap", "gamma", "interpolation2d", "opacity")
"""What a preview has in common with its image at any time."""
COVERING = ("opaque", "translucent", "translucent_no_depth")
"""Blendings under which a layer hides those below it."""
_previews: WeakKeyDictionary[Image, ref[Image]] = WeakKeyDictionary()
"""Of each piece the layer that it shows a part of."""


def is_preview(layer: Image) -> bool:
    """Whether a layer is a temporary one of a preview."""
    return layer in _previews


def previewed(piece: Image) -> Image | None:
    """Return the layer that a temporary one shows a part of, None if it is no piece."""
    found = _previews.get(piece)
    return None if found is None else found()


class LivePreview:
    """A temporary layer over the one that is chosen; gone when it is off.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where the layer is shown.
    form : DenoiseForm
        Says what is asked for.

    Attributes
    ----------
    said : Signal
        Text for the user, empty if all is well.
    ended : Signal
        The preview went off by itself.
    """

    said = Signal(str)
    ended = Signal()

    def __init__(self, viewer: Viewer, form: DenoiseForm) -> None:
        self._viewer, self._form = viewer, form
        self.layer: Image | None = None
        self._of: Image | None = None  # the layer that it shows a part of
        self._covered = False  # that layer would shine through, and was hidden
        self._on = self._held = False
        self._asked: tuple[Any, ...] | None = None
        # What is being computed is out of date; what is being measured is, too.
        self._newer, self._elsewhere = threading.Event(), threading.Event()
        self._busy = False
        self._measured = MeasuredImage()
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._update)

    @property
    def busy(self) -> bool:
        """Whether something is being computed, or soon will be."""
        return self._busy or self._timer.isActive()

    def switch(self, on: bool) -> None:
        """Switch it on or off."""
        if on == self._on:
            return
        self._on = on
        for emitter in self._emitters():
            (emitter.connect if on else emitter.disconnect)(self._schedule)
        removed = self._viewer.layers.events.removed
        (removed.connect if on else removed.disconnect)(self._on_removed)
        if on:
            self._schedule()
        else:
            self._timer.stop()
            self._drop()
            self._remove()
            self._measured.forget()
            self.said.emit("")

    def abandon(self) -> None:
        """Stop without touching anything of Qt or napari: they may be gone."""
        self._on = False
        self._drop()

    def hold(self, held: bool) -> None:
        """Leave the processor to a run; afterwards show what changed meanwhile."""
        self._held = held
        if held:
            self._drop()
            self.said.emit("")
        else:
            self._schedule()

    def _drop(self) -> None:
        self._newer.set()
        self._elsewhere.set()
        self._asked = None

    def _renew(self, *_: Any) -> None:
        """Begin again: the image is no longer what it was."""
        self._drop()
        self._remove()
        self._measured.forget()
        self._schedule()

    def _emitters(self) -> list[Any]:
        dims = self._viewer.dims.events
        return [
            self._form.changed,
            camera(self._viewer).events,
            dims.current_step,
            dims.order,
            dims.ndisplay,
        ]

    def _schedule(self, *_: Any) -> None:
        if self._on and not self._held:
            self._timer.start()

    def _update(self) -> None:
        if not self._on or self._held:
            return
        try:
            wanted = self._wanted()
        except DenoiseError as error:
            self._asked = None
            self._remove()
            self.said.emit(explain(error))
            return
        if wanted is None:
            self.said.emit("")
            return
        if wanted[0] == self._asked:
            return
        if self._busy:  # its end calls here again
            self._newer.set()
            if self._measured.key_of(*wanted[2:]) != self._measured.key:
                self._elsewhere.set()
            return
        self._asked = wanted[0]
        if self._of is not wanted[1]:
            # At once: OpenGL drivers were seen to crash where one layer goes and
            # another comes without anything being drawn between.
            self._remove()
        self._start(*wanted[1:])

    def _wanted(self) -> tuple[Any, ...] | None:
        """Return what identifies the answer, and what it takes to compute it."""
        layer = self._form.layer.value
        if layer is None:
            return None
        request = self._form.request()
        source = snapshot(layer)
        axes = resolve_axes(source.data.shape, request.options["axes"], source.axes)
        view = visible_part(self._viewer, layer, axes)
        key = (id(layer), id(source.data), request.model, request.options, view)
        return key, layer, source, request, view

    def _start(
        self, layer: Image, source: Snapshot, request: Request, view: View
    ) -> None:
        self._busy = True
        self._newer.clear()
        self._elsewhere.clear()
        self.said.emit("Preview …")
        worker = create_worker(
            self._measured.denoise,
            source,
            request,
            view,
            self._newer.is_set,
            self._elsewhere.is_set,
            _ignore_errors=True,
        )
        worker.returned.connect(lambda found: self._show(layer, source, view, found))
        worker.errored.connect(self._on_errored)
        worker.finished.connect(lambda *_: self._on_finished())
        worker.start()

    def _show(
        self, layer: Image, source: Snapshot, view: View, found: Found | None
    ) -> None:
        is_late = self._newer.is_set() or not self._on
        if found is None or is_late or layer not in self._viewer.layers:
            self.said.emit("")
            return
        plane, note = found
        self.said.emit(note)
        piece, corner = view.as_piece(plane), translation(layer, view.corner)
        if self.layer is not None and self._of is layer:
            self.layer.data = piece
            self.layer.translate = corner
            return
        self._remove()
        name = f"{source.name} [preview]"
        state = {**source.state, "name": name, "metadata": {}, "visible": True}
        state["translate"] = corner
        self._add(Image(piece, **state), layer)

    def _add(self, piece: Image, layer: Image) -> None:
        """Lay a piece over its layer, and leave the selection as it was."""
        self.layer, self._of = piece, layer
        _previews[piece] = ref(layer)
        layers = self._viewer.layers
        selected, active = set(layers.selection), layers.selection.active
        layers.insert(layers.index(layer) + 1, piece)
        layers.selection = selected
        layers.selection.active = active
        layers.link_layers([layer, piece], LOOKS)
        for event in self._changes(layer):
            event.connect(self._renew)
        self.cover()

    def cover(self) -> None:
        """Hide the image below where it would shine through its preview."""
        layer = self._of
        if layer is None or self.layer is None or not self.layer.visible:
            return
        if layer.visible and (layer.blending not in COVERING or layer.opacity < 1):
            layer.visible, self._covered = False, True

    @staticmethod
    def _changes(layer: Image) -> list[Any]:
        """Events after which a piece no longer fits its layer."""
        events = layer.events
        return [
            *(events.data, events.name, events.blending),
            *(events.scale, events.translate, events.rotate, events.shear),
            events.affine,
        ]

    def _remove(self) -> None:
        piece, layer = self.layer, self._of
        self.layer = self._of = None
        if layer is not None:
            for event in self._changes(layer):
                event.disconnect(self._renew)
            if self._covered:
                layer.visible, self._covered = True, False
        if piece is not None and piece in self._viewer.layers:
            self._viewer.layers.remove(piece)

    def _on_removed(self, event: Any) -> None:
        # The user threw it away, or the image that it belongs to.
        if event.value is self.layer:
            self._remove()
            self.switch(False)
            self.ended.emit()
        elif event.value is self._of:
            self._renew()

    def _on_errored(self, error: Exception) -> None:
        if self._on:
            self._remove()
            self.said.emit(explain(error))

    def _on_finished(self) -> None:
        self._busy = False
        if not self._on:
            self._measured.forget()
        if self._newer.is_set():
            self._asked = None
        self._schedule()
