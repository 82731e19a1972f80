"""Start, Pause and Stop, the progress of a course, and what there is to say of it."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import PushButton
from psygnal import Signal

from napari_denoise._napari.run_bar import RunBar
from napari_denoise._napari.tuning import tooltips

PAUSE, GO_ON = "Pause", "Go on"


class CourseBar(RunBar):
    """A bar for runs that can be paused."""

    pause_requested = Signal(bool)

    def __init__(self) -> None:
        self.pause = PushButton(text=PAUSE, tooltip=tooltips.PAUSE, enabled=False)
        super().__init__()
        self.run.text, self.run.tooltip = "Start", tooltips.START
        self.cancel.text, self.cancel.tooltip = "Stop", tooltips.STOP
        buttons: Any = self[0]
        buttons.insert(1, self.pause)
        self.pause.clicked.connect(self._on_pause)

    def show_phase(self, status: str, share: float = 0.0) -> None:
        """Show what goes on before training, and how far it is, 0 to 1."""
        self.bar.max = 1000 if share else 0
        if share:
            self.bar.value = int(1000 * share)
        self.status.value = status

    def allow_pause(self) -> None:
        """Show that training has begun."""
        self.bar.max = 1000
        self.pause.enabled = True

    def show_pause(self, on: bool) -> None:
        """Show that training is held, or goes on."""
        self.pause.text = GO_ON if on else PAUSE
        if on:
            self.status.value = "Paused"

    def stopping(self) -> None:
        """Show that Stop was pressed."""
        super().stopping()
        self.pause.enabled = False

    def end(self) -> None:
        """Show that it is over, however it went."""
        super().end()
        self.pause.enabled = False
        self.show_pause(False)

    def _on_pause(self) -> None:
        self.pause_requested.emit(self.pause.text == PAUSE)
