"""Rows for those who want more than the usual, in the *Batch* panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, FloatSlider

from napari_denoise._napari import tooltips as usual
from napari_denoise._napari.batch import tooltips
from napari_denoise._napari.form import ALONE, AUTOMATIC, DEVICES, NEIGHBOURS
from napari_denoise._napari.layer_inputs import limit_width
from napari_denoise._napari.offered_models import choose_anew
from napari_denoise._napari.output_form import SAME, TYPES
from napari_denoise._napari.tuning.data_form import OF_FILES

if TYPE_CHECKING:
    from magicgui.widgets import Widget

    from napari_denoise._napari.offered_models import OfferedModels

FORMATS = (
    ("same as the image", "same"),
    ("TIFF", "tif"),
    ("OME-Zarr", "zarr"),
)
ASSESSMENTS = (
    ("quick, by what was taken out", "quick"),
    ("full, with the expected error", "full"),
    ("none", "none"),
)
BY_FILE = ("as the files say", "")


class MoreRows:
    """They show when the user wants more options.

    Parameters
    ----------
    offered : OfferedModels
        The models to choose from.
    """

    def __init__(self, offered: OfferedModels) -> None:
        self._offered = offered
        self._model = ""
        self._shown = False
        self.strength = FloatSlider(
            label="Strength",
            value=1,
            min=0,
            max=2,
            step=0.05,
            tooltip=usual.STRENGTH,
        )
        self.stack = ComboBox(
            label="Stack", choices=self._stack_choices, tooltip=tooltips.STACK
        )
        self.axes = _box("Axes", [BY_FILE, *_spelled(OF_FILES)], tooltips.AXES)
        self.dtype = _box("Type", TYPES, usual.DTYPE)
        self.form = _box("Format", FORMATS, tooltips.FORMAT)
        self.assess = _box("Assessment", ASSESSMENTS, tooltips.ASSESS)
        self.device = _box("Device", DEVICES, usual.DEVICE)
        self.overwrite = CheckBox(
            text="replace other files", tooltip=tooltips.OVERWRITE
        )
        limit_width(self.stack)

    @property
    def rows(self) -> list[Widget]:
        """In the order of the form."""
        return [
            self.strength,
            self.stack,
            self.axes,
            self.dtype,
            self.form,
            self.assess,
            self.device,
            self.overwrite,
        ]

    def options(self) -> dict[str, Any]:
        """Return the options of ``batch_steps`` that these inputs set."""
        return {
            "strength": float(self.strength.value),
            "neighbours": str(self.stack.value),
            "axes": self.axes.value or None,
            "dtype": None if self.dtype.value == SAME else self.dtype.value,
            "form": str(self.form.value),
            "assess": str(self.assess.value),
            "device": str(self.device.value),
            "overwrite": bool(self.overwrite.value),
        }

    def show(self, shown: bool) -> None:
        """Show or hide the rows."""
        self._shown = shown
        for row in self.rows:
            row.visible = shown
        self.stack.visible = shown and len(self.stack.choices) > 1

    def follow_model(self, name: str) -> None:
        """Offer what a model can do."""
        self._model = name
        # A blind model cannot be told that there is more noise than there is.
        self.strength.max = 2.0 if self._offered.cards[name].uses_sigma else 1.0
        choose_anew(self.stack)
        self.show(self._shown)

    def _stack_choices(self, _widget: Any) -> list[tuple[str, str]]:
        axes = [(text, axis) for axis, text in NEIGHBOURS.items()]
        if self._offered.is_deep(self._model):
            return [AUTOMATIC, *axes]
        if self._offered.has_deep_form(self._model):
            return [ALONE, AUTOMATIC, *axes]
        return [ALONE]


def _box(label: str, choices: Any, tooltip: str) -> ComboBox:
    box = ComboBox(label=label, choices=choices, tooltip=tooltip)
    limit_width(box)
    return box


def _spelled(choices: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(" ".join(axes), axes) for axes in choices]
