"""Noise to look at: variance against mean, the line through it, and what it says."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from psygnal import Signal
from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_denoise._napari import tooltips
from napari_denoise._napari.labels import sentence
from napari_denoise._napari.messages import EDGES
from napari_denoise._napari.scrolling import FittingScrollArea
from napari_denoise._napari.themes import colours_of
from napari_denoise._napari.wording import noise_in_numbers
from napari_denoise.noise import compare_noise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_denoise._napari.measuring.graph import NoiseGraph
    from napari_denoise._napari.messages import Mood
    from napari_denoise.noise import NoiseModel

INSTALL = (
    "For a picture of this, install pyqtgraph and start napari again: "
    'pip install "napari-denoise[plots]"'
)
NOT_MODELLED = "The noise is not modelled: this is what is in the image, left as it is."
LEAST_WIDTH = 240


class NoisePlot(QWidget):
    """The noise of an image, channel by channel.

    Parameters
    ----------
    theme : str
        Name of a napari theme.

    Attributes
    ----------
    shown, closed : Signal
        It came into view; it was taken out of the window.
    """

    shown = Signal()
    closed = Signal()

    def __init__(self, theme: str = "dark") -> None:
        super().__init__()
        self._measured: Sequence[NoiseModel] = ()
        self._used: Sequence[NoiseModel | None] = ()
        self.channel = QComboBox()
        self.channel.setToolTip(tooltips.NOISE_CHANNEL)
        self.channel.currentIndexChanged.connect(self._draw)
        self.graph = _make_graph()
        self.numbers = sentence()
        self.numbers.setTextFormat(Qt.TextFormat.RichText)
        self.message = sentence()
        words = QWidget()
        inner = QVBoxLayout(words)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.numbers)
        inner.addWidget(self.message)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.addWidget(self.channel)
        if self.graph is None:
            layout.addWidget(sentence(INSTALL))
        else:
            layout.addWidget(self.graph, 1)
        layout.addWidget(FittingScrollArea(words))
        # The picture takes what is left; without one, all moves to the top.
        if self.graph is None:
            layout.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.set_theme(theme)
        self.clear()

    def sizeHint(self) -> QSize:
        """Room for the picture and the numbers."""
        return QSize(320, 440)

    def minimumSizeHint(self) -> QSize:
        """As narrow as napari's own panels."""
        return QSize(LEAST_WIDTH, super().minimumSizeHint().height())

    def event(self, event: QEvent | None) -> bool:
        """Say that it came into view, or was taken out of the window."""
        kind = None if event is None else event.type()
        if kind == QEvent.Type.Show:
            self.shown.emit()
        elif kind == QEvent.Type.ParentChange and self.parent() is None:
            self.closed.emit()
        return super().event(event)

    def show_noise(
        self,
        measured: Sequence[NoiseModel],
        used: Sequence[NoiseModel | None],
        names: Sequence[str],
    ) -> None:
        """Show what was measured, and the noise that is to be reckoned with.

        Parameters
        ----------
        measured : sequence of NoiseModel
            One for each channel, with the data behind it.
        used : sequence of NoiseModel or None
            The same or others, typed by the user; None where none is used.
        names : sequence of str
            Names of the channels.
        """
        self._measured, self._used = measured, used
        number = self.channel.currentIndex()
        self.channel.blockSignals(True)
        self.channel.clear()
        self.channel.addItems(list(names))
        self.channel.setCurrentIndex(number if 0 <= number < len(names) else 0)
        self.channel.blockSignals(False)
        self.channel.setVisible(len(names) > 1)
        self._draw()

    def clear(self, text: str = "", mood: Mood = "plain") -> None:
        """Show nothing but a sentence."""
        self._measured = self._used = ()
        self.channel.setVisible(False)
        self._list([])
        if self.graph is not None:
            self.graph.show_fit(None, None)
        self.say(text, mood)

    def say(self, text: str, mood: Mood = "plain") -> None:
        """Say something beneath the numbers."""
        self.message.setText(text)
        self.message.setStyleSheet(
            f"QLabel {{ border-left: 3px solid {EDGES[mood]}; padding-left: 6px; }}"
        )
        self.message.setVisible(bool(text))

    def set_theme(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        if self.graph is not None:
            colours = colours_of(theme)
            self.graph.set_colours(
                colours.background, colours.text, is_dark=colours.is_dark
            )

    def _draw(self) -> None:
        number = self.channel.currentIndex()
        if not 0 <= number < len(self._measured):
            return
        measured, used = self._measured[number], self._used[number]
        if self.graph is not None:
            self.graph.show_fit(measured, used)
        if used is None or used is measured:
            self._list(noise_in_numbers(measured))
            doubts = list(measured.warnings)
        else:
            self._list(noise_in_numbers(used, measured))
            doubts = [compare_noise(used, measured)]
        if used is None:
            doubts.insert(0, NOT_MODELLED)
        text = "\n".join(doubt for doubt in doubts if doubt)
        self.say(text, "warning" if text and used is not None else "plain")

    def _list(self, rows: list[tuple[str, str]]) -> None:
        # One label for all: it knows how tall it is at any width.
        cells = [
            f"<tr><td>{name}&nbsp;&nbsp;</td><td>{words}</td></tr>"
            for name, words in rows
        ]
        self.numbers.setText(f"<table>{''.join(cells)}</table>" if cells else "")
        self.numbers.setVisible(bool(cells))


def _make_graph() -> NoiseGraph | None:
    if find_spec("pyqtgraph") is None:
        return None
    # Half a second: only for those who look at it.
    from napari_denoise._napari.measuring.graph import NoiseGraph

    return NoiseGraph()
