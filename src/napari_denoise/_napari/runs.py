"""Runs over one image or several, each in a worker, one after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_denoise._napari.jobs import make_worker
from napari_denoise._napari.layers import snapshot
from napari_denoise._napari.lazy import calibrated
from napari_denoise._napari.view import WHOLE_PLANE, translation, visible_part
from napari_denoise._napari.work import Work
from napari_denoise.axes import resolve_axes
from napari_denoise.files.creating import check_target

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_denoise._napari.form import DenoiseForm, Request
    from napari_denoise._napari.layers import Snapshot
    from napari_denoise._napari.view import View
    from napari_denoise.denoising import Denoised


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


def read_task(
    viewer: Viewer, layer: Image, form: DenoiseForm, *, several: bool
) -> Task:
    """Read on the main thread what a run needs of a layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Shows it.
    layer : napari.layers.Image
        To be denoised.
    form : DenoiseForm
        Says how.
    several : bool
        Whether other images are denoised in the same run.

    Returns
    -------
    Task

    Raises
    ------
    DenoiseError
        If something is still to be chosen, or the layer cannot be denoised.
    """
    source, request = snapshot(layer), form.request(layer)
    options = request.options | form.output.options(layer.name, several)
    if "out" in options:
        check_target(options["out"])
        options["out"] = calibrated(options["out"], source, options["axes"])
    request = replace(request, options=options)
    if not form.output.only_in_view:
        return Task(source, request)
    axes = resolve_axes(source.data.shape, options["axes"], source.axes)
    view = visible_part(viewer, layer, axes, largest=WHOLE_PLANE)
    state = source.state | {"translate": translation(layer, view.corner)}
    return Task(replace(source, state=state), request, view)


class Runs:
    """Works tasks off; there is never more than one at a time.

    Attributes
    ----------
    advanced : Signal
        Share that is done, 0 to 1, and seconds left or None.
    opened : Signal
        A `Filling` that is being written, and its `Task`; only of results in files.
    returned : Signal
        A `Denoised` and its `Task`; of a part, with all axes of its image.
    failed : Signal
        A sentence and its `Task`; the other tasks go on.
    finished : Signal
        Whether all tasks were worked off; False if they were cancelled.
    """

    advanced = Signal(float, object)
    opened = Signal(object, object)
    returned = Signal(object, object)
    failed = Signal(str, object)
    finished = Signal(bool)

    def __init__(self) -> None:
        self._tasks: list[Task] = []
        # Not in a slot of the worker's: napari keeps those as long as its window.
        self._task: Task | None = None
        self._work = Work()
        self._began = 0.0
        self._before = self._total = 0  # pixels
        self._work.stepped.connect(self._on_step)
        self._work.returned.connect(self._on_returned)
        self._work.failed.connect(self._on_failed)
        self._work.ended.connect(self._on_ended)

    @property
    def running(self) -> bool:
        """Whether a task is being worked on."""
        return self._work.running

    def start(self, tasks: list[Task]) -> None:
        """Begin with the first of one or more tasks."""
        self._tasks = list(tasks)
        self._began = time.monotonic()
        self._before, self._total = 0, sum(task.pixels for task in tasks)
        self._next()

    def cancel(self) -> None:
        """Stop; what was finished before has been returned, of the rest is nothing."""
        self._tasks.clear()
        self._work.cancel()

    def abandon(self) -> None:
        """Stop without a word: whoever would listen is gone."""
        self._tasks.clear()
        self._task = None
        self._work.abandon()

    def _next(self) -> None:
        task = self._task = self._tasks.pop(0)
        request = task.request
        worker = make_worker(task.source, request.model, request.options, task.view)
        self._work.start(worker)

    def _on_step(self, step: Any) -> None:
        if self._task is not None and hasattr(step, "target"):
            self.opened.emit(step.target, self._task)
        if self._task is None or not hasattr(step, "total"):
            return
        share = step.done / max(step.total, 1)
        if self._task.pixels == self._total:
            self.advanced.emit(share, step.seconds_left)
            return
        done = (self._before + share * self._task.pixels) / max(self._total, 1)
        left = (time.monotonic() - self._began) * (1 - done) / max(done, 1e-9)
        self.advanced.emit(done, left)

    def _on_returned(self, denoised: Denoised) -> None:
        if self._task is not None:
            result = _with_all_axes(denoised, self._task.view)
            self.returned.emit(result, self._task)

    def _on_failed(self, sentence: str) -> None:
        self.failed.emit(sentence, self._task)

    def _on_ended(self, by_itself: bool) -> None:
        self._before += self._task.pixels if self._task is not None else 0
        self._task = None
        if by_itself and self._tasks:
            self._next()
        else:
            self.finished.emit(by_itself)


def _with_all_axes(denoised: Denoised, view: View | None) -> Denoised:
    if view is None:
        return denoised
    return replace(denoised, data=view.as_piece(denoised.data))
