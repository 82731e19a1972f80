"""The training loop: resumable, logged, validated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from pretraining.patches import PatchStream, load_batches, validation_batches
from pretraining.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pretraining.images import Collection
    from pretraining.trainer import Trainer

SAVE_EVERY_S = 240
LONGEST_STEP_S = 20
"""A step that took longer was paused; the rest of it does not count as training."""
VALIDATION_PATCHES = 96


def train(
    trainer: Trainer,
    collection: Collection,
    checkpoint: Path,
    minutes: float,
    workers: int = 0,
) -> Iterator[dict[str, float]]:
    """Train for some minutes; checkpoint, validate and yield a log line now and then.

    A course that was stopped is gone on with to its end, whatever `minutes` says.

    Parameters
    ----------
    trainer : Trainer
        Network, optimiser and counts; changed on the way.
    collection : Collection
        Images to train and to validate on.
    checkpoint : Path
        Written every few minutes and at the end, whole or not at all.
    minutes : float
        Length of a new course, in minutes of training (pauses do not count).
    workers : int
        Processes that draw patches; 0 draws them here.

    Yields
    ------
    dict of str to float
        ``steps``, ``minutes``, ``megapixels``, ``loss`` and ``validation``.
    """
    if trainer.schedule.progress(trainer.seconds) >= 1:
        trainer.schedule = Schedule(trainer.seconds, 60 * minutes)
    held_out = validation_batches(
        collection.validation, trainer.recipe, VALIDATION_PATCHES
    )
    stream = PatchStream(collection, trainer.recipe, seed=trainer.pixels)
    source = load_batches(stream, workers)
    saved, losses = trainer.seconds, list[float]()
    trainer.network.train()
    done = trainer.schedule.progress(trainer.seconds)
    while done < 1:
        began = time.monotonic()
        losses.append(trainer.step(next(source).to(trainer.device)))
        trainer.seconds += min(time.monotonic() - began, LONGEST_STEP_S)
        done = trainer.schedule.progress(trainer.seconds)
        if trainer.seconds - saved > SAVE_EVERY_S or done >= 1:
            saved = trainer.seconds
            save(trainer.state(), checkpoint)
            yield {
                "steps": trainer.steps,
                "minutes": round(trainer.seconds / 60, 2),
                "megapixels": round(trainer.pixels / 1e6, 1),
                "loss": round(float(np.mean(losses)), 5),
                "validation": round(trainer.validate(held_out), 5),
            }
            losses.clear()


def save(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    try:
        torch.save(state, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
