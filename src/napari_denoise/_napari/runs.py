"""Runs over one image or several, each in a worker, one after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_denoise._napari.jobs import explain, make_worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_denoise._napari.form import Request
    from napari_denoise._napari.jobs import DenoiseWorker
    from napari_denoise._napari.layers import Snapshot
    from napari_denoise._napari.view import View
    from napari_denoise.denoising import Denoised

PATIENCE_MS = 700
"""A run that does not stop within this is left to end by itself, unheard."""


@dataclass(frozen=True)
class Task:
    """One image to be denoised.

    Attributes
    ----------
    source : Snapshot
        The image.
    request : Request
        Model and options.
    view : View, optional
        Only this part of it.
    """

    source: Snapshot
    request: Request
    view: View | None = None

    @property
    def pixels(self) -> int:
        """How many are to be denoised."""
        if self.view is None:
            return int(np.prod(self.source.data.shape))
        (top, bottom), (left, right) = self.view.rows, self.view.columns
        return (bottom - top) * (right - left)


class Runs:
    """Works tasks off; there is never more than one at a time.

    Attributes
    ----------
    advanced : Signal
        Share that is done, 0 to 1, and seconds left or None.
    returned : Signal
        A `Denoised` and its `Task`; of a part, with all axes of its image.
    failed : Signal
        A sentence and its `Task`; the other tasks go on.
    finished : Signal
        Whether all tasks were worked off; False if they were cancelled.
    """

    advanced = Signal(float, object)
    returned = Signal(object, object)
    failed = Signal(str, object)
    finished = Signal(bool)

    def __init__(self) -> None:
        self._tasks: list[Task] = []
        self._worker: DenoiseWorker | None = None
        self._task: Task | None = None
        self._began = 0.0
        self._before = self._total = 0  # pixels

    @property
    def running(self) -> bool:
        """Whether a task is being worked on."""
        return self._worker is not None

    def start(self, tasks: list[Task]) -> None:
        """Begin with the first of one or more tasks."""
        self._tasks = list(tasks)
        self._began = time.monotonic()
        self._before, self._total = 0, sum(task.pixels for task in tasks)
        self._next()

    def cancel(self) -> None:
        """Stop; what was finished before has been returned, of the rest is nothing."""
        worker = self._worker
        if worker is None:
            return
        self._tasks.clear()
        worker.quit()
        QTimer.singleShot(PATIENCE_MS, lambda: self._end(worker, all_done=False))

    def abandon(self) -> None:
        """Stop without a word: whoever would listen is gone."""
        worker, self._worker, self._task = self._worker, None, None
        self._tasks.clear()
        if worker is not None:
            worker.quit()

    def _next(self) -> None:
        # The window keeps the worker and so its slots: none of them holds the task.
        task = self._task = self._tasks.pop(0)
        request = task.request
        worker = make_worker(task.source, request.model, request.options, task.view)

        def current(slot: Callable[..., None]) -> Callable[..., None]:
            # A run that was abandoned has nothing more to say here.
            return lambda *args: slot(*args) if worker is self._worker else None

        self._worker = worker
        worker.yielded.connect(current(self._on_step))
        worker.returned.connect(current(self._on_returned))
        worker.errored.connect(current(self._on_errored))
        worker.finished.connect(current(self._on_finished))
        worker.start()

    def _on_returned(self, denoised: Denoised) -> None:
        # Cancel may come after the last tile: still nothing is kept.
        if self._worker is None or self._task is None or self._worker.abort_requested:
            return
        self.returned.emit(_with_all_axes(denoised, self._task.view), self._task)

    def _on_errored(self, error: Exception) -> None:
        self.failed.emit(explain(error), self._task)

    def _on_finished(self) -> None:
        if self._worker is not None and self._task is not None:
            self._before += self._task.pixels
            self._end(self._worker, all_done=not self._worker.abort_requested)

    def _on_step(self, step: Any) -> None:
        if not hasattr(step, "total"):
            return
        share = step.done / max(step.total, 1)
        if self._before == 0 and not self._tasks:
            self.advanced.emit(share, step.seconds_left)
            return
        size = self._size_now()
        done = (self._before + share * size) / max(self._total, 1)
        left = (time.monotonic() - self._began) * (1 - done) / max(done, 1e-9)
        self.advanced.emit(done, left)

    def _size_now(self) -> int:
        return self._total - self._before - sum(task.pixels for task in self._tasks)

    def _end(self, worker: DenoiseWorker, *, all_done: bool) -> None:
        if worker is not self._worker:
            return
        self._worker = self._task = None
        if all_done and self._tasks:
            self._next()
        else:
            self.finished.emit(all_done)


def _with_all_axes(denoised: Denoised, view: View | None) -> Denoised:
    if view is None:
        return denoised
    return replace(denoised, data=view.as_piece(denoised.data))
