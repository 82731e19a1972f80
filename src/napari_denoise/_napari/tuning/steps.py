"""What runs in a worker: generators around those of the core."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from napari_denoise.errors import PairsError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_denoise._napari.tuning.request import TuningRequest
    from napari_denoise.models import NetworkModel
    from napari_denoise.training.check import PairReport
    from napari_denoise.training.pace import Pace
    from napari_denoise.training.patch_preview import Patch

NAP = 0.02


@dataclass(frozen=True)
class Controls:
    """Two switches that the main thread has on a course.

    Attributes
    ----------
    paused, stopped : threading.Event
    """

    paused: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def wait(self, cancelled: Callable[[], bool]) -> None:
        """Return when there is no pause, or an end is wanted."""
        while self.paused.is_set() and not self.stopped.is_set() and not cancelled():
            time.sleep(NAP)


@dataclass(frozen=True)
class Refused:
    """The images cannot be trained on; the report says why."""

    report: PairReport


@dataclass(frozen=True)
class Paced:
    """The images can be trained on, and this is how fast it goes."""

    pace: Pace


@dataclass(frozen=True)
class Patches:
    """Patches as training would see them."""

    patches: list[Patch]


def course_steps(
    request: TuningRequest, controls: Controls, *, cancelled: Callable[[], bool]
) -> Generator[Any, None, Any]:
    """Check, then train; returns FineTuned or Refused."""
    from napari_denoise.training.fine_tuning import fine_tune_steps  # torch

    course = fine_tune_steps(
        _start(request),
        request.noisy,
        request.clean,
        stopped=controls.stopped.is_set,
        **request.data,
        **request.training,
        **request.length,
    )
    try:
        while True:
            try:
                event = next(course)
            except StopIteration as end:
                return end.value
            except PairsError as error:
                return _refused(error)
            yield event
            controls.wait(cancelled)
    finally:
        course.close()


def check_steps(
    request: TuningRequest, *, cancelled: Callable[[], bool]
) -> Generator[Any, None, Any]:
    """Check, and measure the pace; returns Paced or Refused."""
    from napari_denoise.training.pace import pace_steps

    try:
        pace = yield from pace_steps(
            _start(request),
            request.noisy,
            request.clean,
            **request.data,
            **request.training,
        )
    except PairsError as error:
        return _refused(error)
    return Paced(pace)


def patch_steps(
    request: TuningRequest, report: PairReport | None, *, cancelled: Callable[[], bool]
) -> Generator[Any, None, Any]:
    """Cut patches; returns Patches or Refused."""
    from napari_denoise.training import patch_preview

    wanted = ("augmentation", "validation", "seed")
    try:
        patches = yield from patch_preview.patch_steps(
            request.noisy,
            request.clean,
            report=report,
            **request.data,
            **{name: request.training[name] for name in wanted},
        )
    except PairsError as error:
        return _refused(error)
    return Patches(patches)


def _start(request: TuningRequest) -> Any:
    if not request.is_untrained:
        return request.model
    from napari_denoise.models import load_model
    from napari_denoise.models.untrained import new_model

    spec = cast("NetworkModel", load_model(request.model)).spec
    arguments = {**spec.hyperparameters, "ndim": spec.ndim}
    return new_model(spec.architecture, seed=request.training["seed"], **arguments)


def _refused(error: PairsError) -> Refused:
    if error.report is None:
        raise error
    return Refused(error.report)
