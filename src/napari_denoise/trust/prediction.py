"""The error that is to be expected of denoisers, where the truth is unknown.

Stein's estimate of it is right on average, but the noise of one image differs by chance
from its expectation, and for a good denoiser that difference is as large as the error
itself. So for the default network it is weighed against what that network does to noise
drawn anew, and other denoisers are compared with it on the same pixels, where the
chance is the same for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.treatment import Engine
    from napari_denoise.trust.trials import Bench, Trial

MISSED = 1.15
"""Factor by which redrawn noise underrates the error; as the next numbers, found on
images that the networks were trained on (see docs/trust.md)."""
PRIOR_DECIBELS = 0.6
"""Width of the distribution of the error around that."""
FREEDOM = 3.0
"""Degrees of freedom of this distribution, and of the next."""
MEASURED_DOUBT = 0.025
"""Relative standard error of a noise variance that was measured."""
ALIGNED = 0.08
"""Width of the distribution of the correlation of the default network's error with what
sets another result apart from its own."""
ALIGNMENTS = np.linspace(-1, 1, 401)
RATIOS = (0.5, 3.0)
"""What lets more of the noise through than redrawn noise does, at least and at most."""
DECIBELS = np.arange(-8.0, 12.0, 0.1)
"""Errors that are thought possible, from the one that is expected."""
LEAST_SHARE = 1e-3
"""Of the noise variance; a smaller error is not believed."""


@dataclass(frozen=True)
class Expectation:
    """Mean square error that is to be expected, or a difference of two.

    Attributes
    ----------
    square : float
        In counts squared.
    deviation : float
        Its standard error, in the same units.
    """

    square: float
    deviation: float

    @property
    def decibels(self) -> float:
        """Standard error of the logarithm, in dB."""
        return float(10 / np.log(10) * self.deviation / self.square)


class Judge:
    """What the default network does on a bench, as a measure for the others.

    Parameters
    ----------
    bench : Bench
        The excerpts; the disturbances are drawn here.
    engine : Engine
        The default network.
    measured : bool
        Whether the noise model was measured on the image, not given.
    probes : int
        How often each denoiser is disturbed.

    Attributes
    ----------
    trial : Trial
        Of the default network.
    noise_square : float
        Mean variance of the noise, in counts squared.
    own : Expectation
        Error of the default network.
    redrawn : list of ndarray of float32, shape (Y, X)
        Its results with noise drawn anew.
    again : Trial
        Of the default network on these.
    """

    def __init__(
        self, bench: Bench, engine: Engine, *, measured: bool, probes: int
    ) -> None:
        self._bench = bench
        self._doubt = MEASURED_DOUBT if measured else 0.0
        planes = [excerpt.plane for excerpt in bench.excerpts]
        levels = bench.restore(planes, engine, 1.0)
        self._probes = bench.draw(levels, probes)
        self.trial = bench.try_out(engine, self._probes, results=levels)
        variance = bench.blocks(
            np.asarray(excerpt.noise.std(level)) ** 2
            for excerpt, level in zip(bench.excerpts, levels, strict=True)
        )
        self.noise_square = bench.mean(variance)
        self.redrawn, self.again = bench.redraw(levels, engine)
        stein = self.trial.change - variance + 2 * self.trial.let_through
        self.own = weigh(
            Expectation(bench.mean(stein), standard_error(stein, bench.pixels)),
            self._before(),
            self._doubt * self.noise_square,
        )

    def try_out(self, engine: Engine, strength: float = 1.0) -> Trial:
        """Try a denoiser with the disturbances that the default network was tried with.

        Parameters
        ----------
        engine : Engine
            The denoiser.
        strength : float
            As `denoise` takes it.

        Returns
        -------
        Trial
        """
        return self._bench.try_out(engine, self._probes, strength)

    def expected(self, trial: Trial) -> Expectation:
        """Return the error that is to be expected of a denoiser.

        Parameters
        ----------
        trial : Trial
            Of the denoiser, on the same bench.

        Returns
        -------
        Expectation
        """
        if trial is self.trial:
            return self.own
        difference = self.difference(trial)
        return Expectation(
            max(self.own.square + difference.square, LEAST_SHARE * self.noise_square),
            float(np.hypot(self.own.deviation, difference.deviation)),
        )

    def difference(self, trial: Trial) -> Expectation:
        """Return by how much a denoiser's square error exceeds the default network's.

        Parameters
        ----------
        trial : Trial
            Of the denoiser, on the same bench.

        Returns
        -------
        Expectation
            Less than 0 for a better one.

        Notes
        -----
        The error of a posterior mean is orthogonal to all that can be made of the
        image, so whatever sets a result apart from it adds to the error. That holds
        nearly for the network; how far it does not is taken from the difference of
        Stein's estimates, from which the noise itself drops out.
        """
        bench, own = self._bench, self.trial
        through = 2 * (trial.let_through - own.let_through)
        blocks = trial.change - own.change + through
        error = standard_error(blocks, bench.pixels)
        error = float(np.hypot(error, self._doubt * bench.mean(through)))
        if trial.jumps:
            error = np.inf
        apart = bench.mean(bench.squares(trial.results, own.results))
        most = 2 * np.sqrt(apart * self.own.square)
        possible = apart + ALIGNMENTS * most
        evidence = student(ALIGNMENTS / ALIGNED)
        if most > 0:
            missed = bench.mean(blocks) - possible
            evidence = evidence - (missed / max(error, 1e-6 * most)) ** 2 / 2
        mean, spread = moments(possible, evidence)
        return Expectation(mean, spread)

    def _before(self) -> float:
        """Error to be expected before Stein's estimate is looked at.

        As on noise redrawn, times how much more of the noise in the image itself is let
        through: the more structure there is, the more.
        """
        least = LEAST_SHARE * self.noise_square
        error, through, through_again = (
            max(self._bench.mean(blocks), least)
            for blocks in (
                self.again.change,
                self.trial.let_through,
                self.again.let_through,
            )
        )
        return float(MISSED * error * np.clip(through / through_again, *RATIOS))


def weigh(stein: Expectation, before: float, doubt: float) -> Expectation:
    """Weigh Stein's estimate of a square error against an expectation.

    Parameters
    ----------
    stein : Expectation
        May be negative.
    before : float
        What is expected without it, in counts squared, more than 0.
    doubt : float
        Standard error of the noise variance, in counts squared.

    Returns
    -------
    Expectation
        Posterior mean and standard deviation of the logarithm, by Bayes' rule.
    """
    missed = stein.square - before * 10 ** (DECIBELS / 10)
    variance = max(stein.deviation**2 + doubt**2, (1e-6 * before) ** 2)
    evidence = student(DECIBELS / PRIOR_DECIBELS) - missed**2 / (2 * variance)
    mean, spread = moments(DECIBELS, evidence)
    square = before * 10 ** (mean / 10)
    return Expectation(square, square * spread * np.log(10) / 10)


def student(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of Student's density, but for a constant.

    Parameters
    ----------
    steps : ndarray of float64
        From the middle, in widths.

    Returns
    -------
    ndarray of float64, same shape
        Its tails are wide: what is seen clearly is believed, however unexpected.
    """
    return np.asarray(-(FREEDOM + 1) / 2 * np.log1p(steps**2 / FREEDOM))


def moments(
    values: NDArray[np.float64], evidence: NDArray[np.float64]
) -> tuple[float, float]:
    """Return mean and standard deviation under the logarithm of a density."""
    weights = np.exp(evidence - evidence.max())
    mean = float(np.average(values, weights=weights))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))


def standard_error(blocks: NDArray[np.float64], pixels: NDArray[np.float64]) -> float:
    """Return the standard error of a mean over all pixels, from the blocks' scatter.

    Parameters
    ----------
    blocks, pixels : ndarray of float64, shape (blocks,)
        Mean in each block, and its number of pixels.

    Returns
    -------
    float
        That of a single block is as large as its mean.
    """
    mean = float(np.average(blocks, weights=pixels))
    if len(blocks) < 2:
        return abs(mean)
    spread = np.sum((pixels * (blocks - mean)) ** 2) * len(blocks) / (len(blocks) - 1)
    return float(np.sqrt(spread) / pixels.sum())
