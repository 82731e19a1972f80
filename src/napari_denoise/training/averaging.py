"""A running average of the weights: what is judged and handed back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor


def warming_average(decay: float) -> Callable[..., None]:
    """Build a running average whose memory grows with the number of steps.

    Parameters
    ----------
    decay : float
        Share of the average that a step keeps, in the long run. A constant one keeps
        the random start for too long: after 300 steps 0.999 still holds 74 % of it.

    Returns
    -------
    callable
        For `torch.optim.swa_utils.AveragedModel`.
    """

    @torch.no_grad()
    def update(
        averaged: Sequence[Tensor], current: Sequence[Tensor], updates: Tensor | int
    ) -> None:
        share = max(1 - decay, 9 / (10 + int(updates)))
        for mean, value in zip(averaged, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, share)
            else:
                mean.copy_(value)

    return update
