"""Scroll areas: as tall as the content, as some lines, or as the less of the two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QResizeEvent

LEAST_HEIGHT = 96
SCROLL_BAR_WIDTH = 16


class _VerticalScrollArea(QScrollArea):
    """Its content is as wide as it is, and is followed where its height changes."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Ask for another height: wrapped text is taller in a narrower panel."""
        super().resizeEvent(event)
        self._follow_content()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Ask for another height when rows show or hide."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._follow_content()
        return super().eventFilter(watched, event)

    def _height_needed(self) -> int:
        """Height at which all of the content is seen, at the present width."""
        height = self._content.sizeHint().height()
        room = self.maximumViewportSize()
        if self.isVisible() and self._content.hasHeightForWidth():
            height = self._content.heightForWidth(room.width())
        # A theme may draw a frame that frameWidth() does not know of.
        return height + self.height() - room.height()

    def _follow_content(self) -> None:
        self.updateGeometry()
        # A bar that shows for a moment narrows the text, which wraps, grows taller
        # and so keeps the bar: where the content fits without one, there is none.
        fits = self.height() >= self._height_needed()
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if fits else policy.ScrollBarAsNeeded
        )

    def _lines(self, count: int) -> int:
        return count * self.fontMetrics().lineSpacing()


class SteadyScrollArea(_VerticalScrollArea):
    """Asks for the same room whatever its content is, and takes more where there is.

    Parameters
    ----------
    content : QWidget
        Text that wraps.
    lines : int
        Of text that are seen at least.
    """

    def __init__(self, content: QWidget, lines: int) -> None:
        self._asked = lines
        super().__init__(content)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Size of some lines of text."""
        return QSize(SCROLL_BAR_WIDTH, self._lines(self._asked))

    def minimumSizeHint(self) -> QSize:
        """Room for two lines."""
        return QSize(SCROLL_BAR_WIDTH, self._lines(2))


class ListScrollArea(SteadyScrollArea):
    """Asks for the room of some lines, or less, and takes no more than it can fill.

    Parameters
    ----------
    content : QWidget
        Sentences, one below the other.
    lines : int
        Of text that it asks for.
    """

    def sizeHint(self) -> QSize:
        """Size of some lines, or of the content if that is less."""
        return super().sizeHint().boundedTo(self.maximumSize())

    def minimumSizeHint(self) -> QSize:
        """Ask for all of it: what is listed must be seen."""
        return self.sizeHint()

    def _follow_content(self) -> None:
        self.setMaximumHeight(max(self._height_needed(), 1))
        super()._follow_content()


class FittingScrollArea(_VerticalScrollArea):
    """Unlike a plain scroll area it is never taller than its content.

    Parameters
    ----------
    content : QWidget
        A widget with a layout; its height may depend on its width.
    """

    def __init__(self, content: QWidget) -> None:
        super().__init__(content)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """Size of the content at the present width."""
        return QSize(self._least_width(), self._height_needed())

    def minimumSizeHint(self) -> QSize:
        """Room for the content's width and two or three of its rows."""
        return QSize(self._least_width(), LEAST_HEIGHT)

    def _least_width(self) -> int:
        return self._content.minimumSizeHint().width() + SCROLL_BAR_WIDTH
