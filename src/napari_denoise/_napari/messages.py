"""Sentences for the user, in a place that does not grow with them."""

from __future__ import annotations

from typing import Literal

from magicgui.widgets import Label
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_denoise._napari.scrolling import SteadyScrollArea

Mood = Literal["plain", "warning", "error"]
MOODS: tuple[Mood, ...] = ("plain", "warning", "error")
# A coloured edge, not coloured text: it reads on dark and on light themes.
EDGES = {"plain": "transparent", "warning": "#d9a021", "error": "#d9534f"}


def text_label() -> Label:
    """Make a label for sentences: it wraps, can be copied, reads no markup."""
    label = Label(value="")
    native = label.native
    native.setWordWrap(True)
    native.setTextFormat(Qt.TextFormat.PlainText)
    native.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    # magicgui fixes a label's size to its text on one guessed width.
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    native.setSizePolicy(policy)
    native.setMinimumHeight(1)
    return label


class Message:
    """One message at a time, with an edge that tells how serious it is.

    Parameters
    ----------
    lines : int
        That are seen at least; longer messages scroll where there is no more room.

    Attributes
    ----------
    label : magicgui.widgets.Label
        Holds the text.
    native : QWidget
        To be laid out.
    """

    def __init__(self, lines: int) -> None:
        self.label = text_label()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.label.native)
        column.addStretch(1)
        self.native = SteadyScrollArea(page, lines)

    @property
    def value(self) -> str:
        """The text; empty if there is nothing to say."""
        return str(self.label.value)

    def say(self, text: str, mood: Mood = "plain") -> None:
        """Replace what was said before."""
        self.label.visible = bool(text)
        self.label.value = text
        self.label.native.setStyleSheet(
            f"QLabel {{ border-left: 3px solid {EDGES[mood]}; padding-left: 6px; }}"
        )
