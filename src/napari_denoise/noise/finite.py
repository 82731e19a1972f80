"""Pixels that are no numbers, filled from their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def finite_plane(
    plane: NDArray[Any],
) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
    """Fill NaN and infinite pixels from their nearest finite neighbours.

    Parameters
    ----------
    plane : ndarray, shape (Y, X)
        Of any type.

    Returns
    -------
    filled : ndarray of float32, shape (Y, X)
        All zero where no pixel is finite.
    bad : ndarray of bool, shape (Y, X), or None
        Which pixels were filled; None if none was.
    """
    numbers = np.asarray(plane, np.float32)
    if plane.dtype.kind != "f" or np.isfinite(numbers).all():
        return numbers, None
    from scipy.ndimage import distance_transform_edt

    bad = ~np.isfinite(numbers)
    if bad.all():
        return np.zeros_like(numbers), bad
    nearest = distance_transform_edt(bad, return_distances=False, return_indices=True)
    return numbers[tuple(nearest)], bad
