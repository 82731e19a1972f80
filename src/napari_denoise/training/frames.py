"""Repeated frames: what each of them is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.training.intensity import fit_line

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel

    Image = NDArray[np.float32]

CERTAIN = 4.0
"""Standard errors by which brightness must differ."""


class OtherFrames:
    """The next frame, or the mean of all others, in the brightness of each frame.

    Light fades from frame to frame: a network that is compared with brighter frames
    learns to brighten.

    Parameters
    ----------
    is_mean : bool
        Whether it is the mean.
    """

    def __init__(self, *, is_mean: bool) -> None:
        self._is_mean = is_mean
        self._sum: tuple[Hashable, NDArray[np.float64]] | None = None

    def of(
        self,
        frame: Image,
        position: int,
        count: int,
        read: Callable[[int], Image],
        noise: NoiseModel,
        line: Hashable,
    ) -> tuple[Image, float]:
        """Return what a frame is compared with.

        Parameters
        ----------
        frame : ndarray of float32, shape (Y, X)
            Its counts.
        position, count : int
            Number of the frame, from 0, and how many there are.
        read : callable
            Takes a number, returns the counts of that frame, shape (Y, X).
        noise : NoiseModel
            Of the frames.
        line : hashable
            Tells frames of this line from others: the sum of one is kept.

        Returns
        -------
        target : ndarray of float32, shape (Y, X)
            In the brightness of the frame.
        share : float
            Noise variance of the target as a share of that of the frame.
        """
        if self._is_mean:
            averaged = count - 1
            rest = (self._total(count, read, line) - frame) / averaged
            other = np.asarray(rest, np.float32)
        else:
            averaged, other = 1, read((position + 1) % count)
        share = share_of_noise(frame, other, noise) / averaged
        slope, intercept = _brightness(frame, other, noise, share)
        if (slope, intercept) == (1.0, 0.0):
            return other, share
        mapped = np.asarray(slope * other + intercept, np.float32)
        return mapped, slope**2 * share

    def _total(
        self, count: int, read: Callable[[int], Image], line: Hashable
    ) -> NDArray[np.float64]:
        """Sum all frames; the last sum is kept."""
        if self._sum is None or self._sum[0] != line:
            total = read(0).astype(np.float64)
            for number in range(1, count):
                total += read(number)
            self._sum = line, total
        return self._sum[1]


def share_of_noise(frame: Image, other: Image, noise: NoiseModel) -> float:
    """Compare the noise variance of two images of one camera, in its counts.

    Parameters
    ----------
    frame, other : ndarray of float32, shape (Y, X)
        Counts.
    noise : NoiseModel
        Of the camera.

    Returns
    -------
    float
        That of the second as a share of that of the first, each at its mean.
    """
    first, second = (float(noise.std(image.mean())) for image in (frame, other))
    return (second / first) ** 2 if first > 0 else 1.0


def _brightness(
    frame: Image, other: Image, noise: NoiseModel, share: float
) -> tuple[float, float]:
    """Return slope and intercept that bring another frame to this brightness.

    A line that chance alone explains would cost more than it puts right.
    """
    line = fit_line([frame], [other], noise)
    if line.slope > 0 and abs(line.slope - 1) > CERTAIN * line.slope_error:
        return line.slope, line.intercept
    higher = float(frame.mean(dtype=np.float64) - other.mean(dtype=np.float64))
    alike = max(1.0, np.pi * noise.correlation_length**2)
    variance = float(noise.std(frame.mean())) ** 2 * (1 + share) * alike / frame.size
    return 1.0, higher if higher**2 > CERTAIN**2 * variance else 0.0
