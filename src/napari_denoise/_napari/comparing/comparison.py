"""A result and its original in one place: curtain, blink, residual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from napari.layers import Image
from qtpy.QtCore import QTimer

from napari_denoise._napari.comparing.blink import HeldKey
from napari_denoise._napari.comparing.comparable import corner_in, relatives
from napari_denoise._napari.comparing.hiding import HiddenLayers
from napari_denoise._napari.comparing.line import Line, redraw, timer
from napari_denoise._napari.comparing.picture_layer import (
    PLACE,
    paint,
    picture_layer,
    put_on_top,
    show_difference,
    top_of_images,
)
from napari_denoise._napari.comparing.pictures import BlinkPicture, CurtainPicture
from napari_denoise._napari.view import camera
from napari_denoise._napari.wording import describe_difference

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_denoise._napari.comparing.form import Choice, CompareForm
    from napari_denoise._napari.comparing.pictures import Picture

LOOKS = ("contrast_limits", "colormap", "gamma", "interpolation2d", "opacity")
"""What the picture has in common with the reference at any time."""
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
        self._line: Line | None = None
        self._key: HeldKey | None = None
        self._limits: tuple[float, ...] = ()  # of a difference, as first shown
        self._listening = False
        self._fit = timer(form, 0, self._refit)
        form.chosen.connect(self._update)
        form.held.connect(self._on_held)
        form.native.destroyed.connect(self.abandon)
        self._update()

    def close(self) -> None:
        """Switch it off; all layers are as they were before."""
        self._form.switch_off()

    def abandon(self, *_: Any) -> None:
        """Stop without touching anything of Qt or napari: they may be gone."""
        self._listen(False)
        self._shown = self._picture = self.layer = self._line = self._key = None

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
        old = self._let_go()
        axis = self._axis(choice.result)
        self._shown = choice, axis
        self._picture = picture = paint(choice, axis or 0)
        self.layer = layer = picture_layer(choice, picture)
        name = layer.name
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
            self._line = Line(self._viewer, self._form, layer, picture)
        elif isinstance(picture, BlinkPicture):
            self._take_key()
        else:
            self._limits = show_difference(layer, picture)
            names = choice.reference.name, choice.result.name
            self._form.say(describe_difference(self._form.is_original, *names))
        self._take_away(old)
        layer.name = name  # which was taken until now

    def _end(self) -> None:
        old = self._let_go()
        self._hidden.restore()
        self._take_away(old)

    def _let_go(self) -> Image | None:
        """Forget what is shown; what is hidden stays so, and so does the layer."""
        shown, layer = self._shown, self.layer
        self._shown = self.layer = self._picture = None
        self._fit.stop()
        if self._line is not None:
            self._line.close()
        if self._key is not None:
            self._key.close()
        self._line = self._key = None
        if shown is not None:
            for event in self._changes(shown[0]):
                event.disconnect(self._on_changed)
        return layer

    def _take_away(self, layer: Image | None) -> None:
        # Last of all: OpenGL drivers were seen to crash where a layer goes and another
        # comes, or shows, without anything being drawn between.
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
        if isinstance(picture, CurtainPicture) and self._line is not None:
            self._line.take(picture)
        elif choice.how == "residual" and tuple(layer.contrast_limits) == self._limits:
            self._limits = show_difference(layer, picture)

    def _on_held(self, held: bool) -> None:
        if isinstance(self._picture, BlinkPicture):
            self._picture.show_original(held)
            if self.layer is not None:
                redraw(self.layer)

    def _on_camera(self, *_: Any) -> None:
        if self._line is not None:
            self._line.look()

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
