"""Variance stabilisation: noise in, Gaussian noise of standard deviation 1 out.

The formulas are plain arithmetic, so they take numpy arrays and torch tensors alike
(training differentiates through the inverse).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from napari_denoise.errors import NoiseError

if TYPE_CHECKING:
    from napari_denoise.noise.model import NoiseModel

Array = TypeVar("Array", bound=Any)

LOWEST = 1.5**0.5
"""2·sqrt(3/8): the transform of zero photons; the inverse is flat below it."""


def generalized_anscombe(y: Array, gain: Any, offset: Any, read_std: Any) -> Array:
    """Generalized Anscombe transform of Poisson-Gaussian data.

    ``z = 2/gain · sqrt(gain·(y - offset) + 3/8·gain² + read_std²)``, 0 where the root
    is not defined (Starck, Murtagh & Bijaoui, Image Processing and Data Analysis,
    1998).

    Parameters
    ----------
    y : ndarray or Tensor of float
        Counts, any shape.
    gain, offset, read_std : float, ndarray or Tensor
        Noise model in counts; ``gain > 0``. Broadcast against `y`.

    Returns
    -------
    ndarray or Tensor
        Same shape as `y`, no unit; the noise has unit variance.
    """
    radicand = y * gain + (0.375 * gain * gain + read_std * read_std - gain * offset)
    return radicand.clip(min=0) ** 0.5 * (2 / gain)  # type: ignore[no-any-return]


def exact_unbiased_inverse(z: Array, gain: Any, offset: Any, read_std: Any) -> Array:
    """Closed-form approximation of the exact unbiased inverse.

    Maps the mean of stabilised data to the mean of the data themselves: no bias at
    low counts, where the algebraic inverse has one (Mäkitalo & Foi, IEEE TIP
    20:2697, 2011, and 22:91, 2013). Monotone; constant below the transform of zero
    photons.

    Parameters
    ----------
    z : ndarray or Tensor of float
        Denoised stabilised data, any shape.
    gain, offset, read_std : float, ndarray or Tensor
        As given to :func:`generalized_anscombe`.

    Returns
    -------
    ndarray or Tensor
        Counts, same shape as `z`.
    """
    d = z.clip(min=LOWEST)
    inverse = 1 / d
    photons = d * d * 0.25 - 0.125
    photons += inverse * (0.25 * LOWEST + inverse * (-1.375 + 0.625 * LOWEST * inverse))
    # Read noise enters as a Poisson variable of the same variance, taken off again.
    return gain * photons + (offset - read_std * read_std / gain)  # type: ignore[no-any-return]


def stabilise(y: Array, noise: NoiseModel) -> Array:
    """Bring one channel to noise of standard deviation 1.

    Parameters
    ----------
    y : ndarray or Tensor of float
        Counts.
    noise : NoiseModel
        Its kind chooses the transform: Anscombe, or division by σ.

    Returns
    -------
    ndarray or Tensor
        Stabilised data, same shape.

    Raises
    ------
    NoiseError
        If there is no noise to stabilise.
    """
    if noise.kind == "none":
        raise NoiseError("An image without noise cannot be stabilised.")
    if noise.kind == "gaussian":
        return y / noise.read_std  # type: ignore[no-any-return]
    return generalized_anscombe(y, noise.gain, noise.offset, noise.read_std)


def unstabilise(z: Array, noise: NoiseModel) -> Array:
    """Bring denoised stabilised data of one channel back to counts.

    Parameters
    ----------
    z : ndarray or Tensor of float
        Stabilised data after denoising: estimates of their mean.
    noise : NoiseModel
        The model given to :func:`stabilise`.

    Returns
    -------
    ndarray or Tensor
        Counts, same shape.
    """
    if noise.kind == "none":
        raise NoiseError("An image without noise was never stabilised.")
    if noise.kind == "gaussian":
        return z * noise.read_std  # type: ignore[no-any-return]
    return exact_unbiased_inverse(z, noise.gain, noise.offset, noise.read_std)
