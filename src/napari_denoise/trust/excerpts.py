"""Parts of an image on which denoisers are tried, spread over all of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.axes import Layout
from napari_denoise.job import Job
from napari_denoise.noise import NoiseModel, finite_plane
from napari_denoise.progress import run_to_end
from napari_denoise.sources import Source
from napari_denoise.treatment import Treatment

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_denoise.axes import Index
    from napari_denoise.noise import Scaling
    from napari_denoise.treatment import Engine

SIDE = 256
"""Of a part that is looked at, in pixels, where the image exceeds the budget."""
MARGIN = 24
"""Pixels around that part which the denoisers see too, where there are any."""
BLOCK = 16
"""Side, in pixels, of the blocks whose scatter tells how sure a mean is."""
SPREAD = (0.7548776662466927, 0.5698402909980532)
"""Steps that fill a square evenly, however many are taken: the inverse powers of the
root of x³ = x + 1 (Roberts 2018)."""


@dataclass(frozen=True)
class Excerpt:
    """Part of a plane with its neighbours along one axis.

    Attributes
    ----------
    planes : ndarray of float32, shape (planes, Y, X)
        Counts, finite, with a margin.
    position : int
        Which of the planes is meant.
    along : {"Z", "T"}
        Axis that the planes follow one another along.
    scaling : Scaling
        Of their channel.
    index : tuple
        Where the plane lies in the array.
    window : tuple of slice
        Rows and columns of the plane that are meant.
    core : tuple of slice
        The same within `planes`.
    """

    planes: NDArray[np.float32]
    position: int
    along: str
    scaling: Scaling
    index: Index
    window: tuple[slice, slice]
    core: tuple[slice, slice]

    @property
    def noise(self) -> NoiseModel:
        """Of the channel, in counts."""
        return self.scaling.noise or NoiseModel.gaussian(self.scaling.sigma)

    @property
    def plane(self) -> NDArray[np.float32]:
        """Counts that are meant, with the margin; shape (Y, X)."""
        return np.asarray(self.planes[self.position])

    def middle(self, pixels: int) -> Excerpt:
        """Return the middle of the core, as a square of so many pixels at most."""
        side = int(pixels**0.5)
        spans = []
        for part in self.core:
            length = part.stop - part.start
            first = part.start + max(0, length - side) // 2
            spans.append(slice(first, first + min(side, length)))
        rows, columns = spans
        sides = (slice(0, s.stop - s.start) for s in spans)
        return replace(
            self,
            planes=np.ascontiguousarray(self.planes[:, rows, columns]),
            core=(next(sides), next(sides)),
        )

    def restore(
        self,
        plane: NDArray[np.floating],
        engine: Engine,
        strength: float,
        cancelled: Callable[[], bool],
    ) -> NDArray[np.float32]:
        """Denoise a plane that stands in the place of the one that is meant.

        Parameters
        ----------
        plane : ndarray of float, shape (Y, X)
            Counts, with the margin.
        engine : Engine
            The denoiser.
        strength : float
            As `denoise` takes it.
        cancelled : callable
            Looked at before anything is done.

        Returns
        -------
        ndarray of float32, shape (Y, X)
            Counts, with the margin.
        """
        planes = self.planes.copy()
        planes[self.position] = plane
        job = Job(
            source=Source(planes, None, None),
            layout=Layout(planes.shape, f"{self.along}YX"),
            dtype=np.dtype(np.float32),
            cancelled=cancelled,
        )
        (line,) = job.layout.lines(job.layout.channels[0], self.along)
        way = Treatment(engine, self.along, strength)
        return run_to_end(job.restore_plane(line, self.position, self.scaling, way))


def cut_excerpts(
    source: Source,
    layout: Layout,
    scalings: list[Scaling],
    pixels: int,
    along: str = "Z",
    radius: int = 0,
) -> list[Excerpt]:
    """Cut parts spread over all planes and places of each noisy channel.

    Parameters
    ----------
    source : Source
        The image; only the planes that are needed are read.
    layout : Layout
        Its axes.
    scalings : list of Scaling
        One for each of ``layout.channels``; those without noise are left out.
    pixels : int
        About how many to look at in all; at least one part a channel.
    along : {"Z", "T"}
        Axis of the neighbours.
    radius : int
        How many planes before and after each one to take along.

    Returns
    -------
    list of Excerpt
        Whole planes where they are within the budget.
    """
    noisy = [
        (channel, scaling)
        for channel, scaling in zip(layout.channels, scalings, strict=True)
        if scaling.told > 0
    ]
    height, width = layout.plane_shape
    budget = pixels / max(len(noisy), 1)
    sides = (height, width)
    if height * width > budget:
        sides = (min(SIDE, height), min(SIDE, width))
    count = max(1, int(budget / (sides[0] * sides[1])))
    if sides == (height, width):
        count = min(count, layout.planes_per_channel)
    excerpts = []
    for channel, scaling in noisy:
        lines = layout.lines(channel, along)
        total = layout.planes_per_channel
        for number in range(count):
            line, position = divmod(int((number + 0.5) / count * total), len(lines[0]))
            window = _window(number, sides, (height, width))
            seen = lines[line][max(position - radius, 0) : position + radius + 1]
            first = min(position, radius)
            excerpts.append(_cut(source, layout, seen, first, along, scaling, window))
    return excerpts


def _window(
    number: int, sides: tuple[int, int], lengths: tuple[int, int]
) -> tuple[slice, slice]:
    firsts = [
        int((0.5 + number * step) % 1 * (length - side + 1))
        for step, side, length in zip(SPREAD, sides, lengths, strict=True)
    ]
    rows, columns = (slice(a, a + n) for a, n in zip(firsts, sides, strict=True))
    return rows, columns


def _cut(
    source: Source,
    layout: Layout,
    seen: list[Index],
    position: int,
    along: str,
    scaling: Scaling,
    window: tuple[slice, slice],
) -> Excerpt:
    lows = [max(part.start - MARGIN, 0) for part in window]
    rows, columns = (
        slice(low, part.stop + MARGIN) for low, part in zip(lows, window, strict=True)
    )
    core_rows, core_columns = (
        slice(part.start - low, part.stop - low)
        for low, part in zip(lows, window, strict=True)
    )
    planes = [finite_plane(layout.read(source.data, index))[0] for index in seen]
    return Excerpt(
        np.stack([plane[rows, columns] for plane in planes]),
        position,
        along,
        scaling,
        seen[position],
        window,
        (core_rows, core_columns),
    )


def block_means(image: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of each block of an image, those at the lower and right edge smaller.

    Parameters
    ----------
    image : ndarray of float, shape (Y, X)
        Any.

    Returns
    -------
    ndarray of float64, shape (blocks,)
    """
    return np.asarray(_block_sums(image) / block_pixels(image.shape))


def block_pixels(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Pixels in each block of an image of that shape; shape (blocks,)."""
    heights, widths = (np.diff([*range(0, side, BLOCK), side]) for side in shape)
    return np.asarray(np.outer(heights, widths).ravel(), np.float64)


def _block_sums(image: NDArray[np.floating]) -> NDArray[np.float64]:
    rows, columns = (np.arange(0, side, BLOCK) for side in image.shape)
    sums = np.add.reduceat(image.astype(np.float64), rows, axis=0)
    return np.asarray(np.add.reduceat(sums, columns, axis=1).ravel())
