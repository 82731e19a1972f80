"""What training makes small: the noise that is left, in counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from napari_denoise.training.examples import Batch

WEIGHT_OF_TOTAL = 0.003
FLOOR = 1e-4
"""Keeps the slope of the root finite where nothing is left."""


def noise_left(output: Tensor, batch: Batch) -> Tensor:
    """Share of the noise variance that is left in each patch.

    Squares are taken in counts, through the exact unbiased inverse: the minimum of
    their mean is the posterior mean E(x|y), which keeps the counts.

    Parameters
    ----------
    output : Tensor, shape (N, 1, [Z,] Y, X)
        What the network returned.
    batch : Batch
        What the network was given, and the truth.

    Returns
    -------
    Tensor, shape (N,)
        Mean square error over mean noise variance; 1 is doing nothing.
    """
    restored, variance = batch.restored(output)
    return (restored - batch.clean).square().flatten(1).mean(dim=1) / variance


def noise_left_of_total(output: Tensor, batch: Batch) -> Tensor:
    """Share of the noise variance that is left in the mean of each patch.

    A bias of a hundredth of the noise is nothing to a pixel and much to the counts of
    a faint structure. This too is a square, so the posterior mean makes it least.

    Parameters
    ----------
    output : Tensor, shape (N, 1, [Z,] Y, X)
        What the network returned.
    batch : Batch
        What the network was given, and the truth.

    Returns
    -------
    Tensor, shape (N,)
        About 1 for doing nothing, if noise is white; hardly less for the best, since
        nothing tells more of the mean of a patch than the mean of its noisy pixels.
    """
    restored, variance = batch.restored(output)
    error = (restored - batch.clean).flatten(1).mean(dim=1)
    return error.square() * output[0].numel() / variance


def relative_error(left: Tensor) -> Tensor:
    """Root of the share, patch by patch: a balance between easy and hard patches.

    Between the mean-square error, which the hardest patches rule, and its logarithm
    (PSNR), which the easiest ones rule. The root moves the minimum away from the
    posterior mean where patches that look alike differ much in error.

    Parameters
    ----------
    left : Tensor, shape (N,)
        From :func:`noise_left`.

    Returns
    -------
    Tensor, shape (N,)
        Root-mean-square error of each patch in units of the noise.
    """
    return (left + FLOOR).sqrt()


def weighted_square_error(left: Tensor, sigma: Tensor) -> Tensor:
    """Squares with a weight that depends on nothing but the noise level.

    Such a weight leaves the minimum at the posterior mean; it gives noise levels the
    balance that :func:`relative_error` gives them.

    Parameters
    ----------
    left : Tensor, shape (N,)
        From :func:`noise_left`.
    sigma : Tensor, shape (N,)
        Noise level that the network is told.

    Returns
    -------
    Tensor, shape (N,)
        Near :func:`relative_error` in size.
    """
    return left / expected_error(sigma)


def expected_error(sigma: Tensor) -> Tensor:
    """Relative error that is usual at a noise level.

    The share of variance left falls about like 1/σ, being a tenth at a tenth of the
    range: a round guess, for balance alone.

    Parameters
    ----------
    sigma : Tensor, shape (N,)
        Noise level in the range of the network.

    Returns
    -------
    Tensor, shape (N,)
        At most 1.
    """
    return (0.01 / sigma).clip(max=1).sqrt()
