"""What a course of fine-tuning is asked to do: the inputs of the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, Container, FloatSpinBox
from psygnal import Signal
from qtpy.QtCore import Qt

from napari_denoise._napari.labels import align_labels
from napari_denoise._napari.messages import text_label
from napari_denoise._napari.offered_models import NEWS, choose_anew
from napari_denoise._napari.tuning import tooltips
from napari_denoise._napari.tuning.advanced import AdvancedRows
from napari_denoise._napari.tuning.data_form import DataRows
from napari_denoise._napari.tuning.request import TuningRequest
from napari_denoise._napari.tuning.settings import RememberedTuning
from napari_denoise._napari.tuning.wording import describe_pace
from napari_denoise._napari.wording import describe_model
from napari_denoise.models import list_models

if TYPE_CHECKING:
    from collections.abc import Callable

    from magicgui.widgets import Widget
    from napari.layers import Image

    from napari_denoise.models import ModelCard
    from napari_denoise.training.pace import Pace

CUSTOM = 0.0
LENGTHS = (
    ("quick, 2 minutes", 2.0),
    ("good, 15 minutes", 15.0),
    ("thorough, 60 minutes", 60.0),
    ("minutes …", CUSTOM),
)
SHORTEST, LONGEST = 0.1, 10_000.0


class TuningForm(Container):  # type: ignore[type-arg]
    """The inputs; what depends on another input shows and hides by itself.

    Parameters
    ----------
    layers : callable
        Returns those to choose from.

    Attributes
    ----------
    steps : int or None
        After which training ends at the latest; there is no input for it.
    """

    data_changed = Signal()
    """What was checked may be something else now."""
    pace_changed = Signal()
    """What was measured of the pace may not be true now."""

    def __init__(self, layers: Callable[[], list[Image]]) -> None:
        self.steps: int | None = None
        self._pace: Pace | None = None
        self._cards: dict[str, ModelCard] = _networks()
        self.data = DataRows(layers)
        self.advanced = AdvancedRows()
        super().__init__()
        # Appended, not passed: only so are the labels given one width.
        self.extend(
            [*self.data.rows, *self._how(), *self.data.noise.rows, *self.advanced.rows]
        )
        self.margins = (0, 0, 0, 0)
        self.data.changed.connect(self._on_data)
        self.model.changed.connect(self._on_model)
        self.advanced.changed.connect(self.pace_changed.emit)
        self.length.changed.connect(self._show_length)
        self.minutes.changed.connect(self._show_length)
        self.more.changed.connect(self._show_advanced)
        self.pace_changed.connect(self.forget_pace)
        NEWS.changed.connect(self.refresh_models)
        self.native.destroyed.connect(self._leave)
        self._on_model()
        self._show_length()
        self._show_advanced()
        align_labels(self)

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list."""
        super().reset_choices()
        self.data.update()
        self.refresh_models()

    def refresh_models(self) -> None:
        """Take up models that were saved or removed meanwhile."""
        found = _networks()
        if found != self._cards:
            self._cards = found
            self._refill()
            self._on_model()

    def request(self) -> TuningRequest:
        """Read the inputs.

        Raises
        ------
        DenoiseError
            If something is still to be chosen.
        """
        data = self.data
        noisy = data.noisy.source()
        clean = data.clean.source() if data.has_clean else None
        target = self.advanced.alone.value if data.is_alone else data.way.value
        return TuningRequest(
            str(self.model.value),
            bool(self.advanced.untrained.value),
            noisy,
            clean,
            data.noisy.name,
            {
                "axes": data.chosen_axes(),
                "target": target,
                "noise": data.noise.option(),
            },
            self.advanced.options(),
            {"minutes": self._length, "steps": self.steps},
        )

    def recall(self) -> None:
        """Set the inputs as they were last time."""
        found = RememberedTuning.read(models=self._cards)
        self.model.value = found.model
        presets = {minutes for _, minutes in LENGTHS}
        self.minutes.value = min(max(found.minutes, SHORTEST), LONGEST)
        self.length.value = found.minutes if found.minutes in presets else CUSTOM
        self.advanced.device.value = found.device
        # What is not as usual must be seen.
        self.more.value = found.device != RememberedTuning.device

    def remember(self) -> None:
        """Keep for the next time what does not belong to some images alone."""
        model, device = str(self.model.value), str(self.advanced.device.value)
        RememberedTuning(model, self._length, device).write()

    def show_pace(self, pace: Pace | None) -> None:
        """Say how far training gets, now that this is known."""
        self._pace = pace
        self._show_length()

    def forget_pace(self) -> None:
        """Say that this is not known any more."""
        self.show_pace(None)

    @property
    def _length(self) -> float:
        """In minutes."""
        return float(self.length.value or self.minutes.value)

    def _how(self) -> list[Widget]:
        self.model = ComboBox(
            label="Start from", choices=lambda _box: list(self._cards)
        )
        self._refill()
        self.card = text_label()
        self.card.label = " "
        self.length = ComboBox(label="Time", choices=LENGTHS, tooltip=tooltips.LENGTH)
        self.minutes = FloatSpinBox(
            label="Minutes",
            value=5,
            min=SHORTEST,
            max=LONGEST,
            step=1,
            tooltip=tooltips.MINUTES,
        )
        self.estimate = text_label()
        self.estimate.label = " "
        self.more = CheckBox(text="more options", tooltip=tooltips.MORE)
        return [
            self.model,
            self.card,
            self.length,
            self.minutes,
            self.estimate,
            self.more,
        ]

    def _refill(self) -> None:
        choose_anew(self.model)
        self.model.tooltip = tooltips.MODEL
        native = self.model.native
        for index in range(native.count()):
            about = describe_model(self._cards[native.itemText(index)])
            native.setItemData(index, about, Qt.ItemDataRole.ToolTipRole)

    def _on_data(self) -> None:
        self._show_advanced()
        self.data_changed.emit()
        self.pace_changed.emit()

    def _on_model(self) -> None:
        self.card.value = describe_model(self._cards[self.model.value])
        self.pace_changed.emit()

    def _show_length(self) -> None:
        self.minutes.visible = self.length.value == CUSTOM
        self.estimate.value = describe_pace(self._pace, self._length, self.steps)

    def _show_advanced(self) -> None:
        self.data.noise.show(bool(self.more.value), self.data.noisy.layer)
        self.advanced.show(
            shown=bool(self.more.value),
            has_clean=self.data.has_clean,
            is_alone=self.data.is_alone,
        )

    def _leave(self) -> None:
        NEWS.changed.disconnect(self.refresh_models)


def _networks() -> dict[str, ModelCard]:
    return {card.name: card for card in list_models() if card.kind == "network"}
