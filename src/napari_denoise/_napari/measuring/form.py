"""What is known of the noise: a choice, and the inputs that belong to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from magicgui.widgets import ComboBox, Container, FloatSpinBox, PushButton
from napari.layers import Shapes

from napari_denoise._napari import tooltips
from napari_denoise._napari.layer_inputs import limit_width
from napari_denoise._napari.layers import snapshot, unique_name
from napari_denoise._napari.measuring.dock import NoiseDock, Wanted
from napari_denoise._napari.measuring.regions import background_region
from napari_denoise.axes import resolve_axes
from napari_denoise.errors import ImageError, NoiseError
from napari_denoise.noise import Measure, NoiseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.layers import Image
    from napari.viewer import Viewer

    Chosen = tuple[Image | None, str | None]

CHOICES = (
    ("measured from the image", "auto"),
    ("measured, offset known", "offset"),
    ("measured on a region", "region"),
    ("Gaussian, σ known", "sigma"),
    ("all numbers known", "typed"),
    ("not modelled", "none"),
)
INPUTS = {
    "offset": ("offset",),
    "region": ("region", "draw"),
    "sigma": ("sigma",),
    "typed": ("gain", "offset", "read_noise"),
}
REGION_NAME = "background"
PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")
DIGITS = 5
"""Digits of a typed number that are told apart, at the brightest of the image."""


class Source(NamedTuple):
    """Python text, and the names of ``napari_denoise`` that it needs."""

    text: str
    names: tuple[str, ...] = ()


class NoiseForm(Container):  # type: ignore[type-arg]
    """How the noise is known; what a choice does not need is hidden.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Has the Shapes layers.
    chosen : callable
        Returns the image layer that is to be denoised, and its axes where the user
        gave them; each may be None.
    """

    def __init__(self, viewer: Viewer, chosen: Callable[[], Chosen]) -> None:
        self._viewer, self._chosen = viewer, chosen
        self._watched: Shapes | None = None
        self.dock = NoiseDock(viewer, self._wanted)
        super().__init__()
        self.margins = (0, 0, 0, 0)
        self.choice = ComboBox(
            label="Noise", choices=CHOICES, tooltip=tooltips.NOISE_KNOWN
        )
        self.show_button = PushButton(
            text="Show the noise …", tooltip=tooltips.SHOW_NOISE
        )
        self.extend([self.choice, *self._make_inputs(), self.show_button])
        for box in (self.choice, self.region):
            limit_width(box)
        self.choice.changed.connect(self._on_choice)
        self.region.changed.connect(self._on_region)
        self.draw.clicked.connect(self._on_draw)
        self.show_button.clicked.connect(self.dock.show)
        self.changed.connect(self.dock.refresh)
        events = viewer.layers.events
        for event in (events.inserted, events.removed, events.renamed):
            event.connect(self.reset_choices)
        self._on_choice()

    def _make_inputs(self) -> Sequence[ComboBox | FloatSpinBox | PushButton]:
        self.sigma = _number("σ", 10, 1e-6, tooltips.SIGMA)
        self.gain = _number("Gain", 1, 0, tooltips.GAIN)
        self.offset = _number("Offset", 100, -1e9, tooltips.OFFSET)
        self.read_noise = _number("Read noise", 2, 0, tooltips.READ_NOISE)
        self.region = ComboBox(
            label="Region", choices=self._shapes_layers, tooltip=tooltips.REGION
        )
        self.draw = PushButton(text="Draw a region", tooltip=tooltips.DRAW_REGION)
        numbers = [self.sigma, self.gain, self.offset, self.read_noise]
        return [*numbers, self.region, self.draw]

    def option(self, layer: Image, axes: str | None = None) -> Any:
        """Read the inputs.

        Parameters
        ----------
        layer : napari.layers.Image
            Which is to be denoised.
        axes : str, optional
            Its axes, where it has no labels.

        Returns
        -------
        str, float, Measure or NoiseModel
            For ``denoise(noise=...)``.

        Raises
        ------
        NoiseError
            If something is missing.
        """
        choice = self.choice.value
        if choice == "sigma":
            return float(self.sigma.value)
        if choice == "offset":
            return Measure(offset=self.offset.value)
        if choice == "region":
            return background_region(self._drawn(), layer, axes=axes)
        if choice == "typed":
            return self._typed()
        return str(choice)

    def as_python(self, image: str, axes: str | None = None) -> Source:
        """Write the choice as Python, for napari's console.

        Parameters
        ----------
        image : str
            Expression of the image layer, such as ``"viewer.layers['cells']"``.
        axes : str, optional
            Its axes, where it has no labels.

        Returns
        -------
        Source
            What stands behind ``noise=``.

        Raises
        ------
        NoiseError
            As `option`.
        """
        choice = self.choice.value
        if choice == "sigma":
            return Source(repr(float(self.sigma.value)))
        if choice == "offset":
            return Source(repr(Measure(offset=self.offset.value)), ("Measure",))
        if choice == "region":
            shapes = f"viewer.layers[{self._drawn().name!r}]"
            more = "" if axes is None else f", axes={axes!r}"
            text = f"background_region({shapes}, {image}{more})"
            return Source(text, ("background_region",))
        if choice == "typed":
            model = self._typed()
            numbers = f"gain={model.gain}, offset={model.offset}"
            text = f"NoiseModel({numbers}, read_std={model.read_std})"
            return Source(text, ("NoiseModel",))
        return Source(f'"{choice}"')

    def refresh(self, *_: Any) -> None:
        """Follow another image, or other axes."""
        layer = self._chosen()[0]
        if layer is not None:
            self._fit_digits(layer)
        self.dock.refresh()

    def close(self) -> None:
        """Close the plot; the form stays."""
        self.dock.close()

    def align_with(self, form: Container[Any]) -> None:
        """Make its rows look like rows of the form that it was put into.

        Parameters
        ----------
        form : Container
            A vertical one with labels.
        """
        mine = self._labeled_widget()
        if mine is not None:
            mine[0].visible = False
        rows = [row._labeled_widget() for row in (*self, *form) if row is not self]
        labelled = [row for row in rows if row is not None]
        widest = max(row[0].native.sizeHint().width() for row in labelled)
        for row in labelled:
            row.label_width = widest

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list; the last layer goes without a signal of its own."""
        super().reset_choices()
        self._on_region()

    def _wanted(self) -> Wanted:
        layer, axes = self._chosen()
        if layer is None:
            raise ImageError("Choose an image layer: its noise is shown here.")
        source = snapshot(layer)
        letters = resolve_axes(source.data.shape, axes, source.axes)
        return Wanted(layer, source.data, letters, self.option(layer, letters))

    def _typed(self) -> NoiseModel:
        gain, read_std = float(self.gain.value), float(self.read_noise.value)
        if gain == read_std == 0:
            raise NoiseError("Type a gain or a read noise above 0.")
        return NoiseModel(gain, float(self.offset.value), read_std)

    def _drawn(self) -> Shapes:
        if self.region.value is None:
            raise NoiseError(
                "Draw a rectangle on a region without structure: add a Shapes layer, "
                "or press “Draw a region”."
            )
        return self.region.value

    def _shapes_layers(self, _widget: Any) -> list[Shapes]:
        return [layer for layer in self._viewer.layers if isinstance(layer, Shapes)]

    def _fit_digits(self, layer: Image) -> None:
        """Let numbers have as many decimals as the image's counts call for."""
        brightest = max(abs(end) for end in layer.contrast_limits_range)
        digits = DIGITS - math.floor(math.log10(brightest or 1.0))
        for box in (self.sigma, self.gain, self.offset, self.read_noise):
            box.native.setDecimals(min(max(digits, 2), 12))

    def _on_choice(self) -> None:
        shown = INPUTS.get(self.choice.value, ())
        for name in ("sigma", "gain", "offset", "read_noise", "region", "draw"):
            getattr(self, name).visible = name in shown

    def _on_region(self, *_: Any) -> None:
        layer = self.region.value
        if layer is self._watched:
            return
        for shapes in (self._watched, layer):
            if shapes is not None:
                events = shapes.events
                for event in (events.data, events.scale, events.translate):
                    connect = event.connect if shapes is layer else event.disconnect
                    connect(self._on_drawn)
        self._watched = layer

    def _on_drawn(self, event: Any) -> None:
        # Each edit is told twice; before it is made, there is nothing new.
        action = str(getattr(event, "action", ""))
        if self.choice.value == "region" and not action.endswith("ing"):
            self.changed.emit(self)

    def _on_draw(self) -> None:
        image = self._chosen()[0]
        names = {layer.name for layer in self._viewer.layers}
        shapes = self._viewer.add_shapes(
            name=unique_name(REGION_NAME, names),
            ndim=self._viewer.dims.ndim if image is None else image.ndim,
            face_color="transparent",
            edge_color="yellow",
            # Layers of several units lose them all.
            **{} if image is None else {name: getattr(image, name) for name in PLACE},
        )
        self.region.value = shapes
        shapes.mode = "add_rectangle"


def _number(label: str, value: float, least: float, tooltip: str) -> FloatSpinBox:
    return FloatSpinBox(
        label=label, value=value, min=least, max=1e9, step=1, tooltip=tooltip
    )
