"""Small pictures side by side, in one contrast: drawn by Qt, each with its title."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qtpy.QtGui import QPaintEvent

    Picture = NDArray[Any]

GAP = 4
LEAST_SIDE = 72
DARKEST, BRIGHTEST = 0.5, 99.8
"""Percentiles that become black and white."""


def contrast_of(picture: Picture) -> tuple[float, float]:
    """Return the counts that become black and white."""
    low, high = (float(p) for p in np.percentile(picture, (DARKEST, BRIGHTEST)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def as_image(picture: Picture, contrast: tuple[float, float]) -> QImage:
    """Make a gray image of counts, shape (Y, X)."""
    low, high = contrast
    share = np.clip((picture - low) / (high - low), 0, 1)
    gray = np.ascontiguousarray(255 * share + 0.5, np.uint8)
    height, width = gray.shape
    image = QImage(
        gray.tobytes(), width, height, width, QImage.Format.Format_Grayscale8
    )
    return image.copy()  # it does not keep the bytes


class Pictures(QWidget):
    """Pictures in rows of as many as fit best, each as large as it can be."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[tuple[str, QImage]] = []
        self._columns = 0
        self.setMinimumSize(2 * LEAST_SIDE, LEAST_SIDE)

    @property
    def titles(self) -> list[str]:
        """Of the pictures, in order."""
        return [title for title, _ in self._shown]

    def show_pictures(
        self, shown: Sequence[tuple[str, QImage]], columns: int = 0
    ) -> None:
        """Show pictures with their titles, in rows of so many if that is given."""
        self._shown, self._columns = list(shown), columns
        self.update()

    def sizeHint(self) -> QSize:
        """Room for four of them in a row."""
        return QSize(4 * 150, 170)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the titles and the pictures, with every pixel of theirs."""
        if not self._shown:
            return
        line = self.fontMetrics().height() + 2
        columns, side = self._best(line)
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        for number, (title, image) in enumerate(self._shown):
            row, column = divmod(number, columns)
            x, y = column * (side + GAP), row * (side + line + GAP)
            box = QRectF(x, y, side, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, title)
            painter.drawImage(QRectF(x, y + line, side, side), image)
        painter.end()

    def _best(self, line: int) -> tuple[int, float]:
        """Return the number of columns with which the pictures are the largest."""

        def side(columns: int) -> float:
            rows = -(-len(self._shown) // columns)
            wide = (self.width() - (columns - 1) * GAP) / columns
            high = (self.height() - (rows - 1) * GAP) / rows - line
            return max(min(wide, high), 1.0)

        columns = self._columns or max(range(1, len(self._shown) + 1), key=side)
        return columns, side(columns)
