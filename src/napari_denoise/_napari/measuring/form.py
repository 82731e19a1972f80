"""What is known of the noise: a choice, and the inputs that belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from magicgui.widgets import ComboBox, Container, PushButton
from napari.layers import Shapes

from napari_denoise._napari import tooltips
from napari_denoise._napari.layer_inputs import limit_width
from napari_denoise._napari.layers import snapshot, unique_name
from napari_denoise._napari.measuring.dock import NoiseDock, Wanted
from napari_denoise._napari.measuring.numbers import (
    ALL_KNOWN,
    MEASURED,
    OFFSET_KNOWN,
    SIGMA_KNOWN,
    UNKNOWN,
    NoiseNumbers,
)
from napari_denoise._napari.measuring.regions import background_region
from napari_denoise.axes import resolve_axes
from napari_denoise.errors import ImageError, NoiseError
from napari_denoise.noise import Measure, NoiseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magicgui.widgets import Widget
    from napari.layers import Image
    from napari.viewer import Viewer

    Chosen = tuple[Image | None, str | None]

CHOICES = (
    MEASURED,
    OFFSET_KNOWN,
    ("measured on a region", "region"),
    SIGMA_KNOWN,
    ALL_KNOWN,
    UNKNOWN,
)
REGION_NAME = "background"
PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")


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

    def _make_inputs(self) -> Sequence[Widget]:
        self.numbers = numbers = NoiseNumbers()
        self.sigma, self.gain = numbers.sigma, numbers.gain
        self.offset, self.read_noise = numbers.offset, numbers.read_noise
        self.region = ComboBox(
            label="Region", choices=self._shapes_layers, tooltip=tooltips.REGION
        )
        self.draw = PushButton(text="Draw a region", tooltip=tooltips.DRAW_REGION)
        return [*numbers.rows, self.region, self.draw]

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
        if self.choice.value == "region":
            return background_region(self._drawn(), layer, axes=axes)
        return self.numbers.option(str(self.choice.value))

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
        if choice == "region":
            shapes = f"viewer.layers[{self._drawn().name!r}]"
            more = "" if axes is None else f", axes={axes!r}"
            text = f"background_region({shapes}, {image}{more})"
            return Source(text, ("background_region",))
        option = self.numbers.option(str(choice))
        if isinstance(option, NoiseModel):
            numbers = f"gain={option.gain}, offset={option.offset}"
            text = f"NoiseModel({numbers}, read_std={option.read_std})"
            return Source(text, ("NoiseModel",))
        if isinstance(option, Measure):
            return Source(repr(option), ("Measure",))
        return Source(f'"{option}"' if isinstance(option, str) else repr(option))

    def refresh(self, *_: Any) -> None:
        """Follow another image, or other axes."""
        layer = self._chosen()[0]
        if layer is not None:
            self.numbers.fit_digits(layer)
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

    def _drawn(self) -> Shapes:
        if self.region.value is None:
            raise NoiseError(
                "Draw a rectangle on a region without structure: add a Shapes layer, "
                "or press “Draw a region”."
            )
        return self.region.value

    def _shapes_layers(self, _widget: Any) -> list[Shapes]:
        return [layer for layer in self._viewer.layers if isinstance(layer, Shapes)]

    def _on_choice(self) -> None:
        self.numbers.show(str(self.choice.value))
        on_region = self.choice.value == "region"
        self.region.visible = self.draw.visible = on_region

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
