"""Which pairs show one scene: what is linked, directly or through others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def connected(count: int, links: Iterable[tuple[int, int]]) -> list[int]:
    """Tell which pairs show one scene.

    Parameters
    ----------
    count : int
        How many pairs there are.
    links : iterable of (int, int)
        Pairs, from 0, that show the same, or share a part of it.

    Returns
    -------
    list of int
        For each pair the first one of its scene.
    """
    ends = np.array([(n, n) for n in range(count)] + list(links)).reshape(-1, 2).T
    graph = coo_array((np.ones(ends.shape[1]), ends), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    return [int(first[n]) for n in label]


def later_ones(count: int, links: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return the first pair of a scene, by each later one; see :func:`connected`."""
    firsts = enumerate(connected(count, links))
    return {number: first for number, first in firsts if first != number}


def crossing(links: Iterable[tuple[int, int]], first: int) -> tuple[int, int] | None:
    """Return the first link from one group of images to another one.

    Parameters
    ----------
    links : iterable of (int, int)
        Images of both groups; of each link, the lower number first or both orders.
    first : int
        How many are of the first group; those of the second follow.

    Returns
    -------
    tuple of int, or None
        Numbers of two images, each within its group.
    """
    for one, other in links:
        if one < first <= other:
            return one, other - first
    return None


def without(scenes: Mapping[int, int], kept: Mapping[int, int]) -> dict[int, int]:
    """Keep pairs of one scene together where some pairs are left out.

    Parameters
    ----------
    scenes : mapping of int to int
        The first pair of its scene, by the number of each later one.
    kept : mapping of int to int
        The new numbers of the pairs that are kept, in order, by their old ones.

    Returns
    -------
    dict of int to int
        As `scenes`; pairs stay together when the first one is left out.
    """
    firsts: dict[int, int] = {}
    renumbered = {}
    for old, new in kept.items():
        first = firsts.setdefault(scenes.get(old, old), new)
        if first != new:
            renumbered[new] = first
    return renumbered
