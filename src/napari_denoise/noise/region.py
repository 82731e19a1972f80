"""Noise in a region without structure: its variance, and how far it is correlated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_denoise.errors import NoiseError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

FEWEST_PIXELS = 200
"""Of so many pixels the standard deviation is known to 5 %."""
OUTLIER = 6.0
"""A pixel so many standard deviations off is hot or dead …"""
FEW = 0.002
"""… if no more pixels than this share are; many are the tail of the noise."""
ROUNDS = 3
CERTAIN = 3.0
"""Standard errors that the autocorrelation must differ from 0 by."""
FAR = 2.2
"""In correlation lengths: so far apart, pixels have less than 1 % in common."""
LONGEST = 3.5
"""In pixels: what is alike over more is no noise of a camera."""
STRUCTURE = 0.15
"""Autocorrelation of far pixels that is left to chance."""


@dataclass(frozen=True)
class RegionNoise:
    """Noise of a region, all its pixels taken together.

    Attributes
    ----------
    mean, variance : float
        In the image's units; the variance is the full one, whatever is correlated.
    correlation_length : float
        Lag in pixels at which the autocorrelation has fallen to 1/e; 0 for white noise.
    error : float
        Standard error of the variance, as a share of it.
    lowest : float
        Share of the pixels that are at the lowest value among them.
    has_structure : bool
        Whether pixels that are far apart are alike: then there is more than noise.
    """

    mean: float
    variance: float
    correlation_length: float = 0.0
    error: float = 0.0
    lowest: float = 0.0
    has_structure: bool = False

    def in_units(self, low: float, span: float) -> RegionNoise:
        """Return the same with counts given as ``(counts - low) / span``."""
        mean, variance = (self.mean - low) / span, self.variance / span**2
        return replace(self, mean=mean, variance=variance)


class _Part(NamedTuple):
    """What a plane leaves of the pixels in the mask; 0 outside it."""

    left: NDArray[np.float64]
    mask: NDArray[np.bool_]
    mean: float
    lowest: float

    @property
    def pixels(self) -> int:
        return int(self.mask.sum())


def check_size(pixels: int) -> None:
    """Raise `NoiseError` if a region has too few pixels to measure noise on."""
    if pixels < FEWEST_PIXELS:
        side = int(np.ceil(FEWEST_PIXELS**0.5))
        raise NoiseError(
            f"The background region has {pixels} pixels, too few to measure noise on: "
            f"draw one of at least {FEWEST_PIXELS}, such as {side} × {side}."
        )


def measure_region(
    parts: Iterable[tuple[NDArray[np.float32], NDArray[np.bool_]]],
) -> RegionNoise:
    """Measure the noise of a region after taking out a plane from each part.

    Parameters
    ----------
    parts : iterable of (ndarray of float32, ndarray of bool), each of shape (Y, X)
        Pieces of planes, and which of their pixels belong to the region: at least
        four in each.

    Returns
    -------
    RegionNoise
    """
    kept = [_detrended(plane.astype(np.float64), mask) for plane, mask in parts]
    pixels = sum(part.pixels for part in kept)
    check_size(pixels)
    mean = sum(part.mean * part.pixels for part in kept) / pixels
    squares = sum(float((part.left**2).sum()) for part in kept)
    if squares == 0:
        return RegionNoise(mean, 0.0)
    length = _correlation_length(kept, squares / pixels)
    alike = max(1.0, np.pi * length**2)  # pixels that vary together
    fourths = sum(float((part.left**4).sum()) for part in kept) * pixels / squares**2
    return RegionNoise(
        mean=mean,
        # A plane takes out more of noise that varies slowly.
        variance=squares / max(pixels - 3 * len(kept) * alike, pixels / 2),
        correlation_length=length,
        error=float((max(fourths - 1, 0.0) * max(1.0, alike / 2) / pixels) ** 0.5),
        lowest=sum(part.lowest * part.pixels for part in kept) / pixels,
        has_structure=_has_structure(kept, squares / pixels, length),
    )


def _correlation_length(parts: list[_Part], variance: float) -> float:
    near, error = _autocorrelation(parts, (1,), variance)
    if near <= CERTAIN * error:
        return 0.0
    return float((-1 / np.log(min(near, 0.99))) ** 0.5)


def _has_structure(parts: list[_Part], variance: float, length: float) -> bool:
    far = max(3, int(np.ceil(FAR * length)) + 1)
    alike, error = _autocorrelation(parts, (far, far + 1), variance)
    return length > LONGEST or alike > max(STRUCTURE, CERTAIN * error)


def _detrended(pixels: NDArray[np.float64], mask: NDArray[np.bool_]) -> _Part:
    """Take out a plane, and the few pixels that are no noise."""
    kept = mask.copy()
    few = max(1, FEW * mask.sum())
    for _ in range(ROUNDS):
        left = _without_plane(pixels, kept)
        outliers = np.abs(left) > OUTLIER * left.std()
        if not 0 < outliers.sum() <= few:
            break
        kept[kept] = ~outliers
    whole = np.zeros(mask.shape)
    whole[kept] = _without_plane(pixels, kept)
    values = pixels[kept]
    lowest = float((values == values.min()).mean())
    return _Part(whole, kept, float(values.mean()), lowest)


def _without_plane(
    pixels: NDArray[np.float64], mask: NDArray[np.bool_]
) -> NDArray[np.float64]:
    rows, columns = (n - n.mean() for n in np.nonzero(mask))
    values = pixels[mask] - pixels[mask].mean()
    ramps = np.stack([rows, columns], axis=1)
    left: NDArray[np.float64] = values - ramps @ np.linalg.lstsq(ramps, values)[0]
    return left


def _autocorrelation(
    parts: list[_Part],
    lags: tuple[int, ...],
    variance: float,
) -> tuple[float, float]:
    """Mean autocorrelation at some lags along both axes, and its standard error."""
    products, pairs = 0.0, 0
    for part in parts:
        for lag in lags:
            for left, mask in ((part.left, part.mask), (part.left.T, part.mask.T)):
                products += float((left[lag:] * left[:-lag]).sum())
                pairs += int((mask[lag:] & mask[:-lag]).sum())
    if pairs == 0:
        return 0.0, np.inf
    return products / pairs / variance, float(pairs**-0.5)
