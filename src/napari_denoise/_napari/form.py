"""What a run of *Denoise* is asked to do: the inputs of the panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, Container, FloatSlider

from napari_denoise._napari import tooltips
from napari_denoise._napari.channel_rows import ChannelRows
from napari_denoise._napari.layer_inputs import LayerInputs, limit_width
from napari_denoise._napari.measuring.form import NoiseForm
from napari_denoise._napari.messages import text_label
from napari_denoise._napari.offered_models import (
    NEWS,
    OfferedModels,
    choose_anew,
    refill,
)
from napari_denoise._napari.output_form import OutputInputs
from napari_denoise._napari.settings import Remembered
from napari_denoise._napari.wording import describe_model
from napari_denoise.sources import layer_pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from magicgui.widgets import Widget
    from napari.layers import Image
    from napari.viewer import Viewer

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


@dataclass(frozen=True)
class Request:
    """One run: the model's name, or one per channel, and options of ``denoise``."""

    model: str | list[str]
    options: dict[str, Any]


class DenoiseForm(Container):  # type: ignore[type-arg]
    """The inputs; what depends on another input shows and hides by itself.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Has the layers.
    image_layers : callable
        Returns those to choose from, the most likely one first.
    """

    def __init__(self, viewer: Viewer, image_layers: Callable[[], list[Image]]) -> None:
        self._offers = False  # neighbours to look at
        self._divided = False  # each channel has its own model
        self._neighbours = AUTOMATIC[1]  # as last wished for
        self._offered = OfferedModels()
        self._cards = self._offered.cards
        self.images = LayerInputs(image_layers)
        self.layer, self.axes = self.images.layer, self.images.axes
        self.noise = NoiseForm(viewer, self._chosen)
        self.output = OutputInputs()
        super().__init__()
        # Appended, not passed: only so are the labels given one width.
        self.extend([*self.images.rows, *self._what(), *self._how(), *self._more()])
        self.margins = (0, 0, 0, 0)
        self.noise.align_with(self)
        self.images.changed.connect(self._on_images)
        self.model.changed.connect(self._on_model)
        self.by_itself.changed.connect(self._show_channels)
        self.neighbours.changed.connect(self._on_neighbours)
        self.more.changed.connect(self._on_more)
        NEWS.changed.connect(self.refresh_models)
        self.native.destroyed.connect(self._leave)
        self.images.update()
        self._on_more()
        self._on_model()

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list."""
        super().reset_choices()
        self.images.update()
        self.refresh_models()  # saved from the console, they are no news

    def refresh_models(self) -> None:
        """Take up models that were saved or removed meanwhile."""
        if self._offered.read():
            refill(self.model, self._offered, tooltips.MODEL)
            self.channels.refresh_models()
            self._on_model()

    def request(self, layer: Image | None = None) -> Request:
        """Read the inputs; only with a layer chosen.

        Parameters
        ----------
        layer : napari.layers.Image, optional
            One of ``images.layers()``; by default the chosen one.

        Raises
        ------
        DenoiseError
            If something is still to be chosen.
        """
        layer = self.layer.value if layer is None else layer
        models: str | list[str] = str(self.model.value)
        strengths: float | list[float] = float(self.strength.value)
        if self._divided:
            models, strengths = self.channels.values(layer.name)
        axes = self.images.axes_of(layer)
        options = {
            "axes": axes,
            "noise": self.noise.option(layer, axes),
            "strength": strengths,
            "neighbours": self.neighbours.value or "none",
            "device": self.device.value,
        }
        return Request(models, options)

    def recall(self) -> Remembered:
        """Set the inputs as they were last time.

        Returns
        -------
        Remembered
            What was found.
        """
        found = Remembered.read(models=self._cards)
        self.model.value = found.model
        self._neighbours = found.neighbours
        self.strength.value = min(found.strength, self.strength.max)
        self.device.value = found.device
        self.output.dtype.value = found.dtype
        self.output.place.value = found.result
        # What is not as usual must be seen.
        usual = Remembered()
        unusual = ("dtype", "result", "device")
        self.more.value = any(
            getattr(found, name) != getattr(usual, name) for name in unusual
        )
        return found

    def remember(self) -> None:
        """Keep for the next time what does not belong to one image alone."""
        kept = replace(
            Remembered.read(models=self._cards),
            model=str(self.model.value),
            neighbours=self._neighbours,
            device=str(self.device.value),
            dtype=str(self.output.dtype.value),
            result=str(self.output.place.value),
        )
        kept.write()

    def _what(self) -> list[Widget]:
        self.model = ComboBox(label="Model", choices=lambda _box: list(self._cards))
        refill(self.model, self._offered, tooltips.MODEL)
        if DEFAULT_MODEL in self._cards:
            self.model.value = DEFAULT_MODEL
        self.card = text_label()
        self.card.label = " "
        self.by_itself = CheckBox(
            text="each channel by itself", tooltip=tooltips.BY_ITSELF
        )
        self.channels = ChannelRows(self._offered)
        self.channels.label = " "
        self.neighbours = ComboBox(
            label="Stack",
            choices=self._neighbours_choices,
            tooltip=tooltips.NEIGHBOURS,
        )
        limit_width(self.neighbours)
        return [
            self.model,
            self.card,
            self.by_itself,
            self.channels,
            self.neighbours,
        ]

    def _how(self) -> list[Widget]:
        self.strength = FloatSlider(
            label="Strength",
            value=1,
            min=0,
            max=2,
            step=0.05,
            tooltip=tooltips.STRENGTH,
        )
        return [self.noise, self.strength]

    def _more(self) -> list[Widget]:
        self.more = CheckBox(text="more options", tooltip=tooltips.MORE)
        self.device = ComboBox(label="Device", choices=DEVICES, tooltip=tooltips.DEVICE)
        return [self.more, *self.output.rows, self.device]

    def _chosen(self) -> tuple[Image | None, str | None]:
        layer = self.layer.value
        return layer, None if layer is None else self.images.known_axes(layer)

    def _neighbours_choices(self, _widget: Any) -> list[tuple[str, str]]:
        """Offer the axes that have planes beside one another."""
        layer = self.layer.value
        axes = None if layer is None else self.images.known_axes(layer)
        # A 3D model takes a single plane, too, where it may find that out itself.
        deep = self._offered.is_deep(self.model.value)
        usual = [AUTOMATIC] if deep else [ALONE]
        if axes is None or not (deep or self._offered.has_deep_form(self.model.value)):
            return usual
        # The axes may still be those of the layer before.
        sizes = dict(zip(axes, layer_pixels(layer).shape, strict=False))
        offered = [(text, a) for a, text in NEIGHBOURS.items() if sizes.get(a, 1) > 1]
        if deep:
            return offered or usual
        return [ALONE, AUTOMATIC, *offered] if offered else usual

    def _on_images(self) -> None:
        self._show_neighbours()
        self._show_channels()
        self.noise.refresh()

    def _show_neighbours(self) -> None:
        self._offers = False
        choose_anew(self.neighbours)
        choices = self.neighbours.choices
        offers = len(choices) > 1
        if offers:
            wishes = [w for w in (self._neighbours, AUTOMATIC[1]) if w in choices]
            self.neighbours.value = (*wishes, *choices)[0]
        self.neighbours.visible = self._offers = offers

    def _on_neighbours(self) -> None:
        if self._offers:  # what is chosen where there is no choice is no wish
            self._neighbours = str(self.neighbours.value)

    def _show_channels(self) -> None:
        names = self.images.channels()
        self.by_itself.visible = len(names) > 1
        self.channels.visible = self._divided = len(names) > 1 and self.by_itself.value
        if self._divided:
            model, strength = str(self.model.value), float(self.strength.value)
            self.channels.show_channels(names, model, strength)

    def _on_model(self) -> None:
        card = self._cards[self.model.value]
        self.card.value = describe_model(card)
        # A blind model cannot be told that there is more noise than there is.
        self.strength.max = 2.0 if card.uses_sigma else 1.0
        self._show_neighbours()

    def _on_more(self) -> None:
        self.output.show(self.more.value)
        self.device.visible = self.more.value

    def _leave(self) -> None:
        NEWS.changed.disconnect(self.refresh_models)
