"""How the counts of pairs are mapped that show too little above their noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.training.match import Match

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from napari_denoise.noise import NoiseModel
    from napari_denoise.training.check.samples import Sample
    from napari_denoise.training.intensity import Line

    Numbers = tuple[int, int]

LENDERS = 3
"""Fewer pairs than these cannot show that all are mapped alike."""
AGREE = 0.05
"""Spread of their slopes, as a share of the slope, up to which they do."""
CERTAIN = 4.0
"""Standard errors by which a faint pair's own counts speak against a slope."""
SLOPE_OFF, MEAN_OFF = 0.1, 0.05
"""Share of the slope, and σ of the noise, that do no harm."""


@dataclass(frozen=True)
class Faint:
    """What can be told of the counts of a faint pair and channel.

    Attributes
    ----------
    noisy, clean : float
        Mean counts.
    sigma : float
        Standard deviation of the noise at the mean, in counts.
    line : Line
        As it was fitted, with its errors.
    """

    noisy: float
    clean: float
    sigma: float
    line: Line

    @classmethod
    def of(cls, sample: Sample, noise: NoiseModel, line: Line) -> Faint:
        """Take the means of the planes that were looked at."""
        noisy, clean = (float(np.mean(i)) for i in (sample.noisy, sample.clean))
        return cls(noisy, clean, float(noise.std(noisy)), line)

    def allows(self, slope: float) -> bool:
        """Whether its own counts do not speak against a slope."""
        allowed = CERTAIN * self.line.slope_error + SLOPE_OFF * abs(slope)
        return bool(abs(self.line.slope - slope) <= allowed)

    def unmapped(self) -> Match | None:
        """Return the match that changes no counts, where nothing speaks against it."""
        allowed = CERTAIN * self.line.level_error + MEAN_OFF * self.sigma
        same = abs(self.noisy - self.clean) <= allowed
        return Match() if same and self.allows(1.0) else None

    def mapped(self, slope: float) -> Match | None:
        """Return the match of a slope and of its own means, where it allows it."""
        if not self.allows(slope):
            return None
        return Match(slope=slope, intercept=self.noisy - slope * self.clean)


def common_slopes(
    matches: Mapping[Numbers, Match], unsure: Collection[Numbers]
) -> dict[int, float]:
    """Find the slope by which the pairs of a channel are mapped, if it is one.

    Parameters
    ----------
    matches : mapping of (int, int) to Match
        By the numbers of pair and channel.
    unsure : collection of (int, int)
        Those whose slopes do not count.

    Returns
    -------
    dict of int to float
        By the number of the channel; only where several pairs agree.
    """
    slopes: dict[int, list[float]] = {}
    for (pair, channel), match in matches.items():
        if (pair, channel) not in unsure:
            slopes.setdefault(channel, []).append(match.slope)
    return {
        channel: float(np.median(found))
        for channel, found in slopes.items()
        if len(found) >= LENDERS and np.std(found, ddof=1) <= AGREE * np.median(found)
    }
