"""How far training gets in some minutes: measured on a few real steps."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from napari_denoise.training.course import BATCH, EPOCHS
from napari_denoise.training.events import (
    EpochDone,
    StepDone,
    StepTimed,
    TrainingStarted,
)
from napari_denoise.training.fine_tuning import fine_tune_steps

if TYPE_CHECKING:
    from collections.abc import Generator

WARM_UP = 2
"""Steps that are not timed: the first ones are slower than all others."""
TIMED = 5


@dataclass(frozen=True)
class Pace:
    """How fast training is.

    Attributes
    ----------
    seconds_per_step : float
        Median of a few.
    seconds_per_epoch : float
        To judge the network on held-out data.
    batch : int
        Patches in a step.
    device : str
        What it was measured on.
    """

    seconds_per_step: float
    seconds_per_epoch: float
    batch: int
    device: str

    def steps_in(self, minutes: float) -> int:
        """Estimate how many steps a course of some minutes has.

        Parameters
        ----------
        minutes : float
            Length of training; to judge the network is part of it.

        Returns
        -------
        int
            At least 1.
        """
        seconds = 60 * minutes
        between = (seconds - EPOCHS * self.seconds_per_epoch) / self.seconds_per_step
        # A course so short that it is judged after every step is judged less often.
        each = seconds / (self.seconds_per_step + self.seconds_per_epoch)
        return max(int(max(between, each)), 1)


def pace_steps(
    model: Any, noisy: Any, clean: Any = None, *, batch: int = BATCH, **options: Any
) -> Generator[Any, None, Pace]:
    """Check pairs, and train a few steps of a course to see how long they take.

    Nothing is kept of what is learnt.

    Parameters
    ----------
    model, noisy, clean, batch
        As `fine_tune_steps` takes them.
    **options
        Others of `fine_tune_steps`, but `steps`, `minutes` and `checkpoint`.

    Yields
    ------
    PairChecked, PairsChecked, TrainingStarted, StepTimed

    Returns
    -------
    Pace

    Raises
    ------
    DenoiseError
        As `fine_tune_steps`.
    """
    steps = EPOCHS * (WARM_UP + TIMED)
    course = fine_tune_steps(model, noisy, clean, batch=batch, steps=steps, **options)
    device, taken = "", []
    began = time.perf_counter()
    for event in course:
        seconds = time.perf_counter() - began
        if isinstance(event, EpochDone):
            break
        if isinstance(event, StepDone):
            taken.append(seconds)
            yield StepTimed(len(taken), WARM_UP + TIMED)
        else:
            yield event
        if isinstance(event, TrainingStarted):
            device = event.device
        began = time.perf_counter()
    course.close()
    return Pace(median(taken[WARM_UP:]), seconds, batch, device)
