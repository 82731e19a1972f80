"""Images that were cut from one, and overlap: noise makes every few pixels unique."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from napari_denoise.training.check import sentences
from napari_denoise.training.check.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_denoise.training.check.findings import Level

    Marks = NDArray[np.uint64]

RUN = 16
"""Pixels along X in a row that are compared."""
VARIED = 5
"""Different values in them at the least: background that is cut off is no mark."""
ONE_IN = 7
"""Halvings: one run in 128 is looked at."""
SHARED, FEWEST = 0.05, 8
"""Share of the marks of the smaller image that both must have, and how many: less is a
label that was burnt in, and does no harm."""
FACTORS = np.random.default_rng(0).integers(1, 2**63, RUN, np.uint64) * 2 + 1


def marks(plane: NDArray[Any]) -> Marks:
    """Choose runs of pixels by what they hold, wherever they lie.

    What is chosen so in an image is chosen in every part of it (winnowing: Schleimer
    et al., SIGMOD 2003).

    Parameters
    ----------
    plane : ndarray, shape (Y, X)
        Raw counts, of any type.

    Returns
    -------
    ndarray of uint64
        A number for each run, in order.
    """
    with np.errstate(over="ignore"):  # what is too large is infinite, and no mark
        counts = np.ascontiguousarray(plane, np.float32).view(np.uint32)
    if counts.shape[1] < RUN:
        return np.zeros(0, np.uint64)
    last = counts.shape[1] - RUN + 1
    ones, twos, threes = (counts[:, n : n + last] for n in range(3))
    rows, columns = np.nonzero(
        (_mixed(ones, twos, threes) >> np.uint32(32 - ONE_IN) == 0)
        & (ones != twos)
        & (twos != threes)
    )
    runs = counts[rows[:, None], columns[:, None] + np.arange(RUN)]
    values = np.sort(runs, axis=1)
    is_varied = np.count_nonzero(np.diff(values, axis=1), axis=1) + 1 >= VARIED
    return np.unique(runs[is_varied].astype(np.uint64) @ FACTORS)


def overlapping(images: Sequence[Marks]) -> list[tuple[int, int]]:
    """Return the numbers of images that share pixels, two by two, the lower first."""
    if not images:
        return []
    sizes = np.array([len(image) for image in images])
    owner = np.repeat(np.arange(len(images)), sizes)
    known, mark = np.unique(np.concatenate(images), return_inverse=True)
    shape = len(images), max(len(known), 1)
    has = csr_array((np.ones(len(mark)), (owner, mark)), shape)
    shared = (has @ has.T).toarray()
    least = np.maximum(SHARED * np.minimum.outer(sizes, sizes), FEWEST)
    found = np.argwhere(np.triu(shared >= least, 1))
    return [(int(one), int(other)) for one, other in found]


def find_overlaps(
    names: Sequence[str], links: Sequence[tuple[int, int]], scenes: int
) -> Iterator[tuple[int, Finding]]:
    """Tell of images that overlap.

    Parameters
    ----------
    names : sequence of str
        Of all pairs that were compared.
    links : sequence of (int, int)
        Those whose noisy images overlap.
    scenes : int
        How many scenes all pairs show.

    Yields
    ------
    number : int
        Place of the pair, from 0.
    finding : Finding
    """
    level: Level = "warning" if scenes > 1 else "refused"
    text = sentences.OVERLAP if scenes > 1 else sentences.ALL_OVERLAP
    for one, other in links if scenes > 1 else links[:1]:
        said = text.format(name=names[one], other=names[other])
        yield other, Finding(names[other], "overlap", level, said)


def _mixed(*numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Mix neighbours to a number whose highest bits are as good as random."""
    total = np.zeros_like(numbers[0])
    for number, factor in zip(numbers, FACTORS.astype(np.uint32), strict=False):
        total += (number ^ (number >> np.uint32(15))) * (factor | np.uint32(1))
    return total
