"""One thing at a time: a check, a course, or a look at patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_denoise._napari.jobs import steps_worker
from napari_denoise._napari.tuning.steps import (
    Controls,
    Paced,
    Patches,
    Refused,
    check_steps,
    course_steps,
    patch_steps,
)
from napari_denoise._napari.work import Work
from napari_denoise.training.events import (
    EpochDone,
    FineTuned,
    PairsChecked,
    StepDone,
    StepTimed,
    TrainingStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_denoise._napari.tuning.request import TuningRequest
    from napari_denoise.training.check import PairReport


class Session:
    """Follows a worker from its start to every way it can end.

    Attributes
    ----------
    checking : Signal
        How many pairs were checked, and how many there are.
    checked : Signal
        A `PairReport`: the pairs can be used.
    refused : Signal
        A `PairReport`: they cannot.
    pacing : Signal
        How many steps were timed, and of how many.
    paced : Signal
        A `Pace`.
    started, stepped, judged, tuned : Signal
        `TrainingStarted`, `StepDone`, `EpochDone`, `FineTuned`, of a course.
    patches : Signal
        A list of patches.
    failed : Signal
        A sentence.
    ended : Signal
        Last of all; False if it was cancelled.
    """

    checking = Signal(int, int)
    checked = Signal(object)
    refused = Signal(object)
    pacing = Signal(int, int)
    paced = Signal(object)
    started = Signal(object)
    stepped = Signal(object)
    judged = Signal(object)
    tuned = Signal(object)
    patches = Signal(object)
    failed = Signal(str)
    ended = Signal(bool)

    def __init__(self) -> None:
        self._work = Work()
        self._controls = Controls()
        self._is_course = self._has_begun = False
        self._work.stepped.connect(self._on_step)
        self._work.returned.connect(self._on_returned)
        self._work.failed.connect(self.failed.emit)
        self._work.ended.connect(self._on_ended)

    @property
    def running(self) -> bool:
        """Whether anything is in progress."""
        return self._work.running

    @property
    def is_training(self) -> bool:
        """Whether a course has come as far as training."""
        return self.running and self._has_begun

    @property
    def is_paused(self) -> bool:
        """Whether a course is held."""
        return self.running and self._controls.paused.is_set()

    def train(self, request: TuningRequest) -> None:
        """Check, then train."""
        self._begin("fine-tuning", course_steps, request, self._controls_anew())
        self._is_course = True

    def check(self, request: TuningRequest) -> None:
        """Check, then measure the pace."""
        self._begin("check", check_steps, request)

    def show_patches(self, request: TuningRequest, report: PairReport | None) -> None:
        """Cut patches, of images that may have been checked already."""
        self._begin("preview of patches", patch_steps, request, report)

    def pause(self, on: bool) -> None:
        """Hold a course between two steps, or let it go on."""
        if on:
            self._controls.paused.set()
        else:
            self._controls.paused.clear()

    def stop(self) -> None:
        """End a course with what is best so far; anything else without a result."""
        if self.is_training:
            self._controls.stopped.set()
        else:
            self._work.cancel()

    def abandon(self) -> None:
        """Stop without a word: whoever would listen is gone."""
        self._work.abandon()

    def _controls_anew(self) -> Controls:
        self._controls = Controls()
        return self._controls

    def _begin(
        self, what: str, steps: Callable[..., Any], request: TuningRequest, *args: Any
    ) -> None:
        self._is_course = self._has_begun = False
        name = f"{what} on {request.name}"
        self._work.start(steps_worker(name, steps, request, *args))

    def _on_step(self, event: Any) -> None:
        if isinstance(event, PairsChecked):
            self.checked.emit(event.report)
        elif isinstance(event, StepTimed):
            self.pacing.emit(event.done, event.total)
        elif isinstance(event, TrainingStarted | StepDone | EpochDone):
            if self._is_course:
                self._on_training(event)
        else:  # a pair; its class would bring scipy
            self.checking.emit(event.done, event.total)

    def _on_training(self, event: TrainingStarted | StepDone | EpochDone) -> None:
        if isinstance(event, TrainingStarted):
            self._has_begun = True
            self.started.emit(event)
        elif isinstance(event, StepDone):
            self.stepped.emit(event)
        else:
            self.judged.emit(event)

    def _on_returned(self, result: Any) -> None:
        if isinstance(result, Refused):
            self.refused.emit(result.report)
        elif isinstance(result, Paced):
            self.paced.emit(result.pace)
        elif isinstance(result, Patches):
            self.patches.emit(result.patches)
        elif isinstance(result, FineTuned):
            self.tuned.emit(result)

    def _on_ended(self, by_itself: bool) -> None:
        self._is_course = self._has_begun = False
        self.ended.emit(by_itself)
