"""How long to train, how fast to learn, and what from: the options, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

from napari_denoise.errors import OptionError
from napari_denoise.training.augmentation import Augmentation
from napari_denoise.training.losses import LOSSES
from napari_denoise.training.targets import CLEAN
from napari_denoise.training.trainable import TRAINABLE

EPOCHS = 20
"""A course is judged so often."""
WARM_UP = 0.03
LOWEST_RATE = 0.01
"""Of the peak, at the end."""
DEFAULT_MINUTES = 5.0
BATCH = 4


@dataclass(frozen=True)
class Course:
    """One course of training.

    Attributes
    ----------
    target : str
        One of `napari_denoise.training.targets.TARGETS`.
    loss : {"mse", "l1", "charbonnier", "ssim", "perceptual"}
    train : {"all", "decoder", "ends"}
        Which part of the network learns.
    augmentation : Augmentation
    seed : int
    steps : int or None
    minutes : float or None
        Whichever ends first ends the course; of training, not of what comes before.
    learning_rate : float
        The highest.
    weight_decay : float
        Of AdamW (Loshchilov & Hutter, ICLR 2019).
    dropout : float
        Share of the bottleneck's channels that is left out at each step.
    batch : int
        Patches in a step.
    """

    target: str = CLEAN
    loss: str = "mse"
    train: str = "all"
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0
    steps: int | None = None
    minutes: float | None = None
    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    dropout: float = 0.0
    batch: int = BATCH

    def __post_init__(self) -> None:
        _check_choice("loss", self.loss, tuple(LOSSES))
        _check_choice("train", self.train, TRAINABLE)
        if self.target != CLEAN and self.loss != "mse":
            raise OptionError(
                f"The loss “{self.loss}” needs clean images: towards noisy ones only "
                "“mse” ends at the clean image."
            )
        _check_number("seed", self.seed, 0, math.inf, whole=True)
        _check_number("steps", self.steps, 1, math.inf, whole=True)
        _check_number("minutes", self.minutes, 1e-3, 1e5)
        _check_number("dropout", self.dropout, 0, 0.9)
        _check_number("learning_rate", self.learning_rate, 1e-7, 0.1)
        _check_number("weight_decay", self.weight_decay, 0, 1)

    def progress(self, step: int, seconds: float) -> float:
        """Return the share that is done, 0 to 1, after some steps and seconds."""
        by_step = step / self.steps if self.steps else 0.0
        by_time = seconds / (60 * self.length_minutes) if self.length_minutes else 0.0
        return min(max(by_step, by_time), 1.0)

    @property
    def length_minutes(self) -> float | None:
        """Minutes after which it ends; None if only steps end it."""
        if self.minutes is None and self.steps is None:
            return DEFAULT_MINUTES
        return self.minutes

    def rate(self, progress: float) -> float:
        """Return the learning rate: warm-up, then half a cosine."""
        warm = min(1.0, (progress + 1e-3) / WARM_UP)
        cosine = 0.5 + 0.5 * math.cos(math.pi * progress)
        return self.learning_rate * warm * (LOWEST_RATE + (1 - LOWEST_RATE) * cosine)

    def epoch(self, progress: float) -> int:
        """Return how many epochs are complete."""
        return int(progress * EPOCHS + 1e-9)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: for the model's card."""
        names = (
            "target loss train seed steps minutes learning_rate weight_decay dropout "
            "batch"
        )
        plain: dict[str, Any] = {name: getattr(self, name) for name in names.split()}
        return plain | {"augmentation": self.augmentation.to_dict()}


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise OptionError(f"{name}={value!r} does not work: choose {_listed(choices)}.")


def _listed(choices: tuple[str, ...]) -> str:
    quoted = [f"“{choice}”" for choice in choices]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _check_number(
    name: str, value: Any, lowest: float, highest: float, *, whole: bool = False
) -> None:
    if value is None and name in ("steps", "minutes"):
        return
    kind = Integral if whole else Real
    if (
        isinstance(value, bool)
        or not isinstance(value, kind)
        or not lowest <= float(value) <= highest
    ):
        what = "whole number" if whole else "number"
        limit = "" if highest == math.inf else f" and at most {highest:g}"
        raise OptionError(
            f"{name}={value!r} does not work: give a {what} of at least {lowest:g}"
            f"{limit}."
        )
