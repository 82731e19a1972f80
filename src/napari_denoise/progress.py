"""What a run reports on its way, and its result: plain data, no threads, no GUI."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_denoise.filling import Filling
    from napari_denoise.noise import NoiseModel

    Progress = Generator["NoiseMeasured | OutputOpened | TileDone", None, "Denoised"]

Step = TypeVar("Step")
Result = TypeVar("Result")


@dataclass(frozen=True)
class NoiseMeasured:
    """The noise of a channel is known.

    Attributes
    ----------
    channel, channels : int
        Number of the channel, from 0, and how many there are.
    noise : NoiseModel
    """

    channel: int
    channels: int
    noise: NoiseModel


@dataclass(frozen=True)
class OutputOpened:
    """The file of the result is made: it can be looked at while it fills.

    Attributes
    ----------
    target : Filling
        Looks like an array; planes that are not written yet are 0.
    """

    target: Filling


@dataclass(frozen=True)
class TileDone:
    """Some tiles are done.

    Attributes
    ----------
    done, total : int
        Pixels of the whole job.
    seconds_left : float or None
        Estimated from the pace so far.
    """

    done: int
    total: int
    seconds_left: float | None


@dataclass(frozen=True)
class Denoised:
    """A result and how it came about.

    Attributes
    ----------
    data : array-like or path
        Same shape and axes order as the source; or `out`.
    noise : tuple of NoiseModel
        One per channel; empty for ``noise="none"``.
    warnings : tuple of str
        What the user should know, the noise measurement's remarks last.
    provenance : dict
        Enough to run it again.
    """

    data: Any
    noise: tuple[NoiseModel, ...]
    warnings: tuple[str, ...]
    provenance: dict[str, Any]


def run_to_end(
    steps: Generator[Step, None, Result], each: Callable[[Step], object] | None = None
) -> Result:
    """Drive the steps to their result.

    Parameters
    ----------
    steps : generator
        As :func:`denoise_steps` returns it, or any other.
    each : callable, optional
        Takes each step, to show progress.

    Returns
    -------
    Denoised
        Or what else the generator returns.
    """
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        if each is not None:
            each(step)


def one_of_several(
    shares: Generator[float, None, Result], turns: tuple[int, int], pixels: int
) -> Generator[TileDone, None, Result]:
    """Report one of several equal pieces of work as a part of all of them.

    Parameters
    ----------
    shares : generator
        Yields which share of the piece is done, 0 to 1.
    turns : tuple of int
        How many pieces were done before, and how many there are.
    pixels : int
        Of each.

    Yields
    ------
    TileDone

    Returns
    -------
    object
        What the piece returns.
    """
    before, pieces = turns
    began = time.perf_counter()
    while True:
        try:
            share = next(shares)
        except StopIteration as end:
            result: Result = end.value
            return result
        left = (time.perf_counter() - began) / share * (pieces - before - share)
        yield TileDone(round(pixels * (before + share)), pixels * pieces, left)
