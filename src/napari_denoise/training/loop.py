"""The training loop: steps, epochs, checkpoints, and the best weights at the end."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import FileError
from napari_denoise.training.averaging import share_learned
from napari_denoise.training.checkpoint import read_checkpoint, write_checkpoint
from napari_denoise.training.events import (
    EpochDone,
    FineTuned,
    StepDone,
    TrainingStarted,
)
from napari_denoise.training.history import History
from napari_denoise.training.report import (
    describe_training,
    tuned_model,
    weights_digest,
)
from napari_denoise.training.tuner import Tuner
from napari_denoise.training.validation import judge, most_structured, restore

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    import torch

    from napari_denoise.models import NetworkModel
    from napari_denoise.training.course import Course
    from napari_denoise.training.gain import Errors
    from napari_denoise.training.material import Material
    from napari_denoise.training.self_supervision import Alone
    from napari_denoise.training.validation import Window

    Events = Generator[TrainingStarted | StepDone | EpochDone, None, FineTuned]

ASTRAY = (
    "Training went astray: the error was no longer a number, and training stopped. A "
    "lower learning_rate helps."
)

PACE = 6.0
"""Training that is measured in minutes goes on for so many times as long as judging
took before it is judged again."""


class Loop:
    """One course of training, from the start or from a checkpoint.

    Parameters
    ----------
    start : NetworkModel
        Not changed.
    course : Course
    material : Material
    device : torch.device
    alone : Alone or None
        How it learns, and is judged, without clean images.
    checkpoint : Path or None
        Gone on with if it exists; written after each epoch.
    stopped : callable
        Looked at before each step; true ends the course with what is best so far.
    """

    def __init__(
        self,
        start: NetworkModel,
        course: Course,
        material: Material,
        device: torch.device,
        alone: Alone | None,
        checkpoint: Path | None,
        stopped: Callable[[], bool],
    ) -> None:
        self.start, self.course, self.material = start, course, material
        self.device, self.checkpoint, self._stopped = device, checkpoint, stopped
        self._alone = alone
        learned = alone.learned if alone else None
        self.tuner = Tuner(
            start.network, course, device, learned, _share(start, material)
        )
        self.step, self.seconds = 0, 0.0
        self.warnings: list[str] = []
        self._judged_at, self._cost = 0.0, 0.0
        self._shown = most_structured(material.held_out)
        self._request = {
            "start": weights_digest(start.network),
            "course": course.to_dict(),
            "images": material.facts,
            "noise": [model.to_dict() for model in material.fields.noise],
        }

    def run(self) -> Events:
        """Train; see `fine_tune_steps`."""
        window = self._shown
        before = restore(window, self.tuner.run, self.device)
        is_resumed = self._resume()
        if not is_resumed:
            first = self._judged(self.material.held_out)
            self.history = History(first)
            self.history.add(0, 0.0, self._judged(self.material.seen).share, first)
            self._save()
        yield TrainingStarted(
            str(self.device),
            self.history.start.improvement_db,
            tuple(self.history.points),
            window.plane,
            before,
            window.target,
            is_resumed=is_resumed,
        )
        yield from self._train()
        return self._finish()

    def _train(self) -> Generator[StepDone | EpochDone, None, None]:
        course = self.course
        done, is_due = course.progress(self.step, self.seconds), False
        while done < 1 and not self._stopped() and not self.history.should_stop:
            epoch = course.epoch(done)
            step = self._learn(done)
            if not math.isfinite(step.loss):
                self.warnings.append(ASTRAY)
                return
            yield step
            done = course.progress(self.step, self.seconds)
            is_due = is_due or course.epoch(done) > epoch
            if is_due and self._has_time_to_judge():
                is_due = False
                judged = self._judge_epoch()
                self._save()
                yield judged
        if self.history.points[-1].step < self.step:
            judged = self._judge_epoch()
            self._save()
            yield judged

    def _has_time_to_judge(self) -> bool:
        """Tell whether judging takes no more than its share of a course by minutes."""
        by_steps = self.course.steps is not None
        return by_steps or self.seconds - self._judged_at >= PACE * self._cost

    def _learn(self, done: float) -> StepDone:
        """Take one step."""
        began = time.perf_counter()
        self.tuner.learn_at(self.course.rate(done))
        batch = self.material.batch(self.step, self.course.seed)
        loss = self.tuner.step(batch, self.step)
        self.step += 1
        self.seconds += time.perf_counter() - began
        done = self.course.progress(self.step, self.seconds)
        left = self.seconds * (1 - done) / max(done, 1e-9)
        return StepDone(self.step, done, self.seconds, left, loss)

    def _judge_epoch(self) -> EpochDone:
        """Judge what would be handed back, and keep it if it is the best."""
        began = time.perf_counter()
        validation = self._judged(self.material.held_out)
        training = self._judged(self.material.seen).share
        minutes = round(self.seconds / 60, 4)
        better, is_best = self.history.add(self.step, minutes, training, validation)
        if is_best:
            self.history.weights = self.tuner.tuned_weights()
        now = restore(self._shown, self.tuner.run, self.device)
        self._cost = time.perf_counter() - began
        self.seconds += self._cost
        self._judged_at = self.seconds
        point, verdict = self.history.points[-1], self.history.verdict
        return EpochDone(point, better, is_best, verdict, now)

    def _judged(self, windows: Sequence[Window]) -> Errors:
        return judge(windows, self.tuner.run, self.device, self._alone)

    def _finish(self) -> FineTuned:
        report = describe_training(
            self.start,
            self.course,
            self.material,
            self.history,
            self.device,
            self.seconds,
            share=self.tuner.share,
            warnings=self.warnings,
        )
        is_better = self.history.is_surely_better
        weights = self.history.weights if is_better else None
        model = tuned_model(self.start, weights, report)
        return FineTuned(model, report, not is_better, report["summary"])

    def _resume(self) -> bool:
        if self.checkpoint is None:
            return False
        state = read_checkpoint(self.checkpoint, self._request, self.device)
        if state is None:
            return False
        self.tuner.load(state["tuner"])
        self.history = History.load(state["history"])
        self.step, self.seconds = state["step"], state["seconds"]
        return True

    def _save(self) -> None:
        if self.checkpoint is None or self.warnings:
            return
        state: dict[str, Any] = {
            "tuner": self.tuner.state(),
            "history": self.history.state(),
            "step": self.step,
            "seconds": self.seconds,
        }
        try:
            write_checkpoint(self.checkpoint, self._request, state)
        except FileError as error:
            if not self.history.points[1:]:  # told before hours of training
                raise
            self.warnings.append(f"{error} Training went on without it.")


def _share(start: NetworkModel, material: Material) -> float:
    """Return the weight of what is learned; random weights are worth nothing."""
    return share_learned(material.scenes) if start.is_trained else 1.0
