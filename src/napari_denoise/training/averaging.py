"""Averages of weights: over the steps, and with the start.

The mean of a start and of what was fine-tuned from it does better on other images than
either, and hardly worse on those that were trained on (Wortsman et al., "Robust
fine-tuning of zero-shot models", CVPR 2022, 7959).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor


DOUBT = 1.0
"""So many scenes weigh as much as the start."""


def share_learned(scenes: int) -> float:
    """Return the weight of what was learned from so many scenes, 0 to 1."""
    return scenes / (scenes + DOUBT)


@torch.no_grad()
def blend(
    target: nn.Module, start: nn.Module, learned: nn.Module, share: float
) -> None:
    """Set weights to the mean of two networks of the same kind.

    Parameters
    ----------
    target : nn.Module
        Set in place.
    start, learned : nn.Module
        What is averaged.
    share : float
        Weight of `learned`.
    """
    states = (module.state_dict() for module in (target, start, learned))
    for mean, first, last in zip(*(state.values() for state in states), strict=True):
        is_number = mean.is_floating_point()
        mean.copy_(torch.lerp(first, last, share) if is_number else last)


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
