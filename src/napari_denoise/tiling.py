"""The plan of tiles: reflect once, cut windows with halo, keep only their cores."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

Slices = tuple[slice, ...]


@dataclass(frozen=True)
class Tile:
    """One tile.

    Attributes
    ----------
    window : tuple of slice
        What the network sees, in the padded image.
    target : tuple of slice
        Where its core belongs in the image.
    core : tuple of slice
        The core within the network's result.
    """

    window: Slices
    target: Slices
    core: Slices


@dataclass(frozen=True)
class TilePlan:
    """Tiles of one fixed shape that cover an image, cores side by side.

    Attributes
    ----------
    shape : tuple of int
        Of the image, one entry per spatial axis.
    core : tuple of int
        Sides of a core, multiples of the stride.
    halo : tuple of int
        Pixels around the core that the network sees but whose result is dropped.
    """

    shape: tuple[int, ...]
    core: tuple[int, ...]
    halo: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """Tiles along each axis."""
        pairs = zip(self.shape, self.core, strict=True)
        return tuple(ceil(side / core) for side, core in pairs)

    @property
    def window(self) -> tuple[int, ...]:
        """Sides of what the network sees."""
        return tuple(c + 2 * h for c, h in zip(self.core, self.halo, strict=True))

    def pad(self, image: NDArray[Any]) -> NDArray[Any]:
        """Reflect the image's ends so that each window lies inside.

        Sides shorter than the halo are reflected again and again.
        """
        sizes = zip(self.shape, self.counts, self.core, self.halo, strict=True)
        widths = [(h, n * c - side + h) for side, n, c, h in sizes]
        return np.pad(image, widths, mode="reflect")

    def __len__(self) -> int:
        return int(np.prod(self.counts))

    def __iter__(self) -> Iterator[Tile]:
        for position in product(*(range(n) for n in self.counts)):
            yield self._tile(position)

    def _tile(self, position: tuple[int, ...]) -> Tile:
        starts = [i * c for i, c in zip(position, self.core, strict=True)]
        ends = [
            min(start + c, side)
            for start, c, side in zip(starts, self.core, self.shape, strict=True)
        ]
        pairs = list(zip(starts, ends, strict=True))
        return Tile(
            tuple(slice(a, a + w) for a, w in zip(starts, self.window, strict=True)),
            tuple(slice(a, b) for a, b in pairs),
            tuple(
                slice(h, h + b - a) for (a, b), h in zip(pairs, self.halo, strict=True)
            ),
        )


def plan_tiles(
    shape: Sequence[int],
    tile: Sequence[int],
    halo: Sequence[int],
    stride: Sequence[int],
) -> TilePlan:
    """Divide an image into tiles of one shape on the stride grid.

    Parameters
    ----------
    shape : sequence of int
        Sides of the image.
    tile : sequence of int
        Largest side of a core along each axis. The cores come out smaller where that
        divides the image evenly; a tile as large as the image makes it one tile.
    halo, stride : sequence of int
        Of the network along each axis. The halo is rounded up to the stride.

    Returns
    -------
    TilePlan

    Raises
    ------
    OptionError
        If a tile has no pixels.
    """
    if any(side < 1 for side in tile):
        raise OptionError(f"Tiles need at least one pixel a side, got {tuple(tile)}.")
    cores = []
    for side, most, step in zip(shape, tile, stride, strict=True):
        largest = max(most // step, 1) * step
        count = ceil(side / largest)
        cores.append(ceil(ceil(side / count) / step) * step)
    halos = tuple(ceil(h / s) * s for h, s in zip(halo, stride, strict=True))
    return TilePlan(tuple(shape), tuple(cores), halos)
