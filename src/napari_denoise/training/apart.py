"""What is judged on must show nothing that is trained on."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from napari_denoise.errors import DenoiseError, PairsError
from napari_denoise.training.check.samples import middle_planes, thumbnail
from napari_denoise.training.check.strangers import links_of
from napari_denoise.training.overlap import find_overlaps
from napari_denoise.training.scenes import crossing

if TYPE_CHECKING:
    from napari_denoise.training.check.samples import Thumbnail
    from napari_denoise.training.fields import Fields

MOST_COMPARED = 64
"""Pairs, of those to train on and of those to validate on, that are looked at small."""


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
    twins = fields.known.checksums.keys() & validation.known.checksums.keys()
    if twins:
        number = validation.known.checksums[min(twins)]
        raise PairsError(
            f"“{validation.pairs[number].name}” is among the images to train on and "
            "among those to validate on. What is learned by heart says nothing: leave "
            "it out of one of them."
        )
    shared = _shared_pixels(fields, validation) or _shared_field(fields, validation)
    if shared is not None:
        one, other = fields.pairs[shared[0]].name, validation.pairs[shared[1]].name
        raise PairsError(
            f"“{one}” of the images to train on, and “{other}” of those to validate "
            "on, show one field. What is learned by heart says nothing: leave one of "
            "them out."
        )


def _shared_pixels(fields: Fields, validation: Fields) -> tuple[int, int] | None:
    """Return the first pair of either that share a part of an image."""
    both = zip(fields.known.marks, validation.known.marks, strict=True)
    for trained, judged in both:
        overlaps = find_overlaps([*trained.values(), *judged.values()])
        links = [(found.one, found.other) for found in overlaps]
        shared = crossing(links, len(trained))
        if shared is not None:
            return list(trained)[shared[0]], list(judged)[shared[1]]
    return None


def _shared_field(fields: Fields, validation: Fields) -> tuple[int, int] | None:
    """Return the first pair of either whose images look alike."""
    trained, judged = _thumbnails(fields), _thumbnails(validation)
    links = links_of([*trained.values(), *judged.values()])
    shared = crossing(links, len(trained))
    if shared is None:
        return None
    return list(trained)[shared[0]], list(judged)[shared[1]]


def _thumbnails(fields: Fields) -> dict[int, Thumbnail]:
    """Show the first pairs small: clean images where there are some."""
    shown = {}
    for number, pair in enumerate(fields.pairs[:MOST_COMPARED]):
        with suppress(DenoiseError, OSError, ValueError):  # told when it is trained on
            shown[number] = thumbnail(middle_planes((pair.clean or pair.noisy).open()))
    return shown
