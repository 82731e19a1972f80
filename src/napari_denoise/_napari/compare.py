"""A result and its original in one place: curtain, blink, residual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QTimer

from napari_denoise._napari.blink import HeldKey
from napari_denoise._napari.comparable import corner_in, relatives
from napari_denoise._napari.curtain import Split
from napari_denoise._napari.hiding import HiddenLayers
from napari_denoise._napari.picture_layer import (
    PLACE,
    paint,
    picture_layer,
    put_on_top,
    show_difference,
    top_of_images,
)
from napari_denoise._napari.pictures import BlinkPicture, CurtainPicture
from napari_denoise._napari.view import camera
from napari_denoise._napari.wording import describe_difference

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

    from napari_denoise._napari.compare_form import Choice, CompareForm
    from napari_denoise._napari.pictures import Picture

LOOKS = ("contrast_limits", "colormap", "gamma", "interpolation2d", "opacity")
"""What the picture has in common with the reference at any time."""
PAUSE_MS = 100
"""The view is looked at once it has been still for so long."""
NOT_PLANES = (
    "Planes are compared, in 2D: see the buttons under the layer list that switch "
    "between 2D and 3D and roll the axes."
)
NO_LONGER_FIT = "The two layers no longer have the same pixels."
_comparisons: WeakSet[Image] = WeakSet()


def is_comparison(layer: Any) -> bool:
    """Whether a layer is the temporary one of a comparison."""
    return layer in _comparisons


class Comparison:
    """A temporary layer that shows two others in one; gone when it is off.

    Meanwhile the two, and whatever else was made of the same image, are hidden: they
    would shine through. Who shows or hides one of them has the last word.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where the layers are.
    form : CompareForm
        Says what is compared, and how.

    Attributes
    ----------
    layer : napari.layers.Image or None
        The temporary layer.
    """

    def __init__(self, viewer: Viewer, form: CompareForm) -> None:
        self._viewer, self._form = viewer, form
        self.layer: Image | None = None
        self._shown: tuple[Choice, int | None] | None = None
        self._picture: Picture | None = None
        self._hidden = HiddenLayers()
        self._split: Split | None = None
        self._key: HeldKey | None = None
        self._limits: tuple[float, ...] = ()  # of a difference, as first shown
        self._listening = False
        self._fit = _timer(form, 0, self._refit)
        self._look = _timer(form, PAUSE_MS, self._follow_view)
        form.chosen.connect(self._update)
        form.held.connect(self._on_held)
        form.split.changed.connect(self._on_slider)
        form.native.destroyed.connect(self.abandon)
        self._update()

    def close(self) -> None:
        """Switch it off; all layers are as they were before."""
        self._form.switch_off()

    def abandon(self, *_: Any) -> None:
        """Stop without touching anything of Qt or napari: they may be gone."""
        self._listen(False)
        self._shown = self._picture = self.layer = self._split = self._key = None

    def _update(self, *_: Any) -> None:
        choice = self._form.choice()
        self._listen(choice is not None)
        reason = "" if choice is None else self._why_not(choice)
        if choice is None or reason:
            self._end()
            self._form.say(reason)
        elif self._shown != (choice, self._axis(choice.result)):
            self._begin(choice)

    def _listen(self, on: bool) -> None:
        if on == self._listening:
            return
        self._listening = on
        dims, layers = self._viewer.dims.events, self._viewer.layers.events
        scene = camera(self._viewer).events
        for emitter, slot in (
            (dims.ndisplay, self._update),
            (dims.order, self._update),
            (dims.ndim, self._update),
            (scene.zoom, self._on_camera),
            (scene.center, self._on_camera),
            (layers.removed, self._on_removed),
            (layers.inserted, self._on_inserted),
        ):
            (emitter.connect if on else emitter.disconnect)(slot)

    def _why_not(self, choice: Choice) -> str:
        if self._viewer.dims.ndisplay != 2 or self._axis(choice.result) is None:
            return NOT_PLANES
        if corner_in(choice.result, choice.reference) is None:
            return NO_LONGER_FIT
        return ""

    def _axis(self, layer: Image) -> int | None:
        """Axis of a layer that runs across the screen, None if it shows no plane."""
        before = self._viewer.dims.ndim - layer.ndim
        shown = [axis - before for axis in self._viewer.dims.displayed]
        return shown[-1] if min(shown) >= 0 else None

    def _begin(self, choice: Choice) -> None:
        self._remove()
        axis = self._axis(choice.result)
        self._shown = choice, axis
        self._picture = picture = paint(choice, axis or 0)
        self.layer = layer = picture_layer(choice, picture)
        _comparisons.add(layer)
        put_on_top(self._viewer.layers, layer)
        layer.visible = True
        if choice.how != "residual":
            self._viewer.layers.link_layers([choice.reference, layer], LOOKS)
        for event in self._changes(choice):
            event.connect(self._on_changed)
        self._hidden.hide(relatives(choice.result, self._images()))
        self._form.say("")
        if isinstance(picture, CurtainPicture):
            self._split = Split(self._viewer, layer, picture.axis)
            self._split.dragged.connect(self._on_dragged)
            layer.events.contrast_limits.connect(self._on_looks)
            self._on_slider(self._form.split.value)
            self._on_looks()
            self._look.start()
        elif isinstance(picture, BlinkPicture):
            self._take_key()
        else:
            self._limits = show_difference(layer, picture)
            names = choice.reference.name, choice.result.name
            self._form.say(describe_difference(self._form.is_original, *names))

    def _end(self) -> None:
        self._remove()
        self._hidden.restore()

    def _remove(self) -> None:
        """Take the layer away; what is hidden stays so."""
        shown, layer = self._shown, self.layer
        self._shown = self.layer = self._picture = None
        self._fit.stop()
        self._look.stop()
        if self._split is not None:
            self._split.close()
        if self._key is not None:
            self._key.close()
        self._split = self._key = None
        if shown is not None:
            for event in self._changes(shown[0]):
                event.disconnect(self._on_changed)
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    @staticmethod
    def _changes(choice: Choice) -> list[Any]:
        """Events after which the picture is another, or lies elsewhere."""
        events = choice.result.events
        return [choice.reference.events.data, events.data, *(events[n] for n in PLACE)]

    def _images(self) -> list[Image]:
        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Image) and not is_comparison(layer)
        ]

    def _on_changed(self, *_: Any) -> None:
        # A preview changes its pixels first and its place next: wait for both.
        self._fit.start()

    def _refit(self) -> None:
        if self._shown is None or self.layer is None:
            return
        choice, axis = self._shown
        reason = self._why_not(choice)
        if reason:
            self._end()
            self._form.say(reason)
            return
        layer, old = self.layer, self._picture
        self._picture = picture = paint(choice, axis or 0)
        if isinstance(picture, CurtainPicture) and isinstance(old, CurtainPicture):
            picture.take_over(old)
        layer.data = picture
        for name in PLACE:
            setattr(layer, name, getattr(choice.result, name))
        if isinstance(picture, CurtainPicture) and self._split is not None:
            self._split.at = picture.at
            self._look.start()
        elif choice.how == "residual" and tuple(layer.contrast_limits) == self._limits:
            self._limits = show_difference(layer, picture)

    def _redraw(self) -> None:
        if self.layer is not None:
            self.layer.refresh(thumbnail=False, highlight=False, extent=False)

    def _on_held(self, held: bool) -> None:
        if isinstance(self._picture, BlinkPicture):
            self._picture.show_original(held)
            self._redraw()

    def _on_slider(self, fraction: float) -> None:
        if self._split is not None:
            first, last = self._split.span
            self._move(first + round(fraction * (last - first)))

    def _on_dragged(self, at: int) -> None:
        if self._split is not None:
            self._move(int(np.clip(at, *self._split.span)))
            self._follow_line()

    def _move(self, at: int) -> None:
        if isinstance(self._picture, CurtainPicture) and self._split is not None:
            self._picture.move(at)
            self._split.at = self._picture.at
            self._redraw()

    def _follow_line(self) -> None:
        """Let the slider say where the line is in the view."""
        if self._split is not None:
            first, last = self._split.span
            with self._form.split.changed.blocked():
                self._form.split.value = (self._split.at - first) / (last - first)

    def _on_camera(self, *_: Any) -> None:
        if self._split is not None:
            self._look.start()

    def _follow_view(self) -> None:
        """Fetch the line into the view, as broad as it was on the screen."""
        if self._split is not None:
            self._on_looks()
            self._move(self._split.inside_view())
            self._follow_line()

    def _on_looks(self, *_: Any) -> None:
        layer, picture = self.layer, self._picture
        if layer is None or self._split is None or picture is None:
            return
        if isinstance(picture, CurtainPicture):
            dark, bright = layer.contrast_limits
            if layer.rgb:
                dark, bright = 0, 255 if picture.dtype.kind in "iu" else 1
            picture.draw_line(self._split.breadth(), (dark, bright))
            self._redraw()

    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer:
            # Thrown away by hand.
            self._form.switch_off()
        else:
            self._form.reset_choices()

    def _take_key(self) -> None:
        if self._key is not None:
            self._key.close()
        self._key = HeldKey(self._viewer, self._on_held)
        self._form.name_key(self._key.name)

    def _on_inserted(self, event: Any) -> None:
        if self._key is not None:
            self._take_key()  # a layer of another kind has keys of its own
        if self.layer is not None and isinstance(event.value, Image):
            QTimer.singleShot(0, lambda: self._make_way(event.value))

    def _make_way(self, new: Image) -> None:
        """Stay above the images; one more of the same image is hidden as well."""
        layers = self._viewer.layers
        if self._shown is None or self.layer is None or self.layer not in layers:
            return
        kin = relatives(self._shown[0].result, self._images())
        self._hidden.add([layer for layer in kin if layer is new])
        place, top = layers.index(self.layer), top_of_images(layers)
        if place < top - 1:
            layers.move(place, top)


def _timer(form: CompareForm, milliseconds: int, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(form.native)  # ends with it
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer
