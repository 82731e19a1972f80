"""What a network learns from: patches in its range, and what they are compared with."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_denoise.noise import NoiseModel, exact_unbiased_inverse

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from napari_denoise.noise import Scaling

LEAST_PHOTONS = 0.1
"""Darker patches weigh as much as these: their noise is hardly known."""


@dataclass(frozen=True)
class Example:
    """One degraded patch, stabilised; photons are counts at gain 1 and offset 0.

    Attributes
    ----------
    noisy : ndarray of float32, shape ([Z,] Y, X)
        Stabilised, shifted and scaled into the range of the network.
    clean : ndarray of float32, shape ([Z,] Y, X)
        What the output is compared with: noise-free photons, or z of the clean image
        where noise is Gaussian; without clean data, the noisy photons themselves.
    sigma : float
        Noise level told to the network, in the units of `noisy`.
    shift, scale : float
        ``noisy = (z - shift) / scale``.
    read : float
        Read noise in electrons; negative where noise is Gaussian and z is linear.
    width : float
        Standard deviation, in pixels, of the blur that correlates the noise along Y
        and X; 0 if it is white.
    """

    noisy: NDArray[np.float32]
    clean: NDArray[np.float32]
    sigma: float
    shift: float
    scale: float
    read: float
    width: float = 0.0


@dataclass(frozen=True)
class Batch:
    """Examples as tensors: images (N, 1, [Z,] Y, X), numbers (N,). See `Example`."""

    noisy: Tensor
    clean: Tensor
    sigma: Tensor
    shift: Tensor
    scale: Tensor
    read: Tensor
    width: Tensor

    def to(self, device: torch.device) -> Batch:
        """Copy to a device."""
        return Batch(*(getattr(self, f.name).to(device) for f in fields(self)))

    def restored(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """Bring a network's output to counts, and give the noise variance there.

        Returns
        -------
        restored : Tensor, shape (N, 1, [Z,] Y, X)
            Photons (z where noise is Gaussian), comparable with `clean`.
        variance : Tensor, shape (N,)
            Mean noise variance of each patch in those units, squared.
        """
        column = (slice(None), *(None,) * (self.clean.ndim - 1))
        z = output * self.scale[column] + self.shift[column]
        gaussian = self.read < 0
        read = self.read.clip(min=0)
        photons = exact_unbiased_inverse(z, 1.0, 0.0, read[column])
        mean = self.clean.flatten(1).mean(dim=1)
        variance = torch.where(gaussian, 1.0, mean.clip(min=LEAST_PHOTONS) + read**2)
        return torch.where(gaussian[column], z, photons), variance


def noise_of(scaling: Scaling) -> NoiseModel:
    """Return the noise of a channel; Gaussian where it was not modelled."""
    # Where no noise is known at all, errors are counted in counts.
    return scaling.noise or NoiseModel.gaussian(scaling.sigma or 1.0)


def unit_of(scaling: Scaling) -> float:
    """Return the counts of a photon, or of σ where noise is Gaussian."""
    noise = noise_of(scaling)
    return noise.gain if noise.gain > 0 else noise.read_std


def in_photons(counts: NDArray[np.floating], scaling: Scaling) -> NDArray[np.float32]:
    """Bring counts to photons, or to units of σ where noise is Gaussian.

    Parameters
    ----------
    counts : ndarray of float
        Any shape.
    scaling : Scaling
        Of their channel.

    Returns
    -------
    ndarray of float32
    """
    return np.asarray((counts - _dark(scaling)) / unit_of(scaling), np.float32)


def in_counts(photons: NDArray[np.floating], scaling: Scaling) -> NDArray[np.float32]:
    """Undo :func:`in_photons`."""
    return np.asarray(photons * unit_of(scaling) + _dark(scaling), np.float32)


def _dark(scaling: Scaling) -> float:
    noise = noise_of(scaling)
    return noise.offset if noise.gain > 0 else 0.0


def collate(examples: list[Example]) -> Batch:
    """Stack examples into tensors."""
    images = {
        name: torch.from_numpy(np.stack([getattr(e, name) for e in examples]))[:, None]
        for name in ("noisy", "clean")
    }
    numbers = {
        name: torch.tensor([getattr(e, name) for e in examples], dtype=torch.float32)
        for name in ("sigma", "shift", "scale", "read", "width")
    }
    return Batch(**images, **numbers)
