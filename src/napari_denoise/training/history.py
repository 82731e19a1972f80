"""The two curves, the best point on them, and what they say in a sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.training.events import Point
from napari_denoise.training.gain import Errors, Gain, gain

if TYPE_CHECKING:
    from torch import Tensor

PATIENCE = 12
"""Epochs without a new best after which training stops: the first steps from trained
weights make them worse before they become better."""
SETTLED = 3
"""Epochs after the best one that make a trend."""
NOTICEABLE_DB = 0.1
FEW_STEPS = 100
"""After fewer a network is hardly another one."""


@dataclass
class History:
    """What was judged so far; the start is its first point.

    Attributes
    ----------
    start : Errors
        Of the start, on held-out windows.
    points : list of Point
    gains : list of Gain
        Of each point over the start.
    best : int
        Number of the best point.
    lowest : float
        Share that is left there, on the half that it is chosen by.
    weights : dict of str to Tensor, or None
        Of the best point; None while that is the start.
    """

    start: Errors
    points: list[Point] = field(default_factory=list)
    gains: list[Gain] = field(default_factory=list)
    best: int = 0
    lowest: float = np.inf
    weights: dict[str, Tensor] | None = None

    def add(
        self, step: int, minutes: float, training: float, validation: Errors
    ) -> tuple[Gain, bool]:
        """Add a point, and tell its gain and whether it is the best."""
        # The best is chosen on one half and tested on the other: the luck of the
        # choice must not count as a gain.
        is_fresh = validation.has_many_scenes
        better = gain(self.start.half(1), validation.half(1), is_fresh=is_fresh)
        share = validation.share
        chosen = validation.half(0).share
        self.gains.append(better)
        self.points.append(
            Point(step, minutes, training, share, better.decibels, better.error)
        )
        is_best = chosen < self.lowest
        if is_best:
            self.best, self.lowest = len(self.points) - 1, chosen
        return better, is_best

    @property
    def best_gain(self) -> Gain:
        """Of the best point over the start."""
        return self.gains[self.best]

    @property
    def is_surely_better(self) -> bool:
        """Whether the best point beats the start by more than the error of that.

        It must beat the noisy images, too: from random weights all is better.
        """
        is_of_use = self.points[self.best].validation < 1
        return self.best > 0 and is_of_use and self.best_gain.is_sure

    @property
    def should_stop(self) -> bool:
        """Whether nothing has become better for long."""
        return len(self.points) - 1 - self.best >= PATIENCE

    @property
    def verdict(self) -> str:
        """What the curves say."""
        best = self.points[self.best]
        if best.validation >= 1:
            return "Not better than the noisy images themselves yet."
        if len(self.points) <= SETTLED:
            return "Too early to tell."
        if self._falls_behind():
            return (
                f"Over-fitting since step {best.step}: what is trained on still gets "
                f"better, held-out data get worse. {self._kept()} kept."
            )
        if not self.is_surely_better:
            return self._not_better()
        said = f"{best.gain_db:+.2f} ± {best.gain_error_db:.2f} dB on held-out data"
        if len(self.points) - 1 - self.best >= SETTLED:
            return f"No longer improving since step {best.step}: {said}."
        return f"Improving: {said}."

    def _not_better(self) -> str:
        last = self.points[-1]
        if not self.gains[-1].may_be_chance:
            return "Not better than the start on held-out data."
        if last.step < FEW_STEPS:
            return f"Too few steps to tell: {last.step} of them teach little."
        told = "how far chance goes cannot be told"
        if np.isfinite(last.gain_error_db):
            told = (
                f"{last.gain_db:+.2f} dB on held-out data, with an error of "
                f"{last.gain_error_db:.2f} dB"
            )
        return f"Too few pairs to tell: {told}. More, or larger images, would tell."

    def _kept(self) -> str:
        if not self.is_surely_better:
            return "The start is"
        return "The weights of that step are"

    def _falls_behind(self) -> bool:
        last, best = self.points[-1], self.points[self.best]
        settled = len(self.points) - 1 - self.best >= SETTLED
        lost = best.gain_db - last.gain_db
        # From the start on it is over-fitting only if that is sure: the first steps
        # from trained weights make them worse.
        least = NOTICEABLE_DB if self.best else self._surely_lost(last)
        return settled and lost > least and last.training <= best.training

    def _surely_lost(self, last: Point) -> float:
        is_early = last.step < FEW_STEPS or self.gains[-1].may_be_chance
        return np.inf if is_early else NOTICEABLE_DB

    def state(self) -> dict[str, Any]:
        """Plain data and tensors: for a checkpoint."""
        return {
            "start": {name: getattr(self.start, name).tolist() for name in _ERRORS},
            "bias": self.start.bias,
            "points": [asdict(point) for point in self.points],
            "gains": [asdict(better) for better in self.gains],
            "best": self.best,
            "lowest": self.lowest,
            "weights": self.weights,
        }

    @classmethod
    def load(cls, state: dict[str, Any]) -> History:
        """Make a history of what :meth:`state` gave."""
        arrays = {name: np.array(state["start"][name]) for name in _ERRORS}
        start = Errors(**arrays, bias=state["bias"])
        points = [Point(**point) for point in state["points"]]
        gains = [Gain(**better) for better in state["gains"]]
        best = state["best"], state["lowest"], state["weights"]
        return cls(start, points, gains, *best)


_ERRORS = ("squares", "noise", "scene")
