"""Whether a denoiser answers alike however the image is turned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_denoise.treatment import Engine
    from napari_denoise.trust.excerpts import Excerpt

TURNS = [(quarters, flip) for flip in (False, True) for quarters in range(4)]
"""The eight ways to lay a square: quarter turns, and the same of its mirror image."""


def spread_over_turns(
    excerpt: Excerpt,
    engine: Engine,
    strength: float,
    cancelled: Callable[[], bool],
) -> NDArray[np.float64]:
    """Spread of the results over the eight flips and rotations.

    Parameters
    ----------
    excerpt : Excerpt
        Part of the noisy image.
    engine : Engine
        The denoiser.
    strength : float
        As `denoise` takes it.
    cancelled : callable
        Looked at before each run.

    Returns
    -------
    ndarray of float64, shape (Y, X)
        Standard deviation of the eight results, turned back, in counts; of the core.
    """
    total: NDArray[np.float64] = np.zeros(excerpt.plane.shape)
    squares = total.copy()
    first = None
    for quarters, flip in TURNS:
        planes = excerpt.planes[..., ::-1] if flip else excerpt.planes
        turned = replace(
            excerpt, planes=np.ascontiguousarray(np.rot90(planes, quarters, (-2, -1)))
        )
        result = turned.restore(turned.plane, engine, strength, cancelled)
        back = np.rot90(result, -quarters).astype(np.float64)
        back = back[:, ::-1] if flip else back
        first = back if first is None else first
        total += back - first  # small numbers: large ones would lose their spread
        squares += (back - first) ** 2
    variance = squares / len(TURNS) - (total / len(TURNS)) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0))[excerpt.core])
