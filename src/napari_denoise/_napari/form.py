"""What a run of *Denoise* is asked to do: the inputs of the panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, Container, FloatSlider, FloatSpinBox
from psygnal import Signal
from qtpy.QtWidgets import QComboBox

from napari_denoise._napari import tooltips
from napari_denoise._napari.layers import axes_choices, likely_axes
from napari_denoise._napari.run_bar import text_label
from napari_denoise._napari.wording import describe_model
from napari_denoise.errors import AxesError
from napari_denoise.models import list_models
from napari_denoise.models.depth import SUFFIX_3D
from napari_denoise.sources import layer_axes, layer_pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from magicgui.widgets import Widget
    from napari.layers import Image

NOISE = (
    ("measured from the image", "auto"),
    ("Gaussian, I know σ", "sigma"),
    ("not modelled", "none"),
)
DEVICES = (
    ("automatic", "auto"),
    ("CPU", "cpu"),
    ("NVIDIA GPU (CUDA)", "cuda"),
    ("Apple GPU (MPS)", "mps"),
)
NEIGHBOURS = {
    "Z": "with the planes above and below",
    "T": "with the frames before and after",
}
AUTOMATIC = ("neighbours where they help", "auto")
ALONE = ("each plane alone", "none")
DEFAULT_MODEL = "unet"
UNCHOSEN = "choose …"


@dataclass(frozen=True)
class Request:
    """One run: the model's name, the options of ``denoise_steps``."""

    model: str
    options: dict[str, Any]


class DenoiseForm(Container):  # type: ignore[type-arg]
    """The inputs; what depends on another input shows and hides by itself.

    Parameters
    ----------
    image_layers : callable
        Returns the layers to choose from, the most likely one first.
    """

    layer_chosen = Signal()
    """Another layer is chosen, or none is left; the layer list may have done it."""

    def __init__(self, image_layers: Callable[[], list[Image]]) -> None:
        self._image_layers = image_layers
        self._shown: Image | None = None
        self._offers = False  # neighbours to look at
        cards = list_models()
        # 3D models are chosen by their neighbours, under the name of their sibling.
        self._cards = {card.name: card for card in cards if card.ndim == 2}
        self._deep = {card.name for card in cards if card.ndim == 3}
        super().__init__()
        # Appended, not passed: only so are the labels given one width.
        self.extend([*self._what(), *self._how()])
        _limit_width(self.layer)
        _limit_width(self.neighbours)
        self.margins = (0, 0, 0, 0)
        self.layer.changed.connect(self._on_layer)
        self.axes.changed.connect(self._on_axes)
        self.model.changed.connect(self._on_model)
        self.noise.changed.connect(self._on_noise)
        self._on_layer()
        self._on_model()
        self._on_noise()

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list; the last layer goes without a signal of its own."""
        super().reset_choices()
        self._on_layer()

    def request(self) -> Request:
        """Read the inputs; only with a layer chosen.

        Raises
        ------
        AxesError
            If the axes are still to be chosen.
        """
        axes = layer_axes(self.layer.value) or self.axes.value
        # With nothing but UNCHOSEN to choose, the core says what is wrong.
        if axes is None and len(self.axes.choices) > 1:
            raise AxesError("Choose the axes of this image first.")
        options = {
            "axes": axes,
            "noise": self._noise_option(),
            "strength": float(self.strength.value),
            "neighbours": self.neighbours.value or "none",
            "device": self.device.value,
        }
        return Request(self.model.value, options)

    def _what(self) -> list[Widget]:
        self.layer = ComboBox(
            label="Layer", choices=self._layer_choices, tooltip=tooltips.LAYER
        )
        self.axes = ComboBox(
            label="Axes", choices=self._axes_choices, tooltip=tooltips.AXES
        )
        self.model = ComboBox(
            label="Model", choices=list(self._cards), tooltip=tooltips.MODEL
        )
        if DEFAULT_MODEL in self._cards:
            self.model.value = DEFAULT_MODEL
        self.card = text_label()
        self.card.label = " "
        self.neighbours = ComboBox(
            label="Stack",
            choices=self._neighbours_choices,
            tooltip=tooltips.NEIGHBOURS,
        )
        return [self.layer, self.axes, self.model, self.card, self.neighbours]

    def _how(self) -> list[Widget]:
        self.noise = ComboBox(label="Noise", choices=NOISE, tooltip=tooltips.NOISE)
        self.sigma = FloatSpinBox(
            label="σ", value=10, min=1e-6, max=1e9, step=1, tooltip=tooltips.SIGMA
        )
        self.strength = FloatSlider(
            label="Strength",
            value=1,
            min=0,
            max=2,
            step=0.05,
            tooltip=tooltips.STRENGTH,
        )
        self.device = ComboBox(label="Device", choices=DEVICES, tooltip=tooltips.DEVICE)
        return [self.noise, self.sigma, self.strength, self.device]

    def _noise_option(self) -> str | float:
        choice = self.noise.value
        return float(self.sigma.value) if choice == "sigma" else str(choice)

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

    def _neighbours_choices(self, _widget: Any) -> list[tuple[str, str]]:
        """Offer the axes that have planes beside one another."""
        layer = self.layer.value
        axes = None if layer is None else layer_axes(layer) or self.axes.value
        if axes is None or self.model.value + SUFFIX_3D not in self._deep:
            return [ALONE]
        # The axes may still be those of the layer before.
        sizes = dict(zip(axes, layer_pixels(layer).shape, strict=False))
        offered = [(text, a) for a, text in NEIGHBOURS.items() if sizes.get(a, 1) > 1]
        return [ALONE, AUTOMATIC, *offered] if offered else [ALONE]

    def _on_axes(self) -> None:
        self.neighbours.reset_choices()
        offers = len(self.neighbours.choices) > 1
        if offers and not self._offers:
            self.neighbours.value = AUTOMATIC[1]
        self.neighbours.visible = self._offers = offers

    def _on_layer(self) -> None:
        layer = self.layer.value
        if layer is not self._shown:
            self._watch(layer)
            self.axes.reset_choices()
            if layer is not None:
                self.axes.value = likely_axes(layer)
            self.layer_chosen.emit()
        self._show_axes()

    def _watch(self, layer: Image | None) -> None:
        if self._shown is not None:
            self._shown.events.axis_labels.disconnect(self._show_axes)
        if layer is not None:
            layer.events.axis_labels.connect(self._show_axes)
        self._shown = layer

    def _show_axes(self, *_: Any) -> None:
        layer = self.layer.value
        self.axes.visible = layer is not None and layer_axes(layer) is None
        self._on_axes()

    def _on_model(self) -> None:
        card = self._cards[self.model.value]
        self.card.value = describe_model(card)
        # A blind model cannot be told that there is more noise than there is.
        self.strength.max = 2.0 if card.uses_sigma else 1.0
        self._on_axes()

    def _on_noise(self) -> None:
        self.sigma.visible = self.noise.value == "sigma"


def _limit_width(box: ComboBox) -> None:
    # Or else a long name widens the panel, and that the whole window.
    box.native.setSizeAdjustPolicy(
        QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    )
    box.native.setMinimumContentsLength(12)
