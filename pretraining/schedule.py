"""How fast to learn, and when: warm-up, cosine, and an end of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

WARMUP_S = 20
LOWEST = 0.01
"""Of the peak rate, at the end."""


@dataclass(frozen=True)
class Schedule:
    """One course of training; a stopped one is gone on with, not begun again.

    Attributes
    ----------
    start_s, length_s : float
        In seconds of training: what had been trained before, and how long this takes.
    """

    start_s: float = 0.0
    length_s: float = 0.0

    def progress(self, seconds: float) -> float:
        """Return the share that is done after so many seconds of training in all."""
        if not self.length_s:
            return 1.0
        return min((seconds - self.start_s) / self.length_s, 1.0)

    def rate(self, seconds: float) -> float:
        """Return the learning rate as a share of its peak.

        Parameters
        ----------
        seconds : float
            Seconds of training in all.

        Returns
        -------
        float
        """
        progress = self.progress(seconds)
        cosine = 0.5 + 0.5 * math.cos(math.pi * progress)
        warm = min(1.0, (seconds - self.start_s + 1) / WARMUP_S)
        return warm * (LOWEST + (1 - LOWEST) * cosine)
