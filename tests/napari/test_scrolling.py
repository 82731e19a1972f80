"""Room for sentences."""

from __future__ import annotations

from typing import Any

import pytest
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_denoise._napari.scrolling import ListScrollArea

LINES = 5


@pytest.fixture
def listed(qtbot: Any) -> Any:
    """Show some sentences in a list that shares a window with another widget."""
    kept = []  # qtbot alone keeps no widget alive

    def show(sentences: int, height: int) -> tuple[ListScrollArea, QWidget]:
        page, window, below = QWidget(), QWidget(), QLabel("below")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        for number in range(sentences):
            label = QLabel(f"{number}: a sentence that is too long for one line")
            label.setWordWrap(True)
            column.addWidget(label)
        area = ListScrollArea(page, LINES)
        layout = QVBoxLayout(window)
        layout.addWidget(area)
        layout.addWidget(below, 1)
        qtbot.addWidget(window)
        kept.append(window)
        window.resize(200, height)
        with qtbot.waitExposed(window):
            window.show()
        qtbot.wait(50)
        return area, page

    return show


def test_a_short_list_takes_no_more_than_it_fills(listed: Any) -> None:
    area, page = listed(1, 600)
    assert page.heightForWidth(area.viewport().width()) == area.viewport().height()
    assert not area.verticalScrollBar().isVisible()


def test_a_long_list_asks_for_some_lines_and_scrolls(listed: Any) -> None:
    area, page = listed(20, 160)
    assert area.sizeHint().height() == LINES * area.fontMetrics().lineSpacing()
    assert area.height() < page.height()
    assert area.verticalScrollBar().isVisible()
