"""A row for each channel of a run: its model and its strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, Container, FloatSpinBox, Label

from napari_denoise._napari import tooltips

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_denoise.models import ModelCard

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

    def __init__(self, name: ChannelName, cards: Mapping[str, ModelCard]) -> None:
        self._cards = cards
        self.title = Label(value=name.text, tooltip=name.text)
        self.title.native.setFixedWidth(LABEL_WIDTH)
        self.model = ComboBox(choices=list(cards), tooltip=tooltips.CHANNEL_MODEL)
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
    cards : mapping of str to ModelCard
        Models to choose from.
    """

    def __init__(self, cards: Mapping[str, ModelCard]) -> None:
        self._cards = cards
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
            row = self._rows[name] = _Row(name, self._cards)
            values = self._chosen.get(name, (model, strength))
            row.model.value, row.strength.value = values
            self.append(row)

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
