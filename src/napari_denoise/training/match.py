"""How the clean image of a pair is brought onto the noisy one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import median_filter
from scipy.ndimage import shift as move

from napari_denoise.noise import finite_plane
from napari_denoise.training.intensity import common_slope, fit_line, noise_ratio
from napari_denoise.training.registration import register
from napari_denoise.training.shared_noise import shared_noise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel
    from napari_denoise.training.intensity import Line
    from napari_denoise.training.registration import Registration

FARTHEST = 8.0
"""Pixels by which a clean image may be moved, and …"""
FARTHEST_SHARE = 0.03
"""… the share of the shorter side; never less than …"""
ALWAYS_MOVED = 2.0
"""… so many pixels."""
NOT_WORTH_MOVING = 0.1
"""Pixels. Interpolation would cost as much as such a shift."""
CERTAIN = 3.0
"""Standard errors that a shift must exceed."""
HOT = 8.0
"""Standard deviations of the noise above the pixels around."""
SPLINE = 2
"""Pixels next to the border that a cubic spline makes of what lies beyond."""


@dataclass(frozen=True)
class Match:
    """How a clean plane is brought onto the noisy one; one per pair and channel.

    Parameters
    ----------
    shift : tuple of float
        Pixels along Y and X by which the clean plane is moved.
    slope, intercept : float
        ``noisy ≈ slope · moved clean + intercept``; the intercept in counts.
    clean_noise : float
        Noise variance of the clean plane as a share of that of the noisy one, in the
        same counts; infinite where it is not known.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    slope: float = 1.0
    intercept: float = 0.0
    clean_noise: float = math.inf

    @property
    def margin(self) -> int:
        """Pixels along each border that are not valid after moving."""
        if self.shift == (0.0, 0.0):
            return 0
        return math.ceil(max(map(abs, self.shift))) + SPLINE

    def apply(self, clean: NDArray[Any]) -> NDArray[np.float32]:
        """Bring a clean plane onto the noisy one.

        Parameters
        ----------
        clean : ndarray, shape (Y, X)
            Counts of the clean image, of any type.

        Returns
        -------
        ndarray of float32, shape (Y, X)
            Counts of the noisy image; a cubic spline where the shift is no whole
            number, the nearest pixel repeated beyond the border.
        """
        plane = finite_plane(clean)[0]
        if self.shift != (0.0, 0.0):
            plane = np.asarray(move(plane, self.shift, order=3, mode="nearest"))
        return np.asarray(self.slope * plane + self.intercept, np.float32)

    def inside(self, plane: NDArray[Any]) -> NDArray[Any]:
        """Cut off the margin of a plane of shape (Y, X)."""
        rows, columns = (slice(self.margin, side - self.margin) for side in plane.shape)
        return plane[rows, columns]


@dataclass(frozen=True)
class Matched:
    """A match, and what was measured to find it.

    Attributes
    ----------
    match : Match
    line : Line
        Its slope and intercept, with their errors.
    registration : Registration
    limit : float
        Pixels by which the clean image may be moved.
    correlation : float
        Of both images' means of small cells, −1 to 1.
    noise_of_noisy, noise_of_clean : float
        Fine noise in counts of the noisy image; see
        :func:`~napari_denoise.training.intensity.noise_ratio`.
    shared_noise : float
        See :func:`~napari_denoise.training.shared_noise.shared_noise`.
    planes : tuple of Line
        Of each plane on its own, where there are several.
    """

    match: Match
    line: Line
    registration: Registration
    limit: float
    correlation: float
    noise_of_noisy: float
    noise_of_clean: float
    shared_noise: float
    planes: tuple[Line, ...] = ()


def farthest_shift(shape: tuple[int, int]) -> float:
    """Pixels by which the clean image of planes of that shape may be moved."""
    return max(ALWAYS_MOVED, min(FARTHEST, FARTHEST_SHARE * min(shape)))


def match_planes(
    noisy: Sequence[NDArray[Any]],
    clean: Sequence[NDArray[Any]],
    noise: NoiseModel,
    *,
    may_move: bool = True,
) -> Matched:
    """Find shift, slope and intercept of one pair and channel.

    Parameters
    ----------
    noisy, clean : sequence of ndarray, shape (Y, X)
        The same planes of both images, all of one shape and any type.
    noise : NoiseModel
        Of the noisy image.
    may_move : bool
        Not where the second image is as noisy: interpolation would change its noise.

    Returns
    -------
    Matched
        The shift is none where it cannot be told from none, and where it lies beyond
        the limit: such a pair must not be used.
    """
    ones = [finite_plane(np.asarray(plane))[0] for plane in noisy]
    others = [finite_plane(np.asarray(plane))[0] for plane in clean]
    limit = farthest_shift(ones[0].shape)
    registration = register([_cooled(one, noise) for one in ones], others, limit)
    moving = Match(_worthwhile(registration, limit) if may_move else (0.0, 0.0))
    ones = [moving.inside(plane) for plane in ones]
    others = [moving.inside(moving.apply(plane)) for plane in others]
    line = fit_line(ones, others, noise)
    of_noisy, of_clean = noise_ratio(ones, others, common_slope(ones, others))
    own = (of_clean / of_noisy) ** 2 if of_noisy > 0 else math.inf
    mapped = [np.float32(line.slope) * b + np.float32(line.intercept) for b in others]
    shared = shared_noise(ones, mapped)
    return Matched(
        Match(moving.shift, line.slope, line.intercept, max(own, shared)),
        line,
        registration,
        limit,
        line.correlation,
        of_noisy,
        of_clean,
        shared,
        planes=_each(ones, others, noise),
    )


def _cooled(plane: NDArray[np.float32], noise: NoiseModel) -> NDArray[np.float32]:
    """Replace hot pixels by the median around them: they are no landmarks."""
    around = median_filter(plane, 3)
    hot = plane - around > HOT * np.maximum(noise.std(around), 1e-20)
    return np.where(hot, around, plane)


def _each(
    ones: list[NDArray[np.float32]],
    others: list[NDArray[np.float32]],
    noise: NoiseModel,
) -> tuple[Line, ...]:
    if len(ones) == 1:
        return ()
    return tuple(
        fit_line([one], [other], noise) for one, other in zip(ones, others, strict=True)
    )


def _worthwhile(found: Registration, limit: float) -> tuple[float, float]:
    least = max(NOT_WORTH_MOVING, CERTAIN * found.uncertainty)
    told = found.found and least < found.distance <= limit
    return found.shift if told else (0.0, 0.0)
