"""What is trained on and what is judged: made ready from checked pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import OptionError, PairsError
from napari_denoise.training.apart import check_apart
from napari_denoise.training.check.sentences import ALL_OVERLAP
from napari_denoise.training.fields import CLEAN_ENOUGH, Fields
from napari_denoise.training.holdout import SMALLEST, Split, split_fields
from napari_denoise.training.patches import Cutter, patch_side
from napari_denoise.training.pool import Pool, room_for
from napari_denoise.training.targets import ALONE, FRAMES, MEAN
from napari_denoise.training.validation import MOST_WINDOWS, Window, cut_windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_denoise.training.course import Course
    from napari_denoise.training.examples import Batch
    from napari_denoise.training.fields import Field, Key
    from napari_denoise.training.holdout import Area

WINDOWS_SEEN = 16
"""Windows of what is trained on, for the training curve."""
FEWEST_WINDOWS = 8
MOST_NAMES = 20
LOOKED_AT = 4
"""Fields that tell how large all are, and whether clean ones are clean."""
UNMEASURED = (
    "The noise was not measured: this holds for images that are denoised with "
    "noise=“none”, too."
)
NOT_REDRAWN = (
    "No patch was turned freely, stretched or bent: that needs new noise, and so clean "
    f"images that hold no more than {CLEAN_ENOUGH:.0%} of the noise themselves."
)
MUCH_SMALLER = 0.75
SMALL_PATCHES = (
    "Patches have {side} pixels along a side, as “{name}” has room for no more; "
    "without images as small they would have {usual}, which teaches more."
)


@dataclass(frozen=True)
class Material:
    """Fields to train on, and windows to judge on.

    Attributes
    ----------
    fields : Fields
    pool : Pool
    cutter : Cutter
    held_out : list of Window
    seen : list of Window
        Of what is trained on.
    facts : dict
        What a model file says of the data, plain.
    warnings : list of str
        What the user asked for and does not get.
    """

    fields: Fields
    pool: Pool
    cutter: Cutter
    held_out: list[Window]
    seen: list[Window]
    facts: dict[str, Any]
    warnings: list[str]

    @property
    def left_out(self) -> dict[int, str]:
        """Pairs that were of no use when they were read, and why."""
        return self.fields.left_out

    @property
    def scenes(self) -> int:
        """How many scenes are trained on."""
        training = self.cutter.split.training
        return len({self.fields.scenes[key.pair] for key in training})

    def batch(self, step: int, seed: int) -> Batch:
        """Draw the batch of a step: it depends on the step and the seed alone."""
        rng = np.random.default_rng([seed, 1, step])
        return self.cutter.draw(self.pool.at(step), rng)


def make_material(
    fields: Fields, validation: Fields | float, course: Course
) -> Material:
    """Split the fields, and cut the windows that are judged.

    Parameters
    ----------
    fields : Fields
        Of the pairs.
    validation : Fields or float
        Pairs of their own to judge on, or the share of `fields` that is held out.
    course : Course
        Its augmentation, target, batch and seed.

    Returns
    -------
    Material

    Raises
    ------
    OptionError
        If there is too little to hold something out.
    """
    split = _split(fields, validation, course)
    judged = validation if isinstance(validation, Fields) else fields
    samples = _loaded(fields, split.training[:LOOKED_AT])
    areas = _training_areas(fields, split)
    side = patch_side(list(areas.values()))
    seed = course.seed
    may_redraw = any(field.may_redraw for field in samples)
    return Material(
        fields,
        Pool(split.training, fields.load, room_for(samples), seed),
        Cutter(split, course.augmentation, side, course.batch),
        _windows(judged, split.held_out, split.held_out_area, MOST_WINDOWS, seed),
        _windows(fields, split.training, split.training_area, WINDOWS_SEEN, seed),
        {
            "pairs": len(fields.pairs),
            "planes": len(fields.keys),
            "checksum": fields.checksum,
            "judged": judged.checksum,
            "may_redraw": may_redraw,
            "names": [pair.name for pair in fields.pairs[:MOST_NAMES]],
            "held_out": _held_out_in_words(split, judged, judged is fields),
        },
        [*_warnings(samples, course), *_small_patches(fields, areas)],
    )


def _small_patches(fields: Fields, areas: dict[int, Area]) -> list[str]:
    """Say so where few small images make the patches of all much smaller."""
    sides = {number: patch_side([area]) for number, area in areas.items()}
    usual = sorted(sides.values())[len(sides) // 2]
    smallest = min(sides, key=lambda number: sides[number])
    if sides[smallest] > MUCH_SMALLER * usual:
        return []
    place = {"name": fields.pairs[smallest].name, "side": sides[smallest]}
    return [SMALL_PATCHES.format(**place, usual=usual)]


def _warnings(samples: list[Field], course: Course) -> list[str]:
    """Say what is not as the user may think."""
    may_redraw = any(field.may_redraw for field in samples)
    is_in_vain = course.augmentation.changes_clean and not may_redraw
    is_unknown = any(field.scaling.noise is None for field in samples)
    return [NOT_REDRAWN] * is_in_vain + [UNMEASURED] * is_unknown


def _split(fields: Fields, validation: Fields | float, course: Course) -> Split:
    if isinstance(validation, Fields):
        check_apart(fields, validation)
        return Split(fields.keys, validation.keys)
    if fields.parts and len(set(fields.scenes.values())) < 2:
        one, other = (fields.pairs[number].name for number in fields.parts[0])
        raise PairsError(ALL_OVERLAP.format(name=one, other=other))
    (first,) = _loaded(fields, fields.keys[:1])
    return split_fields(
        fields.keys,
        fields.scenes,
        validation,
        first,
        course.seed,
        are_frames=course.target in (FRAMES, MEAN),
    )


def _training_areas(fields: Fields, split: Split) -> dict[int, Area]:
    """Return what can be trained on of each pair, large enough or refused."""
    areas = {}
    for number in sorted({key.pair for key in split.training}):
        sides = fields.sides[number]
        if min(sides) < SMALLEST:
            raise OptionError(
                f"“{fields.pairs[number].name}” is {sides[0]} × {sides[1]} pixels: "
                f"images to train on need at least {SMALLEST} along each side."
            )
        areas[number] = split.training_area(sides, fields.margin(number))
    return areas


def _held_out_in_words(split: Split, judged: Fields, is_own: bool) -> str:
    if split.strip is not None:
        axis = "YX"[split.strip.axis]
        return f"a strip of {split.strip.share:.0%} along {axis} of the only pair"
    names = [judged.pairs[n].name for n in sorted({key.pair for key in split.held_out})]
    more = len(names) - MOST_NAMES
    listed = ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return listed if is_own else f"pairs of their own: {listed}"


def _windows(
    fields: Fields,
    keys: list[Key],
    area: Callable[[tuple[int, int], int], Area],
    most: int,
    seed: int,
) -> list[Window]:
    rng = np.random.default_rng([seed, 2])
    chosen = rng.permutation(len(keys))[:most]
    loaded = _loaded(fields, [keys[n] for n in sorted(chosen.tolist())])
    parts = [(field, area(field.sides, field.margin)) for field in loaded]
    # Without a clean image errors are estimated for windows, not for blocks of them.
    fewest = FEWEST_WINDOWS if fields.target in ALONE else 1
    return cut_windows(parts, fields.scenes, most, seed, fewest=fewest)


def _loaded(fields: Fields, keys: list[Key]) -> list[Field]:
    """Read fields; at least one has to be of use."""
    loaded = [field for key in keys if (field := fields.load(key)) is not None]
    if not loaded:
        reasons = " ".join(list(fields.left_out.values())[:1])
        raise PairsError(
            f"none of the pairs that were looked at can be used. {reasons}"
        )
    return loaded
