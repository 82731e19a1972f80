"""Planes of an image that are denoised one after the other: all, or some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_denoise.axes import Index, Layout
    from napari_denoise.noise import Scaling
    from napari_denoise.treatment import Treatment


@dataclass(frozen=True)
class Treated:
    """How the planes of one channel come to their results.

    Attributes
    ----------
    scaling : Scaling
        Noise, shift and scale.
    treatment : Treatment
        Model and options.
    """

    scaling: Scaling
    treatment: Treatment

    @property
    def told(self) -> float:
        """Noise level that the network is told; 0 where planes stay as they are."""
        if self.treatment.strength == 0:
            return 0.0
        return self.scaling.told * max(self.treatment.strength, 1.0)


@dataclass(frozen=True)
class Portion:
    """Planes of one channel that follow one another: a line of them, or a part of it.

    Attributes
    ----------
    line : sequence of tuple
        Index of each plane of the whole line: planes outside of the portion are looked
        at as neighbours.
    first, stop : int
        Its first plane in the line, and one after its last.
    way : Treated or None
        None where planes are copied: alpha.
    """

    line: Sequence[Index]
    first: int
    stop: int
    way: Treated | None

    def __len__(self) -> int:
        return self.stop - self.first


def all_portions(
    layout: Layout, scalings: Sequence[Scaling], treatments: Sequence[Treatment]
) -> list[Portion]:
    """Divide an image into its lines of planes, channel by channel.

    Parameters
    ----------
    layout : Layout
        Of the image.
    scalings : sequence of Scaling
        One for each of ``layout.channels``.
    treatments : sequence of Treatment
        The same.

    Returns
    -------
    list of Portion
        Together all planes, each once.
    """
    ways = zip(layout.channels, scalings, treatments, strict=True)
    treated = [
        Portion(line, 0, len(line), Treated(scaling, treatment))
        for channel, scaling, treatment in ways
        for line in layout.lines(channel, treatment.along)
    ]
    copied = [layout.planes(channel) for channel in layout.copied]
    return treated + [Portion(line, 0, len(line), None) for line in copied]
