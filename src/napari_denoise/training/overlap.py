"""Images that were cut from one, and overlap: noise makes every few pixels unique."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

RUN = 8
"""Pixels along X in a row that are compared."""
VARIED = 3
"""Different values in them at the least: background that is cut off is no mark."""
DENSEST, MOST = 1 / 8, 1024
"""Share of the runs that are marks; of a large image fewer: about so many."""
FEWEST, AGREEING, SPREAD = 6, 0.8, 1 / 3
"""Of the part that two images would have in common: how many marks both must have
there, which share of them, and how far along its sides these must reach. What is burnt
into images, or drawn alike, does not come up to that."""
MOST_PARTNERS = 16
"""Images with which a mark links an image: smooth ones have the same few counts in rows
again and again."""
FACTORS = np.random.default_rng(0).integers(1, 2**63, RUN, np.uint64) * 2 + 1


@dataclass(frozen=True)
class Marks:
    """Runs of pixels that tell an image from others.

    Attributes
    ----------
    values : ndarray of uint64, shape (runs,)
        A number for what each holds, in order.
    ranks : ndarray of uint32, shape (runs,)
        By which they were chosen.
    places : ndarray of int32, shape (runs, 2)
        Row and column of the first pixel of each.
    sides : tuple of int
        Height and width of the image.
    limit : int
        All runs of a lower rank are here.
    """

    values: NDArray[np.uint64]
    ranks: NDArray[np.uint32]
    places: NDArray[np.int32]
    sides: tuple[int, int]
    limit: int


@dataclass(frozen=True)
class Overlap:
    """Two images that share pixels.

    Attributes
    ----------
    one, other : int
        Their numbers, the lower first.
    is_copy : bool
        Whether both show the same from border to border.
    """

    one: int
    other: int
    is_copy: bool


def mark(planes: Sequence[NDArray[Any]]) -> Marks:
    """Choose runs of pixels by what they hold, wherever they lie.

    What is chosen so in an image is chosen in every part of it (winnowing: Schleimer
    et al., SIGMOD 2003).

    Parameters
    ----------
    planes : sequence of ndarray, shape (Y, X)
        Raw counts of all channels, of any type.

    Returns
    -------
    Marks
    """
    height, width = planes[0].shape
    limit = int(2**32 * min(DENSEST, MOST / max(height * width, 1)))
    found = zip(*(_runs(plane, limit) for plane in planes), strict=True)
    values, ranks, places = (np.concatenate(each) for each in found)
    values, first = np.unique(values, return_index=True)
    ranks, places = ranks[first], places[first].astype(np.int32)
    return Marks(values, ranks, places, (height, width), limit)


def find_overlaps(images: Sequence[Marks]) -> list[Overlap]:
    """Find images that share pixels, two by two."""
    return list(_overlaps(images)) if images else []


def _overlaps(images: Sequence[Marks]) -> Iterator[Overlap]:
    for one, other in _with_marks_in_common(images):
        shift = _agreed_shift(images[one], images[other])
        if shift is not None:
            is_copy = not any(shift) and images[one].sides == images[other].sides
            yield Overlap(one, other, is_copy)


def _with_marks_in_common(images: Sequence[Marks]) -> list[tuple[int, int]]:
    owner = np.repeat(np.arange(len(images)), [len(each.values) for each in images])
    values = np.concatenate([each.values for each in images])
    order = np.argsort(values, kind="stable")
    owner, values = owner[order], values[order]
    links = []
    for step in range(1, MOST_PARTNERS + 1):
        is_same = values[:-step] == values[step:]
        links.append(np.stack([owner[:-step][is_same], owner[step:][is_same]], axis=1))
    known, count = np.unique(np.concatenate(links), axis=0, return_counts=True)
    return [(int(one), int(other)) for one, other in known[count >= FEWEST]]


def _agreed_shift(one: Marks, other: Marks) -> tuple[int, int] | None:
    """Return by how much the other image begins later, if both show the same there."""
    _, here, there = np.intersect1d(
        one.values, other.values, assume_unique=True, return_indices=True
    )
    shifts = one.places[here] - other.places[there]
    known, votes = np.unique(shifts, axis=0, return_counts=True)
    shift = known[np.argmax(votes)]
    common = one.places[here[(shifts == shift).all(axis=1)]]
    start = np.maximum(shift, 0)
    room = np.minimum(one.sides, np.add(other.sides, shift)) - (1, RUN) - start
    inside = ((one.places >= start) & (one.places <= start + room)).all(axis=1)
    expected = np.count_nonzero(inside & (one.ranks < min(one.limit, other.limit)))
    if len(common) < max(FEWEST, AGREEING * expected):
        return None
    if (np.ptp(common, axis=0) < SPREAD * room).any():
        return None
    return int(shift[0]), int(shift[1])


def _runs(plane: NDArray[Any], limit: int) -> tuple[NDArray[Any], ...]:
    """Return numbers, ranks and places of the runs of a rank below a limit."""
    with np.errstate(over="ignore"):  # what is too large is infinite, and no mark
        counts = np.ascontiguousarray(plane, np.float32).view(np.uint32)
    last = max(counts.shape[1] - RUN + 1, 0)
    ones, twos, threes = (counts[:, n : n + last] for n in range(3))
    rank = _mixed(ones, twos, threes)
    places = np.argwhere((rank < limit) & ((ones != twos) | (twos != threes)))
    runs = counts[places[:, :1], places[:, 1:] + np.arange(RUN)]
    is_varied = np.count_nonzero(np.diff(np.sort(runs), axis=1), axis=1) + 1 >= VARIED
    places, runs = places[is_varied], runs[is_varied]
    return runs.astype(np.uint64) @ FACTORS, rank[tuple(places.T)], places


def _mixed(*numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Mix neighbours to a number that is as good as random."""
    total = np.zeros_like(numbers[0])
    for number, factor in zip(numbers, FACTORS.astype(np.uint32), strict=False):
        total += (number ^ (number >> np.uint32(15))) * (factor | np.uint32(1))
    return (total ^ (total >> np.uint32(16))) * np.uint32(0x9E3779B1)
