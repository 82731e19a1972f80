"""Where a course is shown, while the user wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, QTimer

from napari_denoise._napari.tuning.view import CourseView

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_denoise.training.events import EpochDone, FineTuned, TrainingStarted

TITLE = "Fine-tuning"
LARGEST_SHARE = 0.4
"""Of the window's height."""


class CourseDock:
    """One dock with a `CourseView`; what it missed while closed it shows later.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        In whose window it is docked.

    Attributes
    ----------
    view : CourseView or None
        While there is one.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._start: TrainingStarted | None = None
        self._name = ""
        self._epochs: list[EpochDone] = []
        self._end: FineTuned | None = None
        self.view: CourseView | None = None

    def show(self) -> None:
        """Open the dock, or bring it to the front."""
        if self.view is None:
            self.view = CourseView(self._viewer.theme)
            self.view.closed.connect(self._on_closed)
            self.view.destroyed.connect(self._forget_view)
            self._viewer.events.theme.connect(self._on_theme)
            window: Any = self._viewer.window
            window.add_dock_widget(self.view, name=TITLE, area="bottom")
            QTimer.singleShot(0, self._share_height)  # once it has its place
            self._catch_up(self.view)
        dock: Any = self.view.parent()
        dock.show()
        dock.raise_()

    def close(self) -> None:
        """Take the dock away, if there is one."""
        if self.view is not None:
            self._viewer.window.remove_dock_widget(self.view)

    def start(self, event: TrainingStarted, name: str) -> None:
        """Show the start of a course on images of that name."""
        self._start, self._epochs, self._end = event, [], None
        self._name = name
        if self.view is not None:
            self.view.start(event, name)

    def add(self, event: EpochDone) -> None:
        """Show an epoch of it."""
        self._epochs.append(event)
        if self.view is not None:
            self.view.add(event)

    def finish(self, tuned: FineTuned) -> None:
        """Show its end."""
        self._end = tuned
        if self.view is not None:
            self.view.finish(tuned)

    def _catch_up(self, view: CourseView) -> None:
        if self._start is not None:
            view.start(self._start, self._name)
        for event in self._epochs:
            view.add(event)
        if self._end is not None:
            view.finish(self._end)

    def _share_height(self) -> None:
        """Leave room for the canvas above."""
        if self.view is not None:
            window: Any = self.view.window()
            most = int(LARGEST_SHARE * window.height())
            height = min(self.view.sizeHint().height(), most)
            dock: Any = self.view.parent()
            window.resizeDocks([dock], [height], Qt.Orientation.Vertical)

    def _on_theme(self, *_: Any) -> None:
        if self.view is not None:
            self.view.set_theme(self._viewer.theme)

    def _forget_view(self, *_: Any) -> None:
        self.view = None

    def _on_closed(self) -> None:
        view, self.view = self.view, None
        self._viewer.events.theme.disconnect(self._on_theme)
        if view is not None:
            view.destroyed.disconnect(self._forget_view)
            view.deleteLater()
