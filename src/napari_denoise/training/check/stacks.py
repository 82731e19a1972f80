"""Whether the planes of a stack are mapped to the noisy counts alike."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_denoise.training.intensity import Line

CERTAIN = 4.0
"""Standard errors by which planes must differ."""
SLOPE_OFF = 0.15
"""Difference of slopes, as a share, up to which one line does for all: focus that
differs a little between the two images changes them by some percent."""
LEVEL_OFF = 0.5
"""Difference of the counts, in σ of the noise, up to which it does."""


def mapped_otherwise(lines: Sequence[Line], sigma: float) -> tuple[int, int] | None:
    """Find the two planes that are clearly mapped the most differently.

    Parameters
    ----------
    lines : sequence of Line
        Of each plane on its own.
    sigma : float
        Of the noise, in counts.

    Returns
    -------
    tuple of int or None
        Their places; None where one line does for all planes.
    """
    known = [n for n, line in enumerate(lines) if np.isfinite(line.slope_error)]
    apart = {
        (a, b): _difference(lines[a], lines[b], sigma)
        for a, b in combinations(known, 2)
    }
    worst = max(apart, key=lambda pair: apart[pair], default=None)
    return worst if worst is not None and apart[worst] > 1 else None


def _difference(one: Line, other: Line, sigma: float) -> float:
    """Return by how much two lines differ, 1 being clearly and harmfully."""
    slopes = abs(one.slope - other.slope)
    slope_error = float(np.hypot(one.slope_error, other.slope_error))
    allowed = SLOPE_OFF * max(abs(one.slope), abs(other.slope))
    level = (one.level + other.level) / 2
    counts = abs(one.at(level) - other.at(level))
    count_error = float(np.hypot(one.error_at(level), other.error_at(level)))
    return max(
        slopes / max(CERTAIN * slope_error, allowed, 1e-20),
        counts / max(CERTAIN * count_error, LEVEL_OFF * sigma, 1e-20),
    )
