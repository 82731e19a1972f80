"""A table of models, sorted by the error that is to be expected of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from napari_denoise._napari import tooltips
from napari_denoise._napari.labels import sentence
from napari_denoise._napari.wording import ranking_row, ranking_title

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtWidgets import QWidget

    from napari_denoise.trust.verdict import Assessment

SIZE = (680, 420)


class RankingWindow(QDialog):
    """Shows a ranking beside the work; a click takes a model.

    Parameters
    ----------
    parent : QWidget
        Stays below the window.
    use : callable
        Takes the name of the model that the user chose.
    """

    def __init__(self, parent: QWidget, use: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._use = use
        self.setModal(False)
        self.resize(*SIZE)
        self.title = sentence()
        self.table = _table()
        self.remarks = sentence()
        self.use = QPushButton("Use this model")
        self.use.setToolTip(tooltips.USE_MODEL)
        close = QPushButton("Close")
        close.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.use)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        for widget in (self.title, self.table, self.remarks):
            column.addWidget(widget)
        column.addLayout(buttons)
        self.use.clicked.connect(self._on_use)
        self.table.itemDoubleClicked.connect(self._on_use)
        close.clicked.connect(self.close)

    def show_ranking(self, image: str, ranking: Sequence[Assessment]) -> None:
        """Fill the table, the best model first and chosen.

        Parameters
        ----------
        image : str
            Name of the layer.
        ranking : sequence of Assessment
            The best first.
        """
        self.setWindowTitle(f"Models for {image}")
        self.title.setText(ranking_title(image, ranking))
        self.table.setRowCount(len(ranking))
        for row, assessment in enumerate(ranking):
            for column, text in enumerate(ranking_row(assessment)):
                self.table.setItem(row, column, _cell(text, number=column > 0))
        self.table.selectRow(0)
        remarks = dict.fromkeys(text for found in ranking for text in found.warnings)
        self.remarks.setText("\n".join(remarks))
        self.remarks.setVisible(bool(remarks))
        self.show()
        self.raise_()

    @property
    def chosen(self) -> str:
        """Name of the model in the selected row; empty if there is none."""
        row = self.table.currentRow()
        item = self.table.item(row, 0)
        return item.text() if item is not None else ""

    def _on_use(self, *_: object) -> None:
        if self.chosen:
            self._use(self.chosen)


def _table() -> QTableWidget:
    table = QTableWidget(0, len(tooltips.RANKING_COLUMNS))
    for column, (title, tip) in enumerate(tooltips.RANKING_COLUMNS.items()):
        heading = QTableWidgetItem(title)
        heading.setToolTip(tip)
        table.setHorizontalHeaderItem(column, heading)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    cast("QHeaderView", table.verticalHeader()).setVisible(False)
    header = cast("QHeaderView", table.horizontalHeader())
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setStretchLastSection(True)
    return table


def _cell(text: str, *, number: bool) -> QTableWidgetItem:
    cell = QTableWidgetItem(text)
    if number:
        cell.setTextAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
    return cell
