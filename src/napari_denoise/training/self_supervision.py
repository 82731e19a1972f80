"""Learning without clean images: which objective, and what can be expected of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from napari_denoise.errors import OptionError
from napari_denoise.training.blind_spots import blind_spots, check_blind_spots
from napari_denoise.training.examples import Batch
from napari_denoise.training.recorruption import recorrupted
from napari_denoise.training.splitting import split
from napari_denoise.training.targets import ALONE, BLIND, RECORRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_denoise.noise import NoiseModel

Run = Callable[[Tensor, Tensor], Tensor]
"""``run(noisy, sigma)``: the network; in 3D it may return the central planes alone."""
Objective = Callable[[Run, Batch, torch.Generator], Tensor]
"""``objective(run, batch, generator)``: for each patch, an estimate of the share of the
noise variance that is left."""

BIAS, BIAS_OF_NOISE_MODEL = 5e-4, 0.02
"""Shares of the noise variance by which estimates may mislead. On real widefield images
that of the objective that was trained on fell by 0.013 while the true error rose."""
DRAWS = 4
"""So many estimates are averaged where a network is judged."""


@dataclass(frozen=True)
class Alone:
    """How a network learns from noisy images alone, and what judges it.

    No noise model is exact, and training finds where it is not: what a network was
    trained on then flatters it. So it is judged by another objective, where there is
    one: by hidden pixels, which need no noise model, if it learned by that, and by the
    noise model if it learned by hidden pixels.

    Attributes
    ----------
    learned, judged : callable
        See `Objective`.
    bias : float
        Share of the noise variance by which the judge may mislead.
    """

    learned: Objective
    judged: Objective
    bias: float


def choose_alone(target: str, noise: Sequence[NoiseModel]) -> Alone:
    """Choose how to learn without clean images, and how to judge.

    Parameters
    ----------
    target : {"recorrupted", "blind"}
        By the measured noise, or by hidden pixels.
    noise : sequence of NoiseModel
        All that are known, of different channels and images.

    Returns
    -------
    Alone
        Photons are dealt out to two images where noise is white, which is exact for
        few photons too; correlated noise has to be taken to be Gaussian.

    Raises
    ------
    OptionError
        If there is no such target.
    NoiseError
        If it does not work with such noise.
    """
    if target == BLIND:
        check_blind_spots(noise)
        return Alone(blind_spots, split, BIAS)
    if target != RECORRUPTED:
        raise OptionError(
            f"target={target!r} does not work without clean images: choose one of "
            f"{', '.join(ALONE)}."
        )
    if all(model.correlation_length == 0 for model in noise):
        return Alone(split, blind_spots, BIAS)
    return Alone(recorrupted, recorrupted, BIAS_OF_NOISE_MODEL)


@torch.no_grad()
def held_out_risk(
    run: Run, batches: Iterable[Batch], objective: Objective, seed: int = 0
) -> Tensor:
    """Estimate the error on images that were not trained on.

    What is drawn is the same at each call: differences between two networks are known
    far better than either number, of which the noise of the images is a part.

    Parameters
    ----------
    run : callable
        The network; see `Run`.
    batches : iterable of Batch
        Always the same, in the same order; `clean` holds the noisy photons.
    objective : callable
        See `Alone`.
    seed : int
        Of what is drawn.

    Returns
    -------
    Tensor, shape (patches,)
        Share of the noise variance that is left. The difference of two calls, patch by
        patch, has the standard error of a gain.
    """
    generator = torch.Generator().manual_seed(seed)
    draws = [
        torch.stack([objective(run, batch, generator) for _ in range(DRAWS)]).mean(0)
        for batch in batches
    ]
    return torch.cat(draws)
