"""A row for each channel of a run: its model and its strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, Container, FloatSpinBox, Label

from napari_denoise._napari import tooltips
from napari_denoise._napari.offered_models import refill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_denoise._napari.offered_models import OfferedModels

LABEL_WIDTH = 90


@dataclass(frozen=True)
class ChannelName:
    """Which channel a row is for.

    Attributes
    ----------
    layer : str
        Name of the layer.
    number : int
        Position along its C axis, 0 without one.
    text : str
        What the user reads.
    """

    layer: str
    number: int
    text: str


class _Row(Container):  # type: ignore[type-arg]
    """Model and strength of one channel."""

    def __init__(self, name: ChannelName, offered: OfferedModels) -> None:
        self._cards = offered.cards
        self.title = Label(value=name.text, tooltip=name.text)
        self.title.native.setFixedWidth(LABEL_WIDTH)
        self.model = ComboBox(choices=lambda _box: list(self._cards))
        refill(self.model, offered, tooltips.CHANNEL_MODEL)
        self.strength = FloatSpinBox(
            value=1, min=0, max=2, step=0.05, tooltip=tooltips.CHANNEL_STRENGTH
        )
        super().__init__(
            widgets=[self.title, self.model, self.strength],
            layout="horizontal",
            labels=False,
        )
        self.margins = (0, 0, 0, 0)
        self.model.changed.connect(self._on_model)

    def _on_model(self) -> None:
        self.strength.max = 2 if self._cards[self.model.value].uses_sigma else 1


class ChannelRows(Container):  # type: ignore[type-arg]
    """What each channel is denoised with.

    Parameters
    ----------
    offered : OfferedModels
        Models to choose from.
    """

    def __init__(self, offered: OfferedModels) -> None:
        self._offered = offered
        self._rows: dict[ChannelName, _Row] = {}
        self._chosen: dict[ChannelName, tuple[str, float]] = {}  # of rows that went
        super().__init__(labels=False)
        self.margins = (0, 0, 0, 0)

    def show_channels(
        self, names: Sequence[ChannelName], model: str, strength: float
    ) -> None:
        """Show a row for each of some channels; those seen before keep their values.

        Parameters
        ----------
        names : sequence of ChannelName
            All different.
        model : str
            For new rows.
        strength : float
            The same.
        """
        if list(names) == list(self._rows):
            return
        for name, row in self._rows.items():
            self._chosen[name] = row.model.value, row.strength.value
        self.clear()
        self._rows = {}
        for name in names:
            row = self._rows[name] = _Row(name, self._offered)
            chosen, strength_then = self._chosen.get(name, (model, strength))
            row.model.value = chosen if chosen in self._offered.cards else model
            row.strength.value = min(strength_then, row.strength.max)
            self.append(row)

    def refresh_models(self) -> None:
        """Follow the models that are offered."""
        for row in self._rows.values():
            refill(row.model, self._offered, tooltips.CHANNEL_MODEL)

    def values(self, layer: str) -> tuple[list[str], list[float]]:
        """Return models and strengths of a layer's channels."""
        rows = [row for name, row in self._rows.items() if name.layer == layer]
        return (
            [str(row.model.value) for row in rows],
            [float(row.strength.value) for row in rows],
        )

    @property
    def rows(self) -> dict[ChannelName, Any]:
        """The rows, with their ``model`` and ``strength`` inputs."""
        return dict(self._rows)
