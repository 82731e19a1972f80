"""Whether a network became better on held-out data, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENOUGH_SCENES = 4
"""With fewer held-out scenes than these, blocks tell of the error as well."""
MANY_SCENES = 2 * ENOUGH_SCENES
"""With so many, one half of them chooses and the other one tests."""
LEAST_FREEDOM = 2
"""Two scenes are judged as three are, or nothing would ever be sure."""
SURE, SURER = 0.975, 0.99
"""How often chance stays below what a gain must exceed, at one look; and where few
scenes are those that it was chosen on, too."""
TELLING_SCENES = 5
"""So many tell how much scenes differ: a gain of 0.3 dB, where they do by 0.1 dB, is
sure in 89 of 100 simulated courses, and in 73 at the higher level."""
LEAST_DB = 0.02
"""Less is no gain to anybody, however sure."""


@dataclass(frozen=True)
class Errors:
    """What a network leaves of the noise in each block of held-out images.

    Attributes
    ----------
    squares : ndarray of float64, shape (blocks,)
        Mean square error; an estimate where there is no clean image, which can be
        negative.
    noise : ndarray of float64, shape (blocks,)
        Mean square of the noise, in the same units.
    scene : ndarray of int, shape (blocks,)
        Number of the scene that a block shows.
    bias : float
        How far the share may be off where it is an estimate.
    """

    squares: NDArray[np.float64]
    noise: NDArray[np.float64]
    scene: NDArray[np.int_]
    bias: float = 0.0

    @property
    def share(self) -> float:
        """Share of the noise variance that is left, the mean over scenes."""
        return _share(self.squares, self.noise, self.scene)

    @property
    def has_many_scenes(self) -> bool:
        """Whether its halves show different scenes."""
        return len(np.unique(self.scene)) >= MANY_SCENES

    def half(self, number: int) -> Errors:
        """Return every other scene, or block of few: 0 to choose by, 1 to test on."""
        if len(self.scene) < 2:
            return self
        _, rank = np.unique(self.scene, return_inverse=True)
        if not self.has_many_scenes:
            rank = np.argsort(np.argsort(self.scene, kind="stable"), kind="stable")
        kept = rank % 2 == number
        return Errors(self.squares[kept], self.noise[kept], self.scene[kept], self.bias)

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
    sure : float
        How many standard errors it has to exceed.
    """

    decibels: float
    error: float
    least: float = LEAST_DB
    sure: float = 2.0

    @property
    def may_be_chance(self) -> bool:
        """Whether it, or the loss, is within what chance does."""
        return abs(self.decibels) <= self.sure * self.error

    @property
    def is_sure(self) -> bool:
        """Whether it is beyond its error."""
        return self.decibels > max(self.sure * self.error, self.least)


def gain(before: Errors, after: Errors, *, is_fresh: bool = False) -> Gain:
    """Compare two networks on the same blocks.

    Parameters
    ----------
    before, after : Errors
        Of the two.
    is_fresh : bool
        Whether they show other scenes than those that the second was chosen on.

    Returns
    -------
    Gain
        With its error by the jackknife (Efron & Stein, Ann. Statist. 9:586, 1981), over
        scenes, or over blocks where few scenes are held out.
    """
    everything = np.ones(len(before.scene), bool)
    whole = _decibels(before, after, everything)
    least = max(LEAST_DB, _decibels_of_bias(before.share, before.bias))
    by_scene = _jackknife(before, after, before.scene)
    scenes = len(np.unique(before.scene))
    if is_fresh:
        return Gain(whole, by_scene, least, _quantile(scenes - 1))
    limit = error = 0.0
    if scenes > 1:
        # The best was chosen on other blocks of these same scenes: it had their luck.
        error = by_scene
        level = SURER if scenes < TELLING_SCENES else SURE
        limit = by_scene * _quantile(max(scenes - 1, LEAST_FREEDOM), level)
    if scenes < ENOUGH_SCENES:
        blocks = _jackknife(before, after, np.arange(len(before.scene)))
        units = min(ENOUGH_SCENES, len(before.scene))
        error = max(error, blocks)
        limit = max(limit, blocks * _quantile(max(units - 1, 1)))
    sure = limit / error if 0 < error < np.inf else _quantile(1)
    return Gain(whole, error, least, sure)


def _jackknife(before: Errors, after: Errors, groups: NDArray[np.int_]) -> float:
    """Return the standard error of the gain, leaving out one group at a time."""
    units = np.unique(groups)
    if len(units) < 2:
        return np.inf
    left_out = np.array([_decibels(before, after, groups != unit) for unit in units])
    spread = (len(units) - 1) * np.mean((left_out - left_out.mean()) ** 2)
    error = float(np.sqrt(spread))
    return error if np.isfinite(error) else np.inf


def _quantile(freedom: int, probability: float = SURE) -> float:
    """Return how many standard errors chance stays below so often (Student's t)."""
    from scipy.stats import t

    return float(t.ppf(probability, freedom))


def _decibels_of_bias(share: float, bias: float) -> float:
    """Return the gain that an estimate's bias alone may feign."""
    if bias == 0:
        return 0.0
    return float(-10 * np.log10(1 - bias / share)) if share > bias else np.inf


def _decibels(before: Errors, after: Errors, kept: NDArray[np.bool_]) -> float:
    noise, scene = before.noise[kept], before.scene[kept]
    first = _share(before.squares[kept], noise, scene)
    second = _share(after.squares[kept], noise, scene)
    if first <= 0 or second <= 0:
        return float("nan")
    return float(10 * np.log10(first / second))


def _share(
    squares: NDArray[np.float64], noise: NDArray[np.float64], scene: NDArray[np.int_]
) -> float:
    _, number = np.unique(scene, return_inverse=True)
    shares = np.bincount(number, squares) / np.maximum(
        np.bincount(number, noise), 1e-30
    )
    return float(shares.mean())
