"""What images are known by: all of one by its checksum, parts of it by marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_denoise.training.check.samples import checksum_of
from napari_denoise.training.overlap import find_overlaps, mark
from napari_denoise.training.scenes import connected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_denoise.training.overlap import Marks

    Planes = list[NDArray[Any]]
    Parts = list[tuple[int, int]]


class KnownImages:
    """The images of all pairs.

    Parameters
    ----------
    links : iterable of (int, int)
        Pairs that are known to show one field.

    Attributes
    ----------
    checksums : dict of int to int
        The first pair that has an image, by the checksum of a plane of it.
    marks : tuple of dict of int to Marks
        Of the noisy images and of the clean ones, by the numbers of the pairs.
    """

    def __init__(self, links: Iterable[tuple[int, int]] = ()) -> None:
        self._links = list(links)
        self.checksums: dict[int, int] = {}
        self.marks: tuple[dict[int, Marks], dict[int, Marks]] = {}, {}

    def add(self, number: int, noisy: Planes, clean: Planes | None = None) -> None:
        """Look at the middle planes of a pair, one of each channel."""
        for planes, marks in zip((noisy, clean), self.marks, strict=True):
            if planes is not None:
                first = self.checksums.setdefault(checksum_of(planes), number)
                self._links.append((number, first))
                marks[number] = mark(planes)

    def overlaps(self) -> tuple[Parts, Parts]:
        """Return pairs one of whose images is a copy of one another's, or overlaps it.

        Returns
        -------
        copies, parts : list of (int, int)
            The lower number first.
        """
        copies: Parts = []
        parts: Parts = []
        for marks in self.marks:
            number = list(marks)
            for found in find_overlaps(list(marks.values())):
                kind = copies if found.is_copy else parts
                kind.append((number[found.one], number[found.other]))
        return copies, parts

    def scenes(self, count: int, overlaps: Parts) -> dict[int, int]:
        """Return the first pair of its scene for each of so many pairs."""
        return dict(enumerate(connected(count, [*self._links, *overlaps])))
