"""Whether a clean image is a mean that holds the noisy image itself.

Then part of its noise is that of the noisy image, and a network that learns to return
it does better and better on such pairs, and worse on all images else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel

    Image = NDArray[np.float32]
    Numbers = NDArray[np.float64]

FINE, COARSE = 1.0, 3.0
"""Widths in pixels: below the one is noise for the most part, above the other none."""
BLOCK, FEWEST = 32, 4
"""Pixels along a side of a block at the most; blocks of a plane at the fewest."""
FLATTEST, FLAT = 0.25, 0.5
"""Shares of the blocks in which noise is compared, and measured."""


def shared_noise(
    noisy: Sequence[Image], clean: Sequence[Image], noise: NoiseModel
) -> float:
    """Estimate which share of the noise of the noisy planes is in the clean ones too.

    Parameters
    ----------
    noisy, clean : sequence of ndarray of float32, shape (Y, X)
        The same planes, registered, in the counts of the noisy image.
    noise : NoiseModel
        Of the noisy image.

    Returns
    -------
    float
        1 / k where the clean image is the mean of k frames and the noisy one is among
        them; 0 where nothing tells of that.

    Notes
    -----
    In flat places the covariance of fine details is σ² / k then. Texture has a
    covariance as well; but what the noisy image differs by has the variance
    σ² (1 − 1 / k), and at least σ² where the noises are independent.
    """
    statistics = np.concatenate(
        [_of_blocks(a, b, noise) for a, b in zip(noisy, clean, strict=True)]
    )
    order = np.argsort(statistics[:, 0])
    flattest, flat = (
        statistics[order[: max(FEWEST, int(share * len(order)))]].sum(axis=0)
        for share in (FLATTEST, FLAT)
    )
    share = float(flattest[1] / max(flattest[2], 1e-30))
    differs_by = float(flat[3] / max(flat[4], 1e-30))
    is_shared = differs_by < 1 - share / 2
    return share if share > 0 and is_shared else 0.0


def _of_blocks(noisy: Image, clean: Image, noise: NoiseModel) -> Numbers:
    """Return structure, fine covariance and variance, difference, noise; by rows."""
    side = max(min(BLOCK, min(noisy.shape) // FEWEST), 1)
    fine = [
        _blocks(image - gaussian_filter(image, FINE), side) for image in (noisy, clean)
    ]
    levels = _blocks(clean, side)
    expected = (noise.std(levels) ** 2).mean(axis=1)
    structure = _blocks(gaussian_filter(clean, COARSE), side).var(axis=1)
    return np.stack(
        [
            structure / np.maximum(expected, 1e-30),
            (fine[0] * fine[1]).mean(axis=1),
            (fine[0] ** 2).mean(axis=1),
            _blocks(noisy - clean, side).var(axis=1),
            expected,
        ],
        axis=1,
    )


def _blocks(image: NDArray[np.floating], side: int) -> Numbers:
    """Cut a plane into squares, shape (blocks, pixels); what is left is dropped."""
    rows, columns = (length // side for length in image.shape)
    cut = image[: rows * side, : columns * side].astype(np.float64)
    squares = cut.reshape(rows, side, columns, side).swapaxes(1, 2)
    return squares.reshape(rows * columns, side * side)
