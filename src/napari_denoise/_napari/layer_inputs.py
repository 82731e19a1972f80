"""Which images are denoised, and what their axes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox
from psygnal import Signal
from qtpy.QtWidgets import QComboBox

from napari_denoise._napari import tooltips
from napari_denoise._napari.channel_rows import ChannelName
from napari_denoise._napari.layers import axes_choices, is_result, likely_axes
from napari_denoise.errors import AxesError
from napari_denoise.sources import layer_axes, layer_pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from magicgui.widgets import Widget
    from napari.layers import Image

UNCHOSEN = "choose …"


class LayerInputs:
    """Rows of the form: layer, other selected layers, axes.

    Parameters
    ----------
    image_layers : callable
        Returns the layers to choose from, the most likely one first.
    """

    layer_chosen = Signal()
    """Another layer is chosen, or none is left; the layer list may have done it."""
    changed = Signal()
    """The axes, or which layers are denoised, may be others now."""

    def __init__(self, image_layers: Callable[[], list[Image]]) -> None:
        self._image_layers = image_layers
        self._shown: Image | None = None
        self._selected: list[Image] = []
        self.layer = ComboBox(
            label="Layer", choices=self._layer_choices, tooltip=tooltips.LAYER
        )
        self.also = CheckBox(text="", tooltip=tooltips.ALSO)
        self.axes = ComboBox(
            label="Axes", choices=self._axes_choices, tooltip=tooltips.AXES
        )
        limit_width(self.layer)
        self.layer.changed.connect(self.update)
        self.also.changed.connect(self.changed)
        self.axes.changed.connect(self.changed)

    @property
    def rows(self) -> list[Widget]:
        """In the order of the form."""
        return [self.layer, self.also, self.axes]

    def layers(self) -> list[Image]:
        """Return the layers of a run, the chosen one first."""
        chosen = self.layer.value
        if chosen is None:
            return []
        return [chosen, *self._others()] if self.also.value else [chosen]

    def follow_selection(self, selected: list[Image]) -> None:
        """Offer to denoise other layers too, those selected in the layer list."""
        self._selected = selected
        self._show_others()
        self.changed.emit()

    def axes_of(self, layer: Image) -> str | None:
        """Axes by the layer's labels, else as chosen; None lets the core say why.

        Raises
        ------
        AxesError
            If they are still to be chosen.
        """
        axes = self.known_axes(layer)
        if axes is None and len(axes_choices(layer)) > 1:
            name = "this image" if layer is self.layer.value else f"“{layer.name}”"
            raise AxesError(f"Choose the axes of {name} first.")
        return axes

    def known_axes(self, layer: Image) -> str | None:
        """Axes as far as they are known; other layers of the run are taken alike."""
        chosen = self.layer.value
        if labels := layer_axes(layer):
            return labels
        if chosen is not None and layer.ndim == chosen.ndim and layer.rgb == chosen.rgb:
            return self.axes.value or None
        return likely_axes(layer)

    def channels(self) -> list[ChannelName]:
        """Name the channels of all layers of a run, as far as the axes are known."""
        layers = self.layers()
        return [
            name for layer in layers for name in self._channels(layer, len(layers) > 1)
        ]

    def update(self, *_: Any) -> None:
        """Follow the layer list; the last layer goes without a signal of its own."""
        layer = self.layer.value
        if layer is not self._shown:
            self._watch(layer)
            self.axes.reset_choices()
            if layer is not None:
                self.axes.value = likely_axes(layer)
            self.layer_chosen.emit()
        self._show_others()
        self._show_axes()

    def _channels(self, layer: Image, several: bool) -> list[ChannelName]:
        axes, shape = self.known_axes(layer) or "", layer_pixels(layer).shape
        count = shape[axes.index("C")] if "C" in axes and len(axes) == len(shape) else 1
        if count == 1:
            return [ChannelName(layer.name, 0, layer.name)]
        name = layer.name if several else "channel"
        return [ChannelName(layer.name, n, f"{name} {n}") for n in range(count)]

    def _others(self) -> list[Image]:
        chosen, offered = self.layer.value, self.layer.choices
        return [
            layer
            for layer in self._selected
            if layer is not chosen and layer in offered and not is_result(layer)
        ]

    def _show_others(self) -> None:
        others = len(self._others())
        which = "" if others == 1 else f"{others} "
        self.also.text = f"and the {which}other selected image{'s' * (others > 1)}"
        self.also.visible = others > 0

    def _layer_choices(self, _widget: Any) -> list[Image]:
        return self._image_layers()

    def _axes_choices(self, _widget: Any) -> list[tuple[str, str | None]]:
        layer = self.layer.value
        if layer is None:
            return []
        choices: list[tuple[str, str | None]] = [
            (" ".join(axes), axes) for axes in axes_choices(layer)
        ]
        return choices if likely_axes(layer) else [(UNCHOSEN, None), *choices]

    def _watch(self, layer: Image | None) -> None:
        if self._shown is not None:
            self._shown.events.axis_labels.disconnect(self._show_axes)
        if layer is not None:
            layer.events.axis_labels.connect(self._show_axes)
        self._shown = layer

    def _show_axes(self, *_: Any) -> None:
        layer = self.layer.value
        self.axes.visible = layer is not None and layer_axes(layer) is None
        self.changed.emit()


def limit_width(box: ComboBox) -> None:
    """Let a box be narrower than its texts.

    Or else a long name widens the panel, and that the whole window.
    """
    box.native.setSizeAdjustPolicy(
        QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    )
    box.native.setMinimumContentsLength(12)
