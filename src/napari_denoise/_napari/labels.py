"""Sentences in windows of plain Qt, and the labels of a form's rows."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QLabel

if TYPE_CHECKING:
    from magicgui.widgets import Container


def sentence(text: str = "") -> QLabel:
    """Make a label of plain text that wraps, and that can be copied from."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def align_labels(form: Container[Any]) -> None:
    """Give all rows of a form labels of one width, once it is in its window."""
    ref = weakref.ref(form)  # the timer's slot outlives it

    def align() -> None:
        form = ref()
        if form is None:
            return
        rows = [row for row in (w._labeled_widget() for w in form) if row is not None]
        labels = [row[0].native for row in rows]
        for label in labels:
            label.ensurePolished()
        widest = max(label.sizeHint().width() for label in labels)
        for row in rows:
            row.label_width = widest

    # The window's theme has a font of its own: labels are measured in there.
    aligning = QTimer(form.native)  # ends with it
    aligning.setSingleShot(True)
    aligning.timeout.connect(align)
    aligning.start()
