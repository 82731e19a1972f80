"""Draw batches of patches from fields, by content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.neighbours import reflected
from napari_denoise.training.cuts import Cut, augment
from napari_denoise.training.deformation import border_for
from napari_denoise.training.examples import collate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_denoise.training.augmentation import Augmentation
    from napari_denoise.training.examples import Batch, Example
    from napari_denoise.training.fields import Field
    from napari_denoise.training.holdout import Area, Split

LARGEST_SIDE = 128
"""Pixels. With 64, networks learn what they see at borders: 0.1 dB less on W2S."""
STRIDE = 8
CANDIDATES = 4
LEAST_CONTRAST = 0.1
"""Of the candidates' mean: flat patches are drawn too."""


@dataclass(frozen=True)
class Cutter:
    """How patches are cut.

    Attributes
    ----------
    split : Split
        Which part of a field is trained on.
    augmentation : Augmentation
    side, batch : int
        Pixels along a side, and patches in a batch.
    """

    split: Split
    augmentation: Augmentation
    side: int
    batch: int

    def draw(self, fields: Sequence[Field], rng: np.random.Generator) -> Batch:
        """Draw a batch from fields that are in memory."""
        chosen = rng.integers(len(fields), size=self.batch)
        return collate([self._example(fields[n], rng) for n in chosen])

    def cut(self, field: Field, rng: np.random.Generator) -> Cut:
        """Cut one patch, with the border that its augmentation needs."""
        area = self.split.training_area(field.sides, field.margin)
        corners = [self._corner(area, rng) for _ in range(CANDIDATES)]
        contrasts = np.array([_contrast(field, *c, self.side) for c in corners])
        weights = contrasts + LEAST_CONTRAST * contrasts.mean() + 1e-9
        top, left = corners[rng.choice(CANDIDATES, p=weights / weights.sum())]
        border = border_for(self.augmentation, self.side)
        rows = _widened(top, self.side, border, area[0])
        columns = _widened(left, self.side, border, area[1])
        part = (..., rows[:, None], columns)
        target = None if field.target is None else field.target[part]
        noisy = field.noisy[part]
        seen = noisy if len(noisy) > 1 else noisy[0]
        return Cut(seen, target, field.scaling, may_redraw=field.may_redraw)

    def _example(self, field: Field, rng: np.random.Generator) -> Example:
        return augment(self.cut(field, rng), self.augmentation, self.side, rng)

    def _corner(self, area: Area, rng: np.random.Generator) -> tuple[int, int]:
        """Return the upper left corner of a patch that lies in the area."""
        corner = []
        for part in area:
            room = part.stop - part.start - self.side
            place = int(rng.integers(room + 1))
            if not self.augmentation.shifts:
                place = place // self.side * self.side
            corner.append(part.start + place)
        return corner[0], corner[1]


def patch_side(areas: Sequence[Area]) -> int:
    """Return the side of patches that fit into all areas: a multiple of the stride."""
    smallest = min(part.stop - part.start for area in areas for part in area)
    return min(LARGEST_SIDE, max(int(smallest) // STRIDE * STRIDE, STRIDE))


def _widened(first: int, side: int, border: int, part: slice) -> NDArray[np.integer]:
    """Return rows or columns with a border, reflected where the area ends."""
    place = np.arange(first - border, first + side + border)
    length = part.stop - part.start
    return np.asarray(part.start + reflected(place - part.start, length))


def _contrast(field: Field, top: int, left: int, side: int) -> float:
    """How much there is to see in a patch, in counts; noise is averaged away."""
    shown = field.noisy[len(field.noisy) // 2] if field.truth is None else field.truth
    part = shown[top : top + side, left : left + side]
    blocks = part[: side // 4 * 4, : side // 4 * 4].reshape(side // 4, 4, side // 4, 4)
    spread = float(blocks.mean(axis=(1, 3)).std())
    return spread / (field.scaling.scale or 1.0)
