"""Each pair against all others: images that are there twice, or shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.training.check import sentences
from napari_denoise.training.check.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_denoise.training.check.samples import Thumbnail
    from napari_denoise.training.pairs import Pair

TILES = 8
"""Along each side of a thumbnail; each has a vote."""
CERTAIN = 4.0
"""Standard errors by which another clean image must fit better."""
CLEARLY = 0.05
"""Correlation by which it must, besides."""
ALIKE = 0.8
"""Correlation of images that show one field, or planes next to each other."""


def find_strangers(
    names: Sequence[str],
    noisy: Sequence[Thumbnail],
    clean: Sequence[Thumbnail | None],
    alike: Mapping[int, int],
) -> Iterator[tuple[int, Finding]]:
    """Compare each noisy image with the clean images of all pairs.

    Parameters
    ----------
    names : sequence of str
        Of the pairs.
    noisy, clean : sequence of Thumbnail
        Of the same pairs.
    alike : mapping of int to int
        The first pair of a scene, by each later one.

    Yields
    ------
    number : int
        Place of the pair, from 0.
    finding : Finding
    """
    yield from _twice(names, noisy, clean)
    shown = [b or a for a, b in zip(noisy, clean, strict=True)]
    for number, first in alike.items():
        if shown[number].checksum != shown[first].checksum:
            said = sentences.ONE_FIELD.format(
                name=_distinct(names, first), other=_distinct(names, number)
            )
            yield number, Finding(names[number], "shared", "note", said)
    for shape in {small.pixels.shape for small in noisy}:
        group = [
            number
            for number, (one, other) in enumerate(zip(noisy, clean, strict=True))
            if one.pixels.shape == shape and other is not None
        ]
        yield from _shuffled(names, noisy, clean, group)


def find_overlapping(
    pairs: Sequence[Pair], parts: Sequence[tuple[int, int]], scenes: int
) -> Iterator[Finding]:
    """Tell of images that were cut from one, and overlap.

    Parameters
    ----------
    pairs : sequence of Pair
        All of them.
    parts : sequence of (int, int)
        Numbers of those that overlap.
    scenes : int
        How many scenes all pairs show.
    """
    for one, other in parts:
        place = {"name": pairs[one].name, "other": pairs[other].name}
        if scenes < 2:
            said = sentences.ALL_OVERLAP.format(**place)
            yield Finding(None, "overlap", "refused", said)
            return
        said = sentences.OVERLAP.format(**place)
        yield Finding(place["other"], "overlap", "warning", said, other)


def links_of(images: Sequence[Thumbnail]) -> list[tuple[int, int]]:
    """Return the numbers of images that look alike, two by two, in both orders."""
    links = []
    for shape in {image.pixels.shape for image in images}:
        group = [n for n, image in enumerate(images) if image.pixels.shape == shape]
        table = np.stack([images[n].pixels.ravel() for n in group])
        links += [(group[a], group[b]) for a, b in np.argwhere(table @ table.T > ALIKE)]
    return links


def _twice(
    names: Sequence[str],
    noisy: Sequence[Thumbnail],
    clean: Sequence[Thumbnail | None],
) -> Iterator[tuple[int, Finding]]:
    first_noisy: dict[int, int] = {}
    first_clean: dict[int, int] = {}
    by_noisy = {one.checksum: number for number, one in enumerate(noisy)}
    for number, (one, other) in enumerate(zip(noisy, clean, strict=True)):
        name, told = names[number], _distinct(names, number)
        if (twin := first_noisy.setdefault(one.checksum, number)) != number:
            said = sentences.REPEATED.format(name=_distinct(names, twin), other=told)
            yield number, Finding(name, "repeated", "warning", said)
        if other is None:
            continue
        if (twin := first_clean.setdefault(other.checksum, number)) != number:
            said = sentences.SHARED.format(name=_distinct(names, twin), other=told)
            yield number, Finding(name, "shared", "note", said)
        owner = by_noisy.get(other.checksum, number)
        if owner != number:
            said = sentences.REUSED.format(name=told, other=_distinct(names, owner))
            yield number, Finding(name, "reused", "refused", said)


def _distinct(names: Sequence[str], number: int) -> str:
    """Return a name, with the number of its pair where others have it as well."""
    name = names[number]
    return name if names.count(name) == 1 else f"{name} (pair {number + 1})"


def _shuffled(
    names: Sequence[str],
    noisy: Sequence[Thumbnail],
    clean: Sequence[Thumbnail | None],
    group: list[int],
) -> Iterator[tuple[int, Finding]]:
    others = [small for n in group if (small := clean[n]) is not None]
    if len(group) < 2:
        return
    table = np.stack([small.pixels.ravel() for small in others])
    for place, number in enumerate(group):
        fits = table @ noisy[number].pixels.ravel()
        best = int(np.argmax(fits))
        own, better = float(fits[place]), float(fits[best])
        is_empty = not others[place].pixels.any()
        if is_empty or better < own + CLEARLY or best == place:
            continue
        gain = others[best].pixels - others[place].pixels
        if _certainty(noisy[number].pixels * gain) < CERTAIN:
            continue
        said = sentences.SHUFFLED.format(
            name=_distinct(names, number),
            other=_distinct(names, group[best]),
            better=better,
            own=own,
        )
        yield number, Finding(names[number], "shuffled", "refused", said)


def _certainty(votes: NDArray[np.float32]) -> float:
    """Sum of the votes of all tiles, in standard errors."""
    rows = np.array_split(votes, min(TILES, votes.shape[0]), axis=0)
    sums = np.array(
        [
            float(tile.sum())
            for row in rows
            for tile in np.array_split(row, min(TILES, row.shape[1]), axis=1)
        ]
    )
    error = float(sums.std(ddof=1) * np.sqrt(len(sums)))
    return float(sums.sum()) / max(error, 1e-20)
