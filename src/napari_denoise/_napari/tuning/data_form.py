"""Which images are learnt from, and how: the first rows of the *Fine-tune* panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from psygnal import Signal

from napari_denoise._napari.layer_inputs import UNCHOSEN, limit_width
from napari_denoise._napari.layers import axes_choices, is_result, likely_axes
from napari_denoise._napari.offered_models import choose_anew
from napari_denoise._napari.tuning import tooltips
from napari_denoise._napari.tuning.images import ImageRows
from napari_denoise._napari.tuning.noise_rows import NoiseRows
from napari_denoise.errors import AxesError
from napari_denoise.sources import layer_axes, layer_pixels
from napari_denoise.training.name_matching import match_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from magicgui.widgets import Widget
    from napari.layers import Image

CLEAN, MEAN, FRAMES, ALONE = "clean", "mean", "frames", "alone"
WAYS = (
    ("clean images", CLEAN),
    ("frames: mean of the others", MEAN),
    ("frames: one from another", FRAMES),
    ("the noisy images alone", ALONE),
)
OF_FILES = ("YX", "ZYX", "TYX", "CYX", "CZYX", "ZCYX", "TCYX", "TZYX", "TCZYX")


class DataRows:
    """Noisy images, what is learnt from, clean images, axes.

    Parameters
    ----------
    layers : callable
        Returns the layers to choose from.
    """

    changed = Signal()

    def __init__(self, layers: Callable[[], list[Image]]) -> None:
        self._layers = layers
        self._shown_layer: Image | None = None
        self._guess: Image | None = None
        self.noisy = ImageRows("Noisy", tooltips.NOISY, layers)
        self.way = ComboBox(label="Learn from", choices=WAYS, tooltip=tooltips.LEARN)
        self.clean = ImageRows("Clean", tooltips.CLEAN, layers)
        self.axes = ComboBox(
            label="Axes", choices=self._axes_choices, tooltip=tooltips.AXES
        )
        self.noise = NoiseRows()
        limit_width(self.way)
        self.noisy.changed.connect(self._on_noisy)
        self.way.changed.connect(self._on_way)
        self.clean.changed.connect(self.changed.emit)
        self.axes.changed.connect(self.changed.emit)
        self.noise.changed.connect(self.changed.emit)
        self._show()

    @property
    def rows(self) -> list[Widget]:
        """In the order of the form."""
        return [*self.noisy.rows, self.way, *self.clean.rows, self.axes]

    @property
    def has_clean(self) -> bool:
        """Whether clean images are wanted."""
        return bool(self.way.value == CLEAN)

    @property
    def has_frames(self) -> bool:
        """Whether the images are repeated frames."""
        return self.way.value in (MEAN, FRAMES)

    @property
    def is_alone(self) -> bool:
        """Whether there are noisy images only."""
        return bool(self.way.value == ALONE)

    def chosen_axes(self) -> str | None:
        """Axes that were chosen; None where layers or files say them.

        Raises
        ------
        AxesError
            If they are still to be chosen.
        """
        if not self._asks_axes():
            return None
        if self.axes.value is None and self.noisy.layer is not None:
            raise AxesError("Choose the axes of the noisy images first.")
        return self.axes.value or None

    def update(self, *_: Any) -> None:
        """Follow the layer list; the last layer goes without a signal of its own."""
        if self.noisy.layer is not self._shown_layer:
            self._on_noisy()

    def _on_noisy(self) -> None:
        self._shown_layer = self.noisy.layer
        self._guess_clean()
        self._ask_axes()
        self._show()
        self.changed.emit()

    def _on_way(self) -> None:
        self._guess_clean()
        self._ask_axes()
        self._show()
        self.changed.emit()

    def _guess_clean(self) -> None:
        """Take another image of that shape, unless a person chose one."""
        noisy = self.noisy.layer
        if not self.has_clean or noisy is None:
            return
        if self.clean.is_on_disk or self.clean.layer not in (None, noisy, self._guess):
            return
        shape = layer_pixels(noisy).shape
        alike = [
            layer
            for layer in self._layers()
            if layer is not noisy
            and layer_pixels(layer).shape == shape
            and not is_result(layer)
        ]
        self._guess = _partner(noisy, alike)
        self.clean.box.value = self._guess

    def _ask_axes(self) -> None:
        choose_anew(self.axes)
        layer = self.noisy.layer
        if layer is not None:
            usual = "TYX" if self.has_frames else likely_axes(layer)
            self.axes.value = usual if usual in self.axes.choices else None

    def _asks_axes(self) -> bool:
        layer = self.noisy.layer
        if layer is None:
            return self.noisy.is_on_disk
        labels = layer_axes(layer)
        return labels is None or (self.has_frames and "T" not in labels)

    def _axes_choices(self, _widget: Any) -> list[tuple[str, str | None]]:
        layer = self.noisy.layer
        if layer is None:
            offered, first = list(OF_FILES), "as the files say"
        else:
            offered, first = axes_choices(layer), UNCHOSEN
        if self.has_frames:
            offered = [axes for axes in offered if "T" in axes]
        return [(first, None), *((" ".join(axes), axes) for axes in offered)]

    def _show(self) -> None:
        self.noisy.update()
        self.clean.show(self.has_clean)
        self.axes.visible = self._asks_axes()


def _partner(noisy: Image, others: list[Image]) -> Image | None:
    """Return the one that is called like the noisy image, or else the first."""
    named = {layer.name: layer for layer in others}
    found = dict(match_names([noisy.name], named).pairs).get(noisy.name)
    return named[found] if found else next(iter(others), None)
