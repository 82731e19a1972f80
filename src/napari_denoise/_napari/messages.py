"""Sentences for the user, in a place that does not grow with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from magicgui.widgets import Label
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_denoise._napari.scrolling import SteadyScrollArea

if TYPE_CHECKING:
    from collections.abc import Sequence

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


class Report:
    """What there is to say of the images of a run, one after the other.

    Parameters
    ----------
    several : bool
        Whether they are several: then each is named.
    """

    def __init__(self, several: bool = False) -> None:
        self._several = several
        self._lines: list[str] = []
        self.mood: Mood = "plain"

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return bool(self._lines)

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self._lines)

    def add(self, lines: Sequence[str], image: str, mood: Mood = "plain") -> None:
        """Add lines on an image; what went wrong comes first, as it must be seen."""
        named = [f"{image}:", *lines] if self._several else list(lines)
        failed = mood == "error"
        self._lines = named + self._lines if failed else self._lines + named
        self.mood = max(self.mood, mood, key=MOODS.index)


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
