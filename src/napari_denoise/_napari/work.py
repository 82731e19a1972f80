"""One worker at a time, whose user is never kept waiting by a Cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_denoise._napari.jobs import explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_denoise._napari.jobs import StepsWorker

PATIENCE_MS = 400
"""A worker that does not stop within this is left to end by itself, unheard."""


class Work:
    """Follows a worker to whichever end it comes to.

    Attributes
    ----------
    stepped : Signal
        What the worker's generator yielded.
    returned : Signal
        What it returned; never after a Cancel.
    failed : Signal
        A sentence for the user.
    ended : Signal
        Last of all; False if it was cancelled.
    """

    stepped = Signal(object)
    returned = Signal(object)
    failed = Signal(str)
    ended = Signal(bool)

    def __init__(self) -> None:
        self._worker: StepsWorker | None = None

    @property
    def running(self) -> bool:
        """Whether there is a worker."""
        return self._worker is not None

    def start(self, worker: StepsWorker) -> None:
        """Start a worker; there must be none."""

        def current(slot: Callable[..., None]) -> Callable[..., None]:
            # A worker that was left alone has nothing more to say here.
            return lambda *args: slot(*args) if worker is self._worker else None

        self._worker = worker
        worker.yielded.connect(current(self.stepped.emit))
        worker.returned.connect(current(self._on_returned))
        worker.errored.connect(current(lambda e: self.failed.emit(explain(e))))
        worker.finished.connect(current(self._on_finished))
        worker.start()

    def cancel(self) -> None:
        """Stop; `ended` comes within a second."""
        worker = self._worker
        if worker is not None:
            worker.quit()
            QTimer.singleShot(PATIENCE_MS, lambda: self._give_up(worker))

    def abandon(self) -> None:
        """Stop without a word: whoever would listen is gone."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.quit()

    def _on_returned(self, result: Any) -> None:
        # Cancel may come after the last step: still nothing is kept.
        if self._worker is not None and not self._worker.abort_requested:
            self.returned.emit(result)

    def _on_finished(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            self.ended.emit(not worker.abort_requested)

    def _give_up(self, worker: StepsWorker) -> None:
        if worker is self._worker:
            self._worker = None
            self.ended.emit(False)
