"""A course to look at: curves, what they say, and a held-out part of an image."""

from __future__ import annotations

import math
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QEvent, QSize
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from napari_denoise._napari.labels import sentence
from napari_denoise._napari.themes import colours_of
from napari_denoise._napari.tuning import tooltips
from napari_denoise._napari.tuning.pictures import Pictures, as_image, contrast_of

if TYPE_CHECKING:
    from napari_denoise._napari.tuning.curves import Curves
    from napari_denoise.training.events import EpochDone, FineTuned, TrainingStarted

INSTALL = (
    "For curves, install pyqtgraph and start napari again: "
    'pip install "napari-denoise[plots]"'
)
BEGUN = "The start is judged: {gain:+.2f} dB over the noisy held-out data."
UNKNOWN = (
    "The start is judged; how good it is on held-out data is too uncertain to say."
)


class CourseView(QWidget):
    """Curves on the left, pictures on the right, a sentence below.

    Parameters
    ----------
    theme : str
        Name of a napari theme.

    Attributes
    ----------
    closed : Signal
        It was taken out of the window.
    training, validation : list of (int, float)
        Steps, and shares of the noise that are left.
    """

    closed = Signal()

    def __init__(self, theme: str = "dark") -> None:
        super().__init__()
        self.training: list[tuple[int, float]] = []
        self.validation: list[tuple[int, float]] = []
        self.best = 0
        self._start: TrainingStarted | None = None
        self._name = ""
        self.curves = _make_curves()
        self.pictures = Pictures()
        self.pictures.setToolTip(tooltips.PICTURES)
        self.verdict = sentence()
        row = QHBoxLayout()
        row.addWidget(sentence(INSTALL) if self.curves is None else self.curves, 2)
        row.addWidget(self.pictures, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.addLayout(row, 1)
        layout.addWidget(self.verdict)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.set_theme(theme)

    def sizeHint(self) -> QSize:
        """Room for curves and pictures side by side."""
        return QSize(800, 230)

    def event(self, event: QEvent | None) -> bool:
        """Say that it was taken out of the window."""
        kind = None if event is None else event.type()
        if kind == QEvent.Type.ParentChange and self.parent() is None:
            self.closed.emit()
        return super().event(event)

    def start(self, event: TrainingStarted, name: str) -> None:
        """Show the start of a course, and nothing of the one before.

        The name of its images stays in view: others may be chosen meanwhile.
        """
        self._start, self._name = event, name
        self.training = [(point.step, point.training) for point in event.points]
        self.validation = [(point.step, point.validation) for point in event.points]
        shares = [point.validation for point in event.points]
        self.best = shares.index(min(shares))
        is_known = math.isfinite(event.improvement_db)
        self._say(BEGUN.format(gain=event.improvement_db) if is_known else UNKNOWN)
        self._draw_curves()
        self._draw_pictures(None)

    def add(self, event: EpochDone) -> None:
        """Show another point, and what the network makes of the picture now."""
        point = event.point
        if event.is_best:
            self.best = len(self.validation)
        self.training.append((point.step, point.training))
        self.validation.append((point.step, point.validation))
        self._say(event.verdict)
        self._draw_curves()
        self._draw_pictures(event)

    def finish(self, tuned: FineTuned) -> None:
        """Show whole curves, from step 0, and what came of it."""
        points = tuned.report["curves"]
        self.training = [(point["step"], point["training"]) for point in points]
        self.validation = [(point["step"], point["validation"]) for point in points]
        steps = [point["step"] for point in points]
        self.best = steps.index(tuned.report["best_step"])
        self._say(tuned.summary)
        self._draw_curves()

    def set_theme(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        if self.curves is not None:
            colours = colours_of(theme)
            self.curves.set_colours(
                colours.background, colours.text, is_dark=colours.is_dark
            )

    def _say(self, text: str) -> None:
        self.verdict.setText(f"{self._name}: {text}" if self._name else text)

    def _draw_curves(self) -> None:
        if self.curves is not None:
            self.curves.show_curves(self.training, self.validation, self.best)

    def _draw_pictures(self, event: EpochDone | None) -> None:
        start = self._start
        if start is None:
            return
        shown: list[tuple[str, Any]] = [
            ("noisy", start.noisy),
            ("before", start.before),
            ("now", start.before if event is None else event.now),
        ]
        if start.clean is not None:
            shown.append(("clean", start.clean))
        contrast = contrast_of(start.before if start.clean is None else start.clean)
        self.pictures.show_pictures(
            [(title, as_image(picture, contrast)) for title, picture in shown]
        )


def _make_curves() -> Curves | None:
    if find_spec("pyqtgraph") is None:
        return None
    # Half a second: only for those who look at it.
    from napari_denoise._napari.tuning.curves import Curves

    return Curves()
