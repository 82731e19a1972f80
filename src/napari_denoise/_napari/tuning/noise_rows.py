"""Rows that say what is known of the noise of all images that are learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from psygnal import Signal

from napari_denoise._napari.layer_inputs import limit_width
from napari_denoise._napari.measuring.numbers import (
    ALL_KNOWN,
    OFFSET_KNOWN,
    SIGMA_KNOWN,
    UNKNOWN,
    NoiseNumbers,
)
from napari_denoise._napari.tuning import tooltips

if TYPE_CHECKING:
    from magicgui.widgets import Widget
    from napari.layers import Image

CHOICES = (
    ("measured on each image", "auto"),
    OFFSET_KNOWN,
    SIGMA_KNOWN,
    ALL_KNOWN,
    UNKNOWN,
)


class NoiseRows:
    """A choice, and the numbers that belong to it."""

    changed = Signal()

    def __init__(self) -> None:
        self.choice = ComboBox(label="Noise", choices=CHOICES, tooltip=tooltips.NOISE)
        limit_width(self.choice)
        self.numbers = NoiseNumbers()
        self._shown = False
        self.choice.changed.connect(self._on_choice)
        for number in self.numbers.rows:
            number.changed.connect(self.changed.emit)
        self.update()

    @property
    def rows(self) -> list[Widget]:
        """In the order of the form."""
        return [self.choice, *self.numbers.rows]

    def option(self) -> Any:
        """Return the option ``noise`` of ``fine_tune_steps``.

        Raises
        ------
        NoiseError
            If the numbers make no noise.
        """
        return self.numbers.option(str(self.choice.value))

    def show(self, shown: bool, layer: Image | None) -> None:
        """Show or hide the rows; numbers have the digits that a layer calls for."""
        self._shown = shown
        self.numbers.fit_digits(layer)
        self.update()

    def update(self) -> None:
        """Show what the choice needs."""
        self.choice.visible = self._shown
        self.numbers.show(str(self.choice.value) if self._shown else "")

    def _on_choice(self) -> None:
        self.update()
        self.changed.emit()
