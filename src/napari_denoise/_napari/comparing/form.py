"""What to compare, and how: the inputs of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magicgui.widgets import (
    ComboBox,
    Container,
    FloatSlider,
    PushButton,
    RadioButtons,
)
from psygnal import Signal
from qtpy.QtWidgets import QRadioButton

from napari_denoise._napari import tooltips
from napari_denoise._napari.comparing.comparable import (
    comparable_results,
    is_original,
    references_of,
)
from napari_denoise._napari.layer_inputs import limit_width
from napari_denoise._napari.messages import text_label
from napari_denoise._napari.wording import describe_hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image

WAYS = (
    ("Off", "off"),
    ("Curtain", "curtain"),
    ("Blink", "blink"),
    ("Residual", "residual"),
)
DIFFERENCE = "Difference"
"""What a residual is called if the reference is another result."""
FRAMELESS = (
    "QGroupBox { border: 0; margin: 0; padding: 0; }"
    "QRadioButton { spacing: 3px; margin: 0; padding: 0; }"
)
"""The choices are one row among others."""


@dataclass(frozen=True)
class Choice:
    """What is compared with what, and how.

    Attributes
    ----------
    result, reference : napari.layers.Image
        Each pixel of the result has one in the reference.
    how : {"curtain", "blink", "residual"}
    """

    result: Image
    reference: Image
    how: str


class CompareForm(Container):  # type: ignore[type-arg]
    """The inputs of a comparison; no rows as long as there is nothing to compare.

    Parameters
    ----------
    image_layers : callable
        Returns all image layers of the viewer, previews among them, the temporary
        layer of a comparison not.

    Attributes
    ----------
    chosen : Signal
        Something else is to be compared, or in another way, or nothing any more.
    held : Signal
        The button is pressed (True) or released (False).
    """

    chosen = Signal()
    held = Signal(bool)

    def __init__(self, image_layers: Callable[[], list[Image]]) -> None:
        self._image_layers = image_layers
        self._last: Choice | None = None
        self._settling = False  # one change may entail others
        super().__init__()
        self.extend([*self._what(), *self._means()])
        limit_width(self.result)
        limit_width(self.reference)
        self.margins = (0, 0, 0, 0)
        self.result.changed.connect(self._on_result)
        self.reference.changed.connect(self._on_choice)
        self.how.changed.connect(self._on_choice)
        self.hold.native.pressed.connect(lambda: self.held.emit(True))
        self.hold.native.released.connect(lambda: self.held.emit(False))
        self.reset_choices()

    def choice(self) -> Choice | None:
        """Read the inputs; None if nothing is to be compared."""
        result, reference = self.result.value, self.reference.value
        if result is None or reference is None or self.how.value == "off":
            return None
        return Choice(result, reference, self.how.value)

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list; what is gone is no longer compared."""
        layers = self._image_layers()
        result, reference = self.result.value, self.reference.value
        results = comparable_results(layers)
        stays = result in results and reference in references_of(result, layers)
        self._settling = True
        try:
            if not stays:
                self.how.value = "off"
            self.result.reset_choices()
            self.reference.reset_choices()
        finally:
            self._settling = False
        self.how.visible = bool(results)
        self._on_choice()

    def offer(self, result: Image) -> None:
        """Choose a fresh result, with what it was made from; how stays as it is.

        Parameters
        ----------
        result : napari.layers.Image
            One of the layers of the viewer; nothing happens if it has no counterpart.
        """
        self.reset_choices()
        if result in self.result.choices:
            self.result.value = result
            self.reference.value = self.reference.choices[0]

    def switch_off(self) -> None:
        """Compare nothing any more."""
        self.how.value = "off"

    def say(self, text: str) -> None:
        """Say something about the comparison; nothing hides the line."""
        self.note.value = text
        self.note.visible = bool(text)

    def name_key(self, key: str) -> None:
        """Name the key that does the same as the button, empty if there is none."""
        self.hold.text = describe_hold(self.is_original, key)

    @property
    def is_original(self) -> bool:
        """Whether the reference is what the result was made from."""
        result, reference = self.result.value, self.reference.value
        if result is None or reference is None:
            return True
        return is_original(reference, result, self._image_layers())

    def _what(self) -> list[Any]:
        self.result = ComboBox(
            label="Result", choices=self._results, tooltip=tooltips.COMPARE
        )
        self.reference = ComboBox(
            label="with", choices=self._references, tooltip=tooltips.COMPARE_WITH
        )
        self.how = RadioButtons(
            label="Compare",
            choices=WAYS,
            orientation="horizontal",
            tooltip=tooltips.HOW,
        )
        self.how.value = "off"
        self._residual = self.how.native.findChildren(QRadioButton)[-1]
        self.how.native.setStyleSheet(FRAMELESS)
        row = self.how.native.layout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        return [self.how, self.result, self.reference]

    def _means(self) -> list[Any]:
        self.split = FloatSlider(
            label="Line",
            value=0.5,
            min=0,
            max=1,
            step=0.01,
            tooltip=tooltips.SPLIT,
        )
        self.hold = PushButton(label=" ", text="", tooltip=tooltips.HOLD)
        self.note = text_label()
        self.note.label = " "
        return [self.split, self.hold, self.note]

    def _results(self, _widget: Any) -> list[Image]:
        return comparable_results(self._image_layers())

    def _references(self, _widget: Any) -> list[Image]:
        result = self.result.value
        return [] if result is None else references_of(result, self._image_layers())

    def _on_result(self) -> None:
        if not self._settling:
            self._settling = True
            self.reference.reset_choices()
            self._settling = False
            self._on_choice()

    def _on_choice(self) -> None:
        if self._settling:
            return
        how = self.how.value
        self.result.visible = self.reference.visible = how != "off"
        self.split.visible = how == "curtain"
        self.hold.visible = how == "blink"
        self._name_residual()
        choice = self.choice()
        if choice != self._last:
            self._last = choice
            self.chosen.emit()

    def _name_residual(self) -> None:
        button, names = self._residual, (DIFFERENCE, WAYS[-1][0])
        widths = []
        for name in names if self.is_original else reversed(names):
            button.setText(name)
            widths.append(button.sizeHint().width())
        # The longer name must not push the others aside when it comes.
        button.setMinimumWidth(max(widths))
