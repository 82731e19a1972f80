"""What a check found: a list of sentences, each with an edge that tells its level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_denoise._napari.messages import EDGES, text_label
from napari_denoise._napari.scrolling import ListScrollArea
from napari_denoise._napari.tuning.wording import LEVELS, describe_check

if TYPE_CHECKING:
    from magicgui.widgets import Label

    from napari_denoise._napari.messages import Mood
    from napari_denoise.training.check import PairReport

LINES = 6
MOST = 50
MOODS: dict[str, Mood] = {"refused": "error", "warning": "warning", "note": "plain"}


class FindingsList:
    """A summary, and a sentence for each finding, the gravest first.

    Attributes
    ----------
    native : QWidget
        To be laid out; hidden while there is nothing to say.
    """

    def __init__(self) -> None:
        page = QWidget()
        self._column = QVBoxLayout(page)
        self._column.setContentsMargins(6, 0, 0, 0)
        self._column.addStretch(1)
        self._labels: list[Label] = []
        self.native = ListScrollArea(page, LINES)
        self.native.hide()

    @property
    def sentences(self) -> list[str]:
        """What is listed."""
        return [str(label.value) for label in self._labels]

    def show_report(self, report: PairReport) -> None:
        """List what a check found."""
        self.clear()
        self._add(describe_check(report), "error" if report.is_refused else "plain")
        for finding in report.findings[:MOST]:
            words = f"{LEVELS[finding.level]}: {finding.sentence}"
            self._add(words, MOODS[finding.level])
        more = len(report.findings) - MOST
        if more > 0:
            self._add(f"… and {more} more.", "plain")
        self.native.show()

    def clear(self) -> None:
        """List nothing."""
        for label in self._labels:
            self._column.removeWidget(label.native)
            label.native.hide()  # until it is deleted
            label.native.deleteLater()
        self._labels.clear()
        self.native.hide()

    def _add(self, words: str, mood: Mood) -> None:
        label = text_label()
        label.value = words
        label.native.setStyleSheet(
            f"QLabel {{ border-left: 3px solid {EDGES[mood]}; padding-left: 6px; }}"
        )
        self._column.insertWidget(len(self._labels), label.native)
        self._labels.append(label)
