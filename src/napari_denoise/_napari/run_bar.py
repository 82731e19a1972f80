"""Run and Cancel, the progress of a run, and what there is to say about it."""

from __future__ import annotations

import time
from typing import Literal

from magicgui.widgets import Container, Label, ProgressBar, PushButton
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy

from napari_denoise._napari import tooltips
from napari_denoise._napari.wording import describe_seconds_left

Mood = Literal["plain", "warning", "error"]

# A coloured edge, not coloured text: it reads on dark and on light themes.
MOODS: tuple[Mood, ...] = ("plain", "warning", "error")
EDGES = {"plain": "transparent", "warning": "#d9a021", "error": "#d9534f"}
SECONDS_BETWEEN_DRAWINGS = 0.05


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


class RunBar(Container):  # type: ignore[type-arg]
    """Shows one run at a time; what the run is, is not its business."""

    run_requested = Signal()
    cancel_requested = Signal()

    def __init__(self) -> None:
        self.run = PushButton(text="Run", tooltip=tooltips.RUN)
        self.cancel = PushButton(text="Cancel", tooltip=tooltips.CANCEL, enabled=False)
        self.bar = ProgressBar(value=0, min=0, max=1000, visible=False)
        self.status = Label(value="", visible=False)
        self.message = text_label()
        self._running = False
        self._drawn = 0.0
        buttons = Container(
            widgets=[self.run, self.cancel], layout="horizontal", labels=False
        )
        buttons.margins = (0, 0, 0, 0)
        super().__init__(
            widgets=[buttons, self.bar, self.status, self.message], labels=False
        )
        self.message.visible = False
        self.margins = (6, 4, 0, 0)
        self.run.clicked.connect(self.run_requested.emit)
        self.cancel.clicked.connect(self.cancel_requested.emit)

    def start(self, status: str) -> None:
        """Show that a run has begun; how far it is, is not known yet."""
        self._running = True
        self.say("")
        self._set_busy(status)

    def stopping(self) -> None:
        """Show that Cancel was pressed.

        A network stops inside a tile, a classical method after the plane it works on.
        """
        self._running = False
        self.cancel.enabled = False
        self.status.value = "Stopping …"

    def advance(self, share: float, seconds_left: float | None) -> None:
        """Show how far the run is, 0 to 1, at most twenty times a second."""
        now = time.monotonic()
        if not self._running or now - self._drawn < SECONDS_BETWEEN_DRAWINGS:
            return
        self._drawn = now
        self.bar.max = 1000
        self.bar.value = int(1000 * share)
        self.status.value = describe_seconds_left(seconds_left) or "Denoising …"

    def end(self) -> None:
        """Show that the run is over, however it went."""
        self._running = False
        self.run.enabled = True
        self.cancel.enabled = False
        self.bar.visible = self.status.visible = False

    def say(self, text: str, mood: Mood = "plain") -> None:
        """Say something about the last run; nothing hides the line."""
        self.message.value = text
        self.message.native.setStyleSheet(
            f"QLabel {{ border-left: 3px solid {EDGES[mood]}; padding-left: 6px; }}"
        )
        self.message.visible = bool(text)

    def _set_busy(self, status: str) -> None:
        self.run.enabled = False
        self.cancel.enabled = True
        self.bar.max = 0
        self.status.value = status
        self.bar.visible = self.status.visible = True
