"""Denoisers tried on the same parts of an image, against the same disturbances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.noise.simulation import blur_noise, simulate
from napari_denoise.risk import DISTURBANCE, deviation
from napari_denoise.trust.excerpts import block_means, block_pixels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel
    from napari_denoise.treatment import Engine
    from napari_denoise.trust.excerpts import Excerpt

MOST_ADDED, ADDED = 0.1, 0.2
"""Share of the photons that is added, at most, and in standard deviations of them."""
JUMP, LEAST_JUMP = 3.0, 0.05
"""A denoiser jumps whose answer has more of the disturbance's mean square than so many
times the share of the noise that it lets through, and so much. Of steady ones it has
0.3 to 2.7 times that share."""


@dataclass(frozen=True)
class Trial:
    """What a denoiser made of the excerpts.

    Attributes
    ----------
    results : list of ndarray of float32, shape (Y, X)
        Counts, with margins, one for each excerpt.
    change : ndarray of float64, shape (blocks,)
        Mean square of what was taken out, in counts squared.
    let_through : ndarray of float64, shape (blocks,)
        Mean covariance of the result with the noise, in counts squared: from random
        disturbances drawn like the noise (Ramani et al., IEEE TIP 17:1540, 2008).
    jumps : bool
        Whether it answered small disturbances by large changes, as methods do that
        stop after a number of steps that depends on the image. Then `let_through`
        tells little.
    """

    results: list[NDArray[np.float32]]
    change: NDArray[np.float64]
    let_through: NDArray[np.float64]
    jumps: bool = False


class Bench:
    """Excerpts, and the disturbances that all denoisers are tried with.

    Parameters
    ----------
    excerpts : sequence of Excerpt
    cancelled : callable
        Looked at before each run of a denoiser.

    Attributes
    ----------
    pixels : ndarray of int, shape (blocks,)
        In each block.
    """

    def __init__(
        self, excerpts: Sequence[Excerpt], cancelled: Callable[[], bool]
    ) -> None:
        self.excerpts = list(excerpts)
        self._cancelled = cancelled
        cores = [excerpt.plane[excerpt.core] for excerpt in self.excerpts]
        self.pixels = np.concatenate([block_pixels(core.shape) for core in cores])

    def restore(
        self, planes: Sequence[NDArray[np.floating]], engine: Engine, strength: float
    ) -> list[NDArray[np.float32]]:
        """Denoise planes in the places of those of the excerpts."""
        return [
            excerpt.restore(plane, engine, strength, self._cancelled)
            for excerpt, plane in zip(self.excerpts, planes, strict=True)
        ]

    def draw(
        self, levels: Sequence[NDArray[np.floating]], probes: int
    ) -> list[list[Disturbance]]:
        """Draw disturbances for `try_out`.

        Parameters
        ----------
        levels : sequence of ndarray of float, shape (Y, X)
            Denoised excerpts: where noise follows the brightness, its size is better
            read from them than from noisy counts.
        probes : int
            How often each excerpt is disturbed.

        Returns
        -------
        list of list of Disturbance
            For each probe one an excerpt.
        """
        rng = np.random.default_rng(1)
        return [
            [
                disturb(level, excerpt.noise, rng)
                for excerpt, level in zip(self.excerpts, levels, strict=True)
            ]
            for _ in range(probes)
        ]

    def try_out(
        self,
        engine: Engine,
        probes: Sequence[Sequence[Disturbance]],
        strength: float = 1.0,
        results: list[NDArray[np.float32]] | None = None,
    ) -> Trial:
        """Try a denoiser.

        Parameters
        ----------
        engine : Engine
            The denoiser.
        probes : sequence of sequence of Disturbance
            As `draw` gives them, at least one.
        strength : float
            As `denoise` takes it.
        results : list of ndarray, optional
            What it makes of the excerpts, where that is known already.

        Returns
        -------
        Trial
        """
        planes = [excerpt.plane for excerpt in self.excerpts]
        if results is None:
            results = self.restore(planes, engine, strength)
        through, answered, added, variance = np.zeros((4, len(self.pixels)))
        for disturbances in probes:
            disturbed = [
                (plane + one.added).astype(np.float32)
                for plane, one in zip(planes, disturbances, strict=True)
            ]
            restored = self.restore(disturbed, engine, strength)
            answers = [
                np.subtract(one, other, dtype=np.float64)
                for one, other in zip(restored, results, strict=True)
            ]
            pairs = list(zip(disturbances, answers, strict=True))
            through += self.blocks(one.weight * answer for one, answer in pairs)
            variance += self.blocks(one.weight * one.added for one in disturbances)
            answered += self.blocks(answer**2 for answer in answers)
            added += self.blocks(one.added**2 for one in disturbances)
        share = self.mean(through) / max(self.mean(variance), 1e-300)
        echo = self.mean(answered) / max(self.mean(added), 1e-300)
        return Trial(
            results,
            self.squares(planes, results),
            through / len(probes),
            jumps=echo > JUMP * max(share, 0.0) + LEAST_JUMP,
        )

    def redraw(
        self, results: Sequence[NDArray[np.float32]], engine: Engine
    ) -> tuple[list[NDArray[np.float32]], Trial]:
        """Try a denoiser where the truth is known: on its result, made noisy again.

        This is the parametric bootstrap (Efron, J. Am. Stat. Assoc. 99:619, 2004). What
        a result has lost is not there to be lost again.

        Parameters
        ----------
        results : sequence of ndarray of float32, shape (Y, X)
            Taken for the truth, in counts, with margins.
        engine : Engine
            The denoiser.

        Returns
        -------
        planes : list of ndarray of float32, shape (Y, X)
            The results made noisy again.
        trial : Trial
            In which `change` is the square error.
        """
        rng = np.random.default_rng(3)
        planes = [
            simulate(result, excerpt.noise, rng)
            for excerpt, result in zip(self.excerpts, results, strict=True)
        ]
        again = self.restore(planes, engine, 1.0)
        through = self.blocks(
            (plane.astype(np.float64) - result) * (restored - result)
            for plane, result, restored in zip(planes, results, again, strict=True)
        )
        return planes, Trial(again, self.squares(again, results), through)

    def squares(
        self,
        ones: Sequence[NDArray[np.floating]],
        others: Sequence[NDArray[np.floating]],
    ) -> NDArray[np.float64]:
        """Mean square difference by block; shape (blocks,)."""
        return self.blocks(
            (np.asarray(one, np.float64) - other) ** 2
            for one, other in zip(ones, others, strict=True)
        )

    def blocks(self, images: Iterable[NDArray[np.floating]]) -> NDArray[np.float64]:
        """Mean by block of the cores of some images; shape (blocks,)."""
        parts = [
            block_means(image[excerpt.core])
            for excerpt, image in zip(self.excerpts, images, strict=True)
        ]
        return np.concatenate(parts)

    def mean(self, blocks: NDArray[np.float64]) -> float:
        """Mean over all pixels of numbers by block."""
        return float(np.average(blocks, weights=self.pixels))


@dataclass(frozen=True)
class Disturbance:
    """A small random change of an image, and what it tells of a denoiser.

    Attributes
    ----------
    added : ndarray of float64, shape (Y, X)
        To the noisy image, in counts.
    weight : ndarray of float64, shape (Y, X)
        The mean of weight times answer, the change of the result, is the covariance of
        the result with the noise.
    """

    added: NDArray[np.float64]
    weight: NDArray[np.float64]


def disturb(
    level: NDArray[np.floating], noise: NoiseModel, rng: np.random.Generator
) -> Disturbance:
    """Draw a disturbance with the statistics of the noise.

    Parameters
    ----------
    level : ndarray of float, shape (Y, X)
        Noise-free counts.
    noise : NoiseModel
        Of the image.
    rng : numpy.random.Generator
        Draws it.

    Returns
    -------
    Disturbance

    Notes
    -----
    Photons are added one by one, some hundredths of those that are there: for photon
    noise the covariance is the mean number of photons times the answer to one more
    (Chen, Ann. Probab. 3:534, 1975; in the risk of Le Montagner et al., IEEE TIP
    23:1255, 2014), and one photon is no small change where there are few. Gaussian
    noise takes small signs (Ramani et al., IEEE TIP 17:1540, 2008), and so does
    correlated noise, blurred like it.
    """
    signs = rng.choice((-1.0, 1.0), level.shape)
    if noise.correlation_length > 0:
        signs = blur_noise(signs, noise.correlation_length / 2)
        signs *= deviation(level, noise)
        return Disturbance(DISTURBANCE * signs, signs / DISTURBANCE)
    signs *= noise.read_std
    added, weight = DISTURBANCE * signs, signs / DISTURBANCE
    if noise.gain > 0:
        photons = np.maximum(level - noise.offset, 0).astype(np.float64) / noise.gain
        share = np.minimum(MOST_ADDED, ADDED / np.sqrt(np.maximum(photons, 1e-12)))
        more = rng.poisson(share * photons)
        added += noise.gain * more
        weight += noise.gain * (more - share * photons) / share
    return Disturbance(added, weight)
