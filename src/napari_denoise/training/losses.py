"""What training makes small: the noise that is left, in counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari_denoise.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import Tensor

    from napari_denoise.training.examples import Batch

    Loss = Callable[[Tensor, Batch], Tensor]

LOSSES = ("mse", "l1", "charbonnier", "ssim", "perceptual")
"""Names of the losses, the default first."""
WEIGHT_OF_TOTAL = 0.003
FLOOR = 1e-4
"""Keeps the slope of the root finite where nothing is left."""
ROUNDED = 0.1
"""Errors below it, in standard deviations of the noise, count as squares do."""
GAUSSIAN_RATIO = math.sqrt(math.pi / 2)
"""Standard deviation of a Gaussian error over its mean size."""
SHARE_OF_SSIM = 0.84
"""As Zhao et al. (IEEE TCI 3:47, 2017) mixed it, there with absolute errors."""
SHARE_OF_FEATURES = 0.5


def make_loss(name: str, device: torch.device) -> Loss:
    """Build a loss by name.

    All are near :func:`relative_error` in size, so that a learning rate suits them all.

    Parameters
    ----------
    name : str
        One of `LOSSES`.
    device : torch.device
        What the network runs on.

    Returns
    -------
    callable
        ``loss(output, batch)``: a number for each patch, Tensor of shape (N,). The
        output of the network is of shape (N, 1, [Z,] Y, X), of any precision.

    Raises
    ------
    OptionError
        If there is no such loss.
    """
    if name not in LOSSES:
        raise OptionError(
            f"loss={name!r} does not work: choose one of {', '.join(LOSSES)}. “mse” is "
            "the one that keeps the counts."
        )
    if name == "perceptual":
        return _perceptual(device)
    plain: dict[str, Loss] = {
        "mse": square_error,
        "l1": absolute_error,
        "charbonnier": charbonnier_error,
        "ssim": dissimilarity,
    }
    return plain[name]


def square_error(output: Tensor, batch: Batch) -> Tensor:
    """Squares of the error in counts: least at the posterior mean E(x|y).

    Parameters
    ----------
    output : Tensor, shape (N, 1, [Z,] Y, X)
        What the network returned.
    batch : Batch
        What the network was given, and the truth.

    Returns
    -------
    Tensor, shape (N,)
    """
    return weighted_square_error(noise_left(output.float(), batch), batch.sigma)


def absolute_error(output: Tensor, batch: Batch) -> Tensor:
    """Size of the error in counts: least at the posterior median.

    Photons are skewed, and so is what is known of a dim pixel: its median lies below
    its mean, so that faint structure comes out too dark.

    Parameters
    ----------
    output : Tensor, shape (N, 1, [Z,] Y, X)
        What the network returned.
    batch : Batch
        What the network was given, and the truth.

    Returns
    -------
    Tensor, shape (N,)
        In standard deviations of the noise.
    """
    return GAUSSIAN_RATIO * _error(output, batch).abs().flatten(1).mean(dim=1)


def charbonnier_error(output: Tensor, batch: Batch) -> Tensor:
    """Size of the error with a round bottom: between mean and median.

    ``sqrt(e² + ε²) − ε`` with ε of a tenth of the noise (Charbonnier et al., IEEE
    ICIP 1994).

    Parameters
    ----------
    output : Tensor, shape (N, 1, [Z,] Y, X)
        What the network returned.
    batch : Batch
        What the network was given, and the truth.

    Returns
    -------
    Tensor, shape (N,)
        In standard deviations of the noise.
    """
    size = (_error(output, batch).square() + ROUNDED**2).sqrt() - ROUNDED
    return GAUSSIAN_RATIO * size.flatten(1).mean(dim=1)


def dissimilarity(output: Tensor, batch: Batch) -> Tensor:
    """Lack of structural similarity, mixed with squares in counts.

    Similarity alone hardly notices a wrong brightness; the squares hold it.

    Parameters
    ----------
    output : Tensor, shape (N, 1, [Z,] Y, X)
        What the network returned.
    batch : Batch
        What the network was given, and the truth.

    Returns
    -------
    Tensor, shape (N,)
    """
    from napari_denoise.training.similarity import even_contrast, structural_similarity

    similar = structural_similarity(*even_contrast(output.float(), batch))
    squares = square_error(output, batch)
    return SHARE_OF_SSIM * (1 - similar) + (1 - SHARE_OF_SSIM) * squares


def _perceptual(device: torch.device) -> Loss:
    from napari_denoise.training.features import Features
    from napari_denoise.training.similarity import even_contrast

    features = Features.bundled(device)

    def loss(output: Tensor, batch: Batch) -> Tensor:
        distance = features.distance(*even_contrast(output.float(), batch))
        left = distance / batch.sigma.square()
        return SHARE_OF_FEATURES * weighted_square_error(left, batch.sigma) + (
            1 - SHARE_OF_FEATURES
        ) * square_error(output, batch)

    return loss


def _error(output: Tensor, batch: Batch) -> Tensor:
    restored, variance = batch.restored(output.float())
    column = (slice(None), *(None,) * (restored.ndim - 1))
    return (restored - batch.clean) / variance.sqrt()[column]


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
