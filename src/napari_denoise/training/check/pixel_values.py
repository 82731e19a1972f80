"""Pixels of an image that tell no brightness: saturated ones, and no numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.training.check import sentences
from napari_denoise.training.check.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_denoise.training.check.findings import Level
    from napari_denoise.training.check.samples import Sample

SATURATED, MUCH_SATURATED = 0.005, 0.02
"""Shares of the pixels at the highest value that are noted, and warned of."""
MOST_INVENTED = 0.01
"""Share of the pixels of a clean image that may be filled from their neighbours."""
LEVELS = 32
"""An image of fewer counts than these has many pixels at the highest by nature."""


def check_numbers(name: str, sample: Sample, channel: str) -> Iterator[Finding]:
    """Say which pixels are no numbers, and whether all are the same one.

    Parameters
    ----------
    name : str
        Of the pair.
    sample : Sample
        Planes of one image or of both.
    channel : str
        Words to be said after the name.

    Yields
    ------
    Finding
    """
    for which, shares in (
        ("noisy", sample.filled_noisy),
        ("clean", sample.filled_clean),
    ):
        place = {"which": which, "name": name, "channel": channel}
        if 1.0 in shares:
            plane = sample.numbers[shares.index(1.0)]
            said = sentences.NO_NUMBERS.format(**place, plane=plane)
            yield Finding(name, "no numbers", "refused", said)
        elif any(shares):
            share = float(np.mean(shares))
            place["share"] = percent(share)
            if which == "clean" and share > MOST_INVENTED:
                said = sentences.INVENTED.format(**place)
                yield Finding(name, "no numbers", "refused", said)
            else:
                said = sentences.FILLED.format(**place)
                yield Finding(name, f"filled {which}", "note", said)
    if all(np.ptp(plane) == 0 for plane in sample.noisy):
        said = sentences.FLAT_NOISY.format(name=name, channel=channel)
        yield Finding(name, "flat", "refused", said)


def check_saturation(
    name: str, planes: Sequence[NDArray[np.float32]], channel: str, which: str
) -> Iterator[Finding]:
    """Say how many pixels are at the highest value, where they are many.

    Parameters
    ----------
    name : str
        Of the pair.
    planes : sequence of ndarray of float32, shape (Y, X)
        Counts.
    channel : str
        Words to be said after the name.
    which : str
        ``"noisy"``, ``"clean"``, or ``"second"``: another noisy one.

    Yields
    ------
    Finding
    """
    top = max(float(plane.max()) for plane in planes)
    share = float(np.mean([np.mean(plane == top) for plane in planes]))
    few = any(np.unique(plane).size >= LEVELS for plane in planes)
    if share >= SATURATED and few:
        said = sentences.SATURATED.format(
            share=percent(share), which=which, name=name, channel=channel
        )
        level: Level = "warning" if share >= MUCH_SATURATED else "note"
        yield Finding(name, f"saturated {which}", level, said)


def percent(share: float) -> str:
    """Return a share in words."""
    if share < 5e-4:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"
