"""Run and Cancel, the progress of a run, and what there is to say about it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from magicgui.widgets import Container, Label, ProgressBar, PushButton
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut  # type: ignore[attr-defined]
from qtpy.QtWidgets import QSizePolicy

from napari_denoise._napari import tooltips
from napari_denoise._napari.messages import Message
from napari_denoise._napari.wording import describe_seconds_left

if TYPE_CHECKING:
    from magicgui.widgets import Widget
    from qtpy.QtWidgets import QWidget

    from napari_denoise._napari.messages import Mood

SECONDS_BETWEEN_DRAWINGS = 0.05
MESSAGE_LINES = 3
WIDEST_STATUS = "Measuring the noise …"
RUN_KEY, CANCEL_KEY = "Ctrl+Return", "Escape"


class RunBar(Container):  # type: ignore[type-arg]
    """Shows one run at a time; what the run is, is not its business."""

    run_requested = Signal()
    cancel_requested = Signal()

    def __init__(self) -> None:
        self.run = PushButton(text="Run", tooltip=tooltips.RUN)
        self.cancel = PushButton(text="Cancel", tooltip=tooltips.CANCEL, enabled=False)
        self.bar = ProgressBar(value=0, min=0, max=1000, visible=False)
        self.status = Label(value="")
        self.message = Message(MESSAGE_LINES)
        self._running = False
        self._drawn = 0.0
        buttons = _row(self.run, self.cancel)
        super().__init__(widgets=[buttons, _row(self.bar, self.status)], labels=False)
        self.native.layout().addWidget(self.message.native)
        self.native.setSizePolicy(
            QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding
        )
        self.margins = (6, 4, 0, 0)
        # Nothing moves when a run begins or ends, however low the window is.
        _keep_room(self.bar.native)
        width = self.status.native.fontMetrics().horizontalAdvance(WIDEST_STATUS)
        self.status.native.setFixedWidth(width)
        self.run.clicked.connect(self.run_requested.emit)
        self.cancel.clicked.connect(self.cancel_requested.emit)

    def listen_to_keys(self, panel: QWidget) -> None:
        """Press Run and Cancel with keys, wherever in a panel the focus is."""
        for key, button in ((RUN_KEY, self.run), (CANCEL_KEY, self.cancel)):
            shortcut = QShortcut(QKeySequence(key), panel)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            # A disabled button takes no notice.
            shortcut.activated.connect(button.native.click)

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
        self.bar.visible = False
        self.status.value = ""

    def say(self, text: str, mood: Mood = "plain") -> None:
        """Say something about the last run; nothing hides the line."""
        self.message.say(text, mood)

    def _set_busy(self, status: str) -> None:
        self.run.enabled = False
        self.cancel.enabled = True
        self.bar.max = 0
        self.status.value = status
        self.bar.visible = True


def _row(*widgets: Widget) -> Container[Any]:
    row: Container[Any] = Container(
        widgets=list(widgets), layout="horizontal", labels=False
    )
    row.margins = (0, 0, 0, 0)
    return row


def _keep_room(widget: QWidget) -> None:
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    widget.setSizePolicy(policy)
