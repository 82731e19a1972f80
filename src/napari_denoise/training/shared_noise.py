"""Whether a clean image is a mean that holds the noisy image itself.

Then part of its noise is that of the noisy image, and a network that learns to return
it does better and better on such pairs, and worse on all images else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import convolve1d, gaussian_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Image = NDArray[np.float32]
    Numbers = NDArray[np.float64]

FINEST = (1, -2, 1)
"""Along both axes: passes what an objective hardly does."""
FINE, COARSE = 1.0, 3.0
"""Widths in pixels: below the one is noise and texture, above the other no noise."""
TEXTURE = 10.0
"""How much more texture than noise is fine but not finest, in odds: 11 or more of
simulated filaments of 0.8 pixels and wider, 1 to 7 of noise that is shared beside them
(up to 300 photons; more photons hide it)."""
BLOCK, FEWEST = 32, 4
"""Pixels along a side of a block at the most; blocks of a plane at the fewest."""
FLATTEST = 0.25
"""Share of the blocks that are looked at."""
CERTAIN = 3.0
"""Standard errors that a share must exceed."""


def shared_noise(noisy: Sequence[Image], clean: Sequence[Image]) -> float:
    """Estimate which share of the noise of the noisy planes is in the clean ones too.

    Parameters
    ----------
    noisy, clean : sequence of ndarray of float32, shape (Y, X)
        The same planes, registered, in the counts of the noisy image.

    Returns
    -------
    float
        1 / k where the clean image is the mean of k frames and the noisy one is among
        them; 0 where nothing tells of that.

    Notes
    -----
    The covariance of both images over the variance of the noisy one is 1 / k then, at
    any scale, if noise is all there is. Texture has a covariance as well, and the more
    the coarser it is: what is shared of the finest details alone is believed, and only
    where not much more is shared of fine ones.
    """
    statistics = np.concatenate(
        [_of_blocks(a, b) for a, b in zip(noisy, clean, strict=True)]
    )
    order = np.argsort(statistics[:, 0])
    flattest = order[: max(FEWEST, int(FLATTEST * len(order)))]
    _, both, own, both_fine, own_fine = statistics[flattest].T
    share, error = _share(both, own)
    share_of_fine, _ = _share(both_fine, own_fine)
    is_texture = _odds(share_of_fine) > TEXTURE * _odds(share)
    return share if share > CERTAIN * error and not is_texture else 0.0


def _share(both: Numbers, own: Numbers) -> tuple[float, float]:
    """Return covariance over variance, and the standard error from block to block."""
    total = max(float(own.sum()), 1e-30)
    share = float(both.sum()) / total
    return share, float(np.linalg.norm(both - share * own)) / total


def _odds(share: float) -> float:
    return share / max(1 - share, 1e-30)


def _of_blocks(noisy: Image, clean: Image) -> Numbers:
    """Return structure over noise, and at two scales covariance and variance; rows."""
    side = max(min(BLOCK, min(noisy.shape) // FEWEST), 1)
    finest = [_blocks(_finest(image), side) for image in (noisy, clean)]
    fine = [
        _blocks(image - gaussian_filter(image, FINE), side) for image in (noisy, clean)
    ]
    structure = _blocks(gaussian_filter(clean, COARSE), side).var(axis=1)
    variance = (finest[0] ** 2).mean(axis=1)
    return np.stack(
        [
            structure / np.maximum(variance, 1e-30),
            (finest[0] * finest[1]).mean(axis=1),
            variance,
            (fine[0] * fine[1]).mean(axis=1),
            (fine[0] ** 2).mean(axis=1),
        ],
        axis=1,
    )


def _finest(image: Image) -> Image:
    along_columns = convolve1d(image, FINEST, axis=0)
    return np.asarray(convolve1d(along_columns, FINEST, axis=1), np.float32)


def _blocks(image: NDArray[np.floating], side: int) -> Numbers:
    """Cut a plane into squares, shape (blocks, pixels); what is left is dropped."""
    rows, columns = (length // side for length in image.shape)
    cut = image[: rows * side, : columns * side].astype(np.float64)
    squares = cut.reshape(rows, side, columns, side).swapaxes(1, 2)
    return squares.reshape(rows * columns, side * side)
