"""What became of each file: a table that fills, and stays quick with very many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtGui import QColor, QFontMetrics
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QTableView,
)

from napari_denoise._napari.batch import tooltips
from napari_denoise._napari.batch.wording import OUTCOMES, describe_record, name_record
from napari_denoise._napari.messages import EDGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_denoise.batch import FileRecord

COLUMNS = ("File", "Outcome", "Remark")
FILE, OUTCOME, REMARK = range(3)
ROWS_SEEN = 4
COLUMN_SEEN = 26
"""Of names and remarks that is seen at least, in characters."""
MARGIN = 20
NOWHERE = QModelIndex()


class RecordsModel(QAbstractTableModel):
    """Records in the order in which they came; a view asks only for what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[FileRecord] = []

    def clear(self) -> None:
        """Forget all."""
        self.beginResetModel()
        self._records = []
        self.endResetModel()

    def add(self, records: Sequence[FileRecord]) -> None:
        """Append rows."""
        first = len(self._records)
        self.beginInsertRows(NOWHERE, first, first + len(records) - 1)
        self._records += records
        self.endInsertRows()

    def record(self, row: int) -> FileRecord:
        """Return the record of a row."""
        return self._records[row]

    def rowCount(self, parent: QModelIndex = NOWHERE) -> int:
        """Count the records."""
        return 0 if parent.isValid() else len(self._records)

    def columnCount(self, parent: QModelIndex = NOWHERE) -> int:
        """Count the columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Name a column."""
        across = orientation == Qt.Orientation.Horizontal
        named = across and role == Qt.ItemDataRole.DisplayRole
        return COLUMNS[section] if named else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Say what a cell shows."""
        record = self._records[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            text = _texts(record)[index.column()]
            hint = text if index.column() == REMARK else f"{text}\n{tooltips.TABLE}"
            return text if role == Qt.ItemDataRole.DisplayRole else hint
        if role == Qt.ItemDataRole.ForegroundRole and record.outcome == "failed":
            return QColor(EDGES["error"])
        return None


class EndsFirst(QStyledItemDelegate):
    """Shows the end of what is too long: of a path that is the name of the file."""

    def initStyleOption(self, option: Any, index: QModelIndex) -> None:
        """Say how a cell is drawn."""
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideLeft


class RecordsTable(QTableView):
    """Follows the last row as long as nobody scrolls up.

    Parameters
    ----------
    activated : callable
        Takes the record that was double-clicked.
    """

    def __init__(self, activated: Callable[[FileRecord], None]) -> None:
        super().__init__()
        self.records = RecordsModel()
        self.setModel(self.records)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._of_files = EndsFirst()  # a view does not own its delegates
        self.setItemDelegateForColumn(FILE, self._of_files)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._set_sizes()
        self.doubleClicked.connect(
            lambda index: activated(self.records.record(index.row()))
        )

    def add(self, records: Sequence[FileRecord]) -> None:
        """Append rows; the last one stays in view if it was."""
        bar: Any = self.verticalScrollBar()
        at_end = bar.value() == bar.maximum()
        self.records.add(records)
        if at_end:
            self.scrollToBottom()

    def _set_sizes(self) -> None:
        # No column fits its content: that would look at every row, again and again.
        metrics: QFontMetrics = self.fontMetrics()
        rows = cast("QHeaderView", self.verticalHeader())
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(metrics.lineSpacing() + 6)
        columns = cast("QHeaderView", self.horizontalHeader())
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        columns.setSectionResizeMode(OUTCOME, QHeaderView.ResizeMode.Fixed)
        words = (*OUTCOMES.values(), COLUMNS[OUTCOME])
        widest = max(metrics.horizontalAdvance(word) for word in words)
        columns.resizeSection(OUTCOME, widest + MARGIN)
        self.setMinimumWidth(widest + 2 * COLUMN_SEEN * metrics.averageCharWidth())
        height = (ROWS_SEEN + 1) * rows.defaultSectionSize() + 12
        self.setMinimumHeight(height)


def _texts(record: FileRecord) -> tuple[str, str, str]:
    return name_record(record), OUTCOMES[record.outcome], describe_record(record)
