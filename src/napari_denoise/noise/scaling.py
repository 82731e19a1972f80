"""From counts into a network's range and back: one shift and scale a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.noise.anscombe import stabilise, unstabilise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.noise.model import NoiseModel

LOW, HIGH = 1.0, 99.9
"""Percentiles of the stabilised channel that become 0 and 1."""


@dataclass(frozen=True)
class Scaling:
    """The way of one channel into a network and back.

    Two numbers for the whole channel, over all its planes, tiles and times: a network
    without biases scales with its input but does not shift with it, so a shift of
    each tile's own would show as a step in brightness.

    Attributes
    ----------
    noise : NoiseModel or None
        None leaves the counts as they are (``noise="none"``).
    shift, scale : float
        ``network input = (z - shift) / scale``.
    sigma : float
        Noise level in the units of z; 1 where noise was stabilised.
    """

    noise: NoiseModel | None
    shift: float
    scale: float
    sigma: float

    @classmethod
    def fit(
        cls, sample: NDArray[np.float32], noise: NoiseModel | None, sigma: float
    ) -> Scaling:
        """Fix shift and scale from pixels sampled all over the channel.

        Parameters
        ----------
        sample : ndarray of float32, shape (pixels,)
            Counts.
        noise : NoiseModel or None
            Stabilises the channel; None leaves the counts as they are.
        sigma : float
            Noise level of z: 1 where `noise` stabilises it.

        Returns
        -------
        Scaling
        """
        z = sample if noise is None else stabilise(sample, noise)
        low, high = (float(p) for p in np.percentile(z, (LOW, HIGH)))
        span = high - low
        return cls(noise, low, span if span > 0 else max(sigma, 1.0), sigma)

    @property
    def told(self) -> float:
        """Noise level in the units of the network's input."""
        return self.sigma / self.scale

    def enter(self, counts: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring counts into the network's range."""
        z = counts if self.noise is None else stabilise(counts, self.noise)
        return ((z - np.float32(self.shift)) / np.float32(self.scale)).astype(
            np.float32
        )

    def leave(self, restored: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring a network's result back to counts."""
        z = restored * np.float32(self.scale) + np.float32(self.shift)
        return z if self.noise is None else unstabilise(z, self.noise)
