"""What is judged on must show nothing that is trained on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_denoise.errors import DenoiseError, PairsError
from napari_denoise.training.check.overlap import overlapping
from napari_denoise.training.check.samples import middle_marks, thumbnail
from napari_denoise.training.check.strangers import shared_field
from napari_denoise.training.scenes import crossing

if TYPE_CHECKING:
    from napari_denoise.training.check.overlap import Marks
    from napari_denoise.training.check.samples import Thumbnail
    from napari_denoise.training.fields import Fields

MOST_COMPARED = 64
"""Pairs, of those to train on and of those to validate on, whose fields are."""


@dataclass(frozen=True)
class _Look:
    """What a pair is known by: its clean image where there is one, and its noise."""

    name: str
    shown: Thumbnail
    marks: Marks


def check_apart(fields: Fields, validation: Fields) -> None:
    """Refuse to judge on what is trained on.

    Parameters
    ----------
    fields, validation : Fields
        To train on, and to judge on.

    Raises
    ------
    PairsError
        If an image is among both, or is a part of one of the others, or shows the
        same field.
    """
    twins = fields.checksums.keys() & validation.checksums.keys()
    if twins:
        number = validation.checksums[min(twins)]
        raise PairsError(
            f"“{validation.pairs[number].name}” is among the images to train on and "
            "among those to validate on. What is learned by heart says nothing: leave "
            "it out of one of them."
        )
    trained, judged = _looks(fields), _looks(validation)
    both = [*trained, *judged]
    shared = shared_field([look.shown for look in both], len(trained))
    overlaps = overlapping([look.marks for look in both])
    shared = shared or crossing(overlaps, len(trained))
    if shared is not None:
        one, other = trained[shared[0]].name, judged[shared[1]].name
        raise PairsError(
            f"“{one}”, which is to train on, and “{other}”, which is to validate on, "
            "show one field. What is learned by heart says nothing: leave one of them "
            "out."
        )


def _looks(fields: Fields) -> list[_Look]:
    """Look at the first pairs."""
    looks = []
    for pair in fields.pairs[:MOST_COMPARED]:
        with suppress(DenoiseError, OSError, ValueError):  # told when it is trained on
            shown = thumbnail((pair.clean or pair.noisy).open())
            looks.append(_Look(pair.name, shown, middle_marks(pair.noisy.open())))
    return looks
