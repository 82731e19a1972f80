"""Rows that say how patches are varied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, Container, FloatSpinBox
from psygnal import Signal

from napari_denoise._napari.tuning import tooltips
from napari_denoise.training.augmentation import LIMITS, Augmentation

if TYPE_CHECKING:
    from magicgui.widgets import Widget

OWN = "own"
PRESETS = (
    ("as usual", "default"),
    ("strong, for very few pairs", "strong"),
    ("none", "none"),
    ("each by itself …", OWN),
)


class AugmentationRows:
    """A choice of presets, and a switch or a number for each change."""

    changed = Signal()

    def __init__(self) -> None:
        usual = Augmentation.default()
        self.preset = ComboBox(
            label="Augment", choices=PRESETS, tooltip=tooltips.AUGMENTATION
        )
        self.switches: dict[str, CheckBox] = {
            name: CheckBox(text=text, value=getattr(usual, name), tooltip=tip)
            for name, (text, tip) in tooltips.SWITCHES.items()
        }
        self.numbers: dict[str, FloatSpinBox] = {
            name: FloatSpinBox(
                label=text,
                value=getattr(usual, name),
                min=0,
                max=LIMITS[name],
                step=step,
                tooltip=tip,
            )
            for name, (text, step, tip) in tooltips.NUMBERS.items()
        }
        self._row: Container[Any] = Container(
            widgets=list(self.switches.values()), layout="horizontal", labels=False
        )
        self._row.margins = (0, 0, 0, 0)
        self._row.label = " "
        self._shown = False
        self.preset.changed.connect(self._on_preset)
        for widget in self._widgets.values():
            widget.changed.connect(self.changed.emit)
        self._update()

    @property
    def rows(self) -> list[Widget]:
        """In the order of the form."""
        return [self.preset, self._row, *self.numbers.values()]

    @property
    def value(self) -> Any:
        """As ``fine_tune_steps`` takes it."""
        if self.preset.value != OWN:
            return self.preset.value
        return {name: widget.value for name, widget in self._widgets.items()}

    def show(self, shown: bool) -> None:
        """Show or hide the rows."""
        self._shown = shown
        self._update()

    @property
    def _widgets(self) -> dict[str, Any]:
        return {**self.switches, **self.numbers}

    def _on_preset(self) -> None:
        self._update()
        self.changed.emit()

    def _update(self) -> None:
        each = self._shown and self.preset.value == OWN
        self.preset.visible = self._shown
        for widget in (self._row, *self.numbers.values()):
            widget.visible = each
