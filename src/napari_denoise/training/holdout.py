"""What is held out of training to judge it: whole pairs, or a strip of the only one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_denoise.training.fields import Field, Key

Area = tuple[slice, slice]
"""Rows and columns."""

SMALLEST = 16
"""Pixels along a side that can be trained on, or judged."""


@dataclass(frozen=True)
class Strip:
    """The part of each plane that is held out, where there is one pair only.

    Attributes
    ----------
    axis : int
        0 cuts along Y, 1 along X.
    share : float
        Of the side.
    at_end : bool
        Whether it lies at the end of the axis.
    """

    axis: int
    share: float
    at_end: bool

    def areas(self, field: Field) -> tuple[Area, Area]:
        """Return the areas of a field that are trained on and held out.

        They share no pixel.

        Raises
        ------
        OptionError
            If the field is too small for both.
        """
        start, stop = field.margin, field.sides[self.axis] - field.margin
        held = max(round(self.share * (stop - start)), SMALLEST)
        if stop - start - held < SMALLEST:
            raise OptionError(
                f"The image, {field.sides[0]} × {field.sides[1]} pixels, is too small "
                "to hold a part of it out. Give a larger image, several pairs, or a "
                "pair to validate on."
            )
        cut = stop - held if self.at_end else start + held
        parts = [slice(start, cut), slice(cut, stop)]
        whole = list(inside(field))
        areas = [
            tuple(part if n == self.axis else whole[n] for n in (0, 1))
            for part in parts
        ]
        first, second = ((a[0], a[1]) for a in areas)
        return (first, second) if self.at_end else (second, first)


@dataclass(frozen=True)
class Split:
    """Which fields, and which parts of them, are trained on and held out.

    Attributes
    ----------
    training, held_out : list of Key
        The same ones where there is a strip.
    strip : Strip or None
    """

    training: list[Key]
    held_out: list[Key]
    strip: Strip | None = None

    def training_area(self, field: Field) -> Area:
        """Rows and columns of a field that are trained on."""
        return self.strip.areas(field)[0] if self.strip else inside(field)

    def held_out_area(self, field: Field) -> Area:
        """Rows and columns of a held-out field that are judged."""
        return self.strip.areas(field)[1] if self.strip else inside(field)


def split_fields(keys: Sequence[Key], share: float, first: Field, seed: int) -> Split:
    """Hold out some of the pairs, or a strip of the only one.

    Parameters
    ----------
    keys : sequence of Key
        Every plane of the pairs.
    share : float
        Which part is held out, above 0 and below 1.
    first : Field
        The field of the first key: tells where to cut an only pair.
    seed : int
        Of the choice of pairs.

    Returns
    -------
    Split
    """
    pairs = sorted({key.pair for key in keys})
    if len(pairs) == 1:
        return Split(list(keys), list(keys), _strip(first, share))
    count = min(max(round(share * len(pairs)), 1), len(pairs) - 1)
    rng = np.random.default_rng([seed, len(pairs)])
    chosen = set(rng.choice(pairs, count, replace=False).tolist())
    return Split(
        [key for key in keys if key.pair not in chosen],
        [key for key in keys if key.pair in chosen],
    )


def inside(field: Field) -> Area:
    """Rows and columns of a field without its margin."""
    (height, width), margin = field.sides, field.margin
    return slice(margin, height - margin), slice(margin, width - margin)


def _strip(field: Field, share: float) -> Strip:
    """Cut the longer side, at the end that is more like the whole."""
    axis = int(np.argmax(field.sides))
    plane = field.noisy[len(field.noisy) // 2]
    ends = [Strip(axis, share, at_end=end) for end in (True, False)]
    held = [plane[end.areas(field)[1]].mean() for end in ends]
    unlike = np.abs(np.array(held) - plane.mean())
    return ends[int(np.argmin(unlike))]
