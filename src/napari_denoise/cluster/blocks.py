"""A huge image cut into blocks of planes, each the work of one task."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from math import lcm, prod
from typing import TYPE_CHECKING

from napari_denoise.portions import Portion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from napari_denoise.axes import Layout
    from napari_denoise.portions import Treated

    Span = tuple[int, int]

PIXELS = 1 << 26
"""Of a block, about: a minute or two for a core, a second for a GPU; a thousand times
what it costs to hand it over."""
SHARES = 4
"""So many blocks there are for each worker at least, so that none is long alone."""


@dataclass(frozen=True)
class Block:
    """Planes of some channels, times and depths: those that chunks hold together.

    Attributes
    ----------
    number : int
        Counted from 0 over the image.
    channels : tuple of int
        Numbers in ``layout.channels + layout.copied``.
    along : {"Z", "T"}
        Axis along which the planes follow one another.
    others, planes : tuple of int
        Begin and end along the other one of Z and T, and along this one.
    """

    number: int
    channels: tuple[int, ...]
    along: str
    others: Span
    planes: Span

    def __len__(self) -> int:
        """Count its planes."""
        lengths = (end - begin for begin, end in (self.others, self.planes))
        return len(self.channels) * prod(lengths)

    def portions(self, layout: Layout, ways: Mapping[int, Treated]) -> list[Portion]:
        """Divide it into parts of lines.

        Parameters
        ----------
        layout : Layout
            Of the image.
        ways : mapping of int to Treated
            By number of the channel; those without one are copied.

        Returns
        -------
        list of Portion
        """
        every = layout.channels + layout.copied
        return [
            Portion(
                layout.line(every[channel], self.along, other),
                *self.planes,
                ways.get(channel),
            )
            for other in range(*self.others)
            for channel in self.channels
        ]


@dataclass(frozen=True)
class Cut:
    """How an image is cut into blocks: for the same numbers, always the same blocks.

    Attributes
    ----------
    layout : Layout
        Of the image.
    along : tuple of str
        ``"Z"`` or ``"T"`` for each of ``layout.channels``.
    chunks : tuple of int
        Sides of the source's chunks, one per axis; 1 where it has none.
    depth : int
        Planes of a block along its line; see :meth:`choose_depth`.
    """

    layout: Layout
    along: tuple[str, ...]
    chunks: tuple[int, ...]
    depth: int = 1

    def choose_depth(self, workers: int, together: int = 1) -> int:
        """Choose how many planes of a line make a block.

        No chunk is then read for two blocks, but for the sake of neighbours.

        Parameters
        ----------
        workers : int
            How many there are.
        together : int
            Planes that a network takes at once.

        Returns
        -------
        int
        """
        lines = max(self._lines(along) for along in self._together)
        chunk = max(lcm(self._chunk(along), together) for along in self._together)
        if lines > 1:  # more would read the chunks again for each line
            return chunk
        plane = prod(self.layout.plane_shape)
        fair = plane * self.planes // (SHARES * max(workers, 1))
        return max(min(PIXELS, fair) // plane // chunk, 1) * chunk

    @property
    def planes(self) -> int:
        """Of the whole image."""
        every = len(self.layout.channels) + len(self.layout.copied)
        return every * self.layout.planes_per_channel

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks: together all planes, each once."""
        number = 0
        for along, groups in self._together.items():
            across = "T" if along == "Z" else "Z"
            spans = product(
                groups,
                _spans(self.layout.size(across), self._chunk(across)),
                _spans(self.layout.size(along), self.depth),
            )
            for channels, others, planes in spans:
                yield Block(number, channels, along, others, planes)
                number += 1

    @property
    def _together(self) -> dict[str, list[tuple[int, ...]]]:
        """Group channels, by their axis, that lie in the same chunks."""
        every = self.layout.channels + self.layout.copied
        axes = (*self.along, *["Z"] * len(self.layout.copied))
        groups: dict[tuple[str, int, int], list[int]] = defaultdict(list)
        for number, (channel, along) in enumerate(zip(every, axes, strict=True)):
            c, s = (channel[axis] // self._chunk(axis) for axis in "CS")
            groups[along, c, s].append(number)
        found: dict[str, list[tuple[int, ...]]] = defaultdict(list)
        for (along, *_), channels in groups.items():
            found[along].append(tuple(channels))
        return found

    def _lines(self, along: str) -> int:
        """Most lines that have chunks in common."""
        across = "T" if along == "Z" else "Z"
        beside = min(self._chunk(across), self.layout.size(across))
        return beside * max(len(channels) for channels in self._together[along])

    def _chunk(self, axis: str) -> int:
        axes = self.layout.axes
        return self.chunks[axes.index(axis)] if axis in axes else 1


def chunks_of(data: object, shape: Sequence[int]) -> tuple[int, ...]:
    """Sides of an array's chunks along each axis; 1 where it has none."""
    found = getattr(data, "chunks", None)
    return tuple(found) if found else (1,) * len(shape)


def _spans(size: int, step: int) -> list[Span]:
    return [(begin, min(begin + step, size)) for begin in range(0, size, step)]
