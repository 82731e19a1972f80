"""Learning without clean images: which objective, and what can be expected of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from napari_denoise.errors import OptionError
from napari_denoise.training.blind_spots import blind_spots, check_blind_spots
from napari_denoise.training.examples import Batch
from napari_denoise.training.recorruption import recorrupted
from napari_denoise.training.stein import stein

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_denoise.noise import NoiseModel

Run = Callable[[Tensor, Tensor], Tensor]
"""``run(noisy, sigma)``: the network; in 3D it may return the central planes alone."""
Objective = Callable[[Run, Batch, torch.Generator], Tensor]
"""``objective(run, batch, generator)``: for each patch, an estimate of the share of the
noise variance that is left."""

OBJECTIVES: dict[str, Objective] = {
    "recorrupted": recorrupted,
    "blind": blind_spots,
}
"""By the name of the target that chooses them."""


def choose_objective(target: str, noise: Sequence[NoiseModel]) -> Objective:
    """Return what training makes small where there are no clean images.

    Parameters
    ----------
    target : str
        A key of `OBJECTIVES`.
    noise : sequence of NoiseModel
        As measured, one per channel.

    Returns
    -------
    callable
        See `Objective`.

    Raises
    ------
    OptionError
        If there is no such target.
    NoiseError
        If it does not work with such noise.
    """
    if target not in OBJECTIVES:
        raise OptionError(
            f"target={target!r} does not work without clean images: choose one of "
            f"{', '.join(OBJECTIVES)}."
        )
    if target == "blind":
        check_blind_spots(noise)
    return OBJECTIVES[target]


@torch.no_grad()
def held_out_risk(
    run: Run, batches: Iterable[Batch], seed: int = 0, start: Run | None = None
) -> Tensor:
    """Estimate the error on images that were not trained on.

    The disturbances are the same at each call: differences between two networks are
    known far better than either number, of which the noise of the images is a part.

    Parameters
    ----------
    run : callable
        The network; see `Run`.
    batches : iterable of Batch
        Always the same, in the same order; `clean` holds the noisy photons.
    seed : int
        Of the disturbances.
    start : callable, optional
        The network that training started from: for each network that is compared, it
        says how much noise there is. By default each says that for itself.

    Returns
    -------
    Tensor, shape (patches,)
        Share of the noise variance that is left, by Stein's estimate. The difference of
        two calls, patch by patch, has the standard error of a gain.
    """
    generator = torch.Generator().manual_seed(seed)
    guide = start or run
    return torch.cat(
        [
            stein(run, batch, generator, guide(batch.noisy, batch.sigma))
            for batch in batches
        ]
    )
