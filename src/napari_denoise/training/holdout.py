"""What is held out of training to judge it: whole pairs, or a strip of the only one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_denoise.training.fields import Field, Key

Area = tuple[slice, slice]
"""Rows and columns."""

ENOUGH_SCENES = 5
"""So many are held out where there are twice as many: of three that differ by 0.1 dB a
gain of 0.3 dB is sure in 39 of 100 simulated courses, of four in 60, of five in 89."""
FEW_SCENES = 3
"""A half of so many, twice, is held out: two hardly tell how much scenes differ."""
MANY_PLANES = 5
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

    def areas(self, sides: tuple[int, int], margin: int) -> tuple[Area, Area]:
        """Return the areas of a plane that are trained on and held out.

        They share no pixel.

        Raises
        ------
        OptionError
            If the plane is too small for both.
        """
        start, stop = margin, sides[self.axis] - margin
        held = max(round(self.share * (stop - start)), SMALLEST)
        if stop - start - held < SMALLEST:
            is_small = stop - start < 2 * SMALLEST
            raise OptionError(
                f"Of the image, {sides[0]} × {sides[1]} pixels, {held} along a side "
                "would be held out, and too little be left to train on. Give "
                + ("" if is_small else "a smaller share to validate on, ")
                + "a larger image, several pairs, or a pair to validate on."
            )
        cut = stop - held if self.at_end else start + held
        parts = [slice(start, cut), slice(cut, stop)]
        whole = list(inside(sides, margin))
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

    def training_area(self, sides: tuple[int, int], margin: int) -> Area:
        """Rows and columns that are trained on, of a plane with a margin."""
        whole = inside(sides, margin)
        return self.strip.areas(sides, margin)[0] if self.strip else whole

    def held_out_area(self, sides: tuple[int, int], margin: int) -> Area:
        """Rows and columns that are judged, of a held-out plane with a margin."""
        whole = inside(sides, margin)
        return self.strip.areas(sides, margin)[1] if self.strip else whole


def split_fields(
    keys: Sequence[Key],
    scenes: Mapping[int, int],
    share: float,
    first: Field,
    seed: int,
    *,
    are_frames: bool = False,
) -> Split:
    """Hold out some of the scenes, or a strip of the only one.

    Parameters
    ----------
    keys : sequence of Key
        Every plane of the pairs.
    scenes : mapping of int to int
        Which scene each pair shows: pairs of one scene are not parted.
    share : float
        Which part is held out, above 0 and below 1.
    first : Field
        The field of the first key: tells where to cut an only scene.
    seed : int
        Of the choice of scenes.
    are_frames : bool
        Whether planes are repeated frames: then all show the same.

    Returns
    -------
    Split
        Of an only scene with many planes, the strip is held out in some of them, and
        in these nothing is trained on.
    """
    known = sorted({scenes[key.pair] for key in keys})
    if len(known) > 1:
        count = max(round(share * len(known)), _fewest(len(known)), 1)
        count = min(count, len(known) - 1)
        rng = np.random.default_rng([seed, len(known)])
        order = rng.choice(known, count, replace=False).tolist()
        order += [scene for scene in known if scene not in order]
        chosen = _first(order, count, keys, scenes)
        return Split(
            [key for key in keys if scenes[key.pair] not in chosen],
            [key for key in keys if scenes[key.pair] in chosen],
        )
    strip = _strip(first, share)
    planes = max(key.position for key in keys) + 1
    if planes < MANY_PLANES or are_frames:
        return Split(list(keys), list(keys), strip)
    last = planes - max(round(share * planes), 1)
    return Split(
        [key for key in keys if key.position < last - 1],  # one between is left out
        [key for key in keys if key.position >= last],
        strip,
    )


def _first(
    order: list[int], count: int, keys: Sequence[Key], scenes: Mapping[int, int]
) -> set[int]:
    """Take the first of an order; what most planes show comes last."""
    planes = Counter(scenes[key.pair] for key in keys)
    order = sorted(order, key=lambda scene: planes[scene] > len(keys) / 2)
    return set(order[:count])


def _fewest(scenes: int) -> int:
    """Return how many scenes are held out at the least."""
    if scenes < 2 * FEW_SCENES:
        return 1
    return min(ENOUGH_SCENES, scenes // 2)


def inside(sides: tuple[int, int], margin: int) -> Area:
    """Rows and columns of a plane without its margin."""
    height, width = sides
    return slice(margin, height - margin), slice(margin, width - margin)


def _strip(field: Field, share: float) -> Strip:
    """Cut the longer side, at the end that is more like the whole."""
    axis = int(np.argmax(field.sides))
    plane = field.noisy[len(field.noisy) // 2]
    ends = [Strip(axis, share, at_end=end) for end in (True, False)]
    areas = [end.areas(field.sides, field.margin)[1] for end in ends]
    unlike = [abs(float(plane[area].mean() - plane.mean())) for area in areas]
    return ends[int(np.argmin(unlike))]
