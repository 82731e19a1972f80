"""Whether a network became better on held-out data, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENOUGH_PAIRS = 4
"""With fewer held-out pairs than these, windows are what a mean is taken over."""
SURE = 2.0
"""A gain counts from so many of its standard errors on."""
LEAST_DB = 0.02
"""Less is no gain to anybody, however sure."""


@dataclass(frozen=True)
class Errors:
    """What a network leaves of the noise in each held-out window.

    Attributes
    ----------
    squares : ndarray of float64, shape (windows,)
        Mean square error; an estimate where there is no clean image, which can be
        negative.
    noise : ndarray of float64, shape (windows,)
        Mean square of the noise, in the same units.
    pair : ndarray of int, shape (windows,)
        Number of the pair that a window is cut from.
    bias : float
        How far the share may be off where it is an estimate.
    """

    squares: NDArray[np.float64]
    noise: NDArray[np.float64]
    pair: NDArray[np.int_]
    bias: float = 0.0

    @property
    def share(self) -> float:
        """Share of the noise variance that is left, the mean over pairs."""
        return _share(self.squares, self.noise, self.pair)

    @property
    def improvement_db(self) -> float:
        """How much nearer to the truth than the noisy images, dB; -inf if unknown."""
        return float(-10 * np.log10(self.share)) if self.share > 0 else -np.inf


@dataclass(frozen=True)
class Gain:
    """How much better one network is than another.

    Attributes
    ----------
    decibels : float
        PSNR gained; NaN where the errors are too uncertain to tell.
    error : float
        Standard error, dB.
    least : float
        What it has to exceed besides, dB.
    """

    decibels: float
    error: float
    least: float = LEAST_DB

    @property
    def is_sure(self) -> bool:
        """Whether it is beyond its error."""
        return self.decibels > max(SURE * self.error, self.least)


def gain(before: Errors, after: Errors) -> Gain:
    """Compare two networks on the same windows.

    Parameters
    ----------
    before, after : Errors
        Of the two.

    Returns
    -------
    Gain
        With its error by the jackknife (Efron & Stein, Ann. Statist. 9:586, 1981), over
        pairs, or over windows where few pairs are held out.
    """
    groups = before.pair
    if len(np.unique(groups)) < ENOUGH_PAIRS:
        groups = np.arange(len(groups))
    units = np.unique(groups)
    whole = _decibels(before, after, np.ones(len(groups), bool))
    least = max(LEAST_DB, _decibels_of_bias(before.share, before.bias))
    if len(units) < 2:
        return Gain(whole, np.inf, least)
    left_out = np.array([_decibels(before, after, groups != unit) for unit in units])
    spread = (len(units) - 1) * np.mean((left_out - left_out.mean()) ** 2)
    error = float(np.sqrt(spread))
    return Gain(whole, error if np.isfinite(error) else np.inf, least)


def _decibels_of_bias(share: float, bias: float) -> float:
    """Return the gain that an estimate's bias alone may feign."""
    if bias == 0:
        return 0.0
    return float(-10 * np.log10(1 - bias / share)) if share > bias else np.inf


def _decibels(before: Errors, after: Errors, kept: NDArray[np.bool_]) -> float:
    noise, pair = before.noise[kept], before.pair[kept]
    first = _share(before.squares[kept], noise, pair)
    second = _share(after.squares[kept], noise, pair)
    if first <= 0 or second <= 0:
        return float("nan")
    return float(10 * np.log10(first / second))


def _share(
    squares: NDArray[np.float64], noise: NDArray[np.float64], pair: NDArray[np.int_]
) -> float:
    _, number = np.unique(pair, return_inverse=True)
    shares = np.bincount(number, squares) / np.maximum(
        np.bincount(number, noise), 1e-30
    )
    return float(shares.mean())
