"""One run over the planes of an image: read, denoise, bring back to counts, write."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_denoise.errors import FileError
from napari_denoise.measurement import stop_if
from napari_denoise.neighbours import Line, Plane
from napari_denoise.noise import NoiseModel, finite_plane, keep_counts
from napari_denoise.output import cast
from napari_denoise.pipeline import read_ahead, write_at_once, write_behind
from napari_denoise.portions import Treated
from napari_denoise.progress import TileDone
from napari_denoise.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_denoise.axes import Index, Layout
    from napari_denoise.noise import Scaling
    from napari_denoise.portions import Portion
    from napari_denoise.sources import Source
    from napari_denoise.treatment import Treatment

    StackSteps = Generator[int, None, NDArray[np.float32]]

LARGE_PLANE = 1 << 23
"""Larger planes (pixels) are not read ahead nor written behind: that takes 80 to 110
bytes a pixel in place of 50. Measured with a network that takes none."""


class Stack(NamedTuple):
    """Planes that are denoised together, as they were read.

    Attributes
    ----------
    places : list of tuple
        Index of each plane.
    planes : list of Plane or ndarray
        Counts alone where they stay as they are.
    seen : ndarray of float32, shape (Z + 2 * radius, Y, X), or None
        What the network looks at.
    way : Treated or None
        How they come to their results.
    """

    places: list[Index]
    planes: list[Any]
    seen: NDArray[np.float32] | None
    way: Treated | None


@dataclass
class Job:
    """What is to be done, and what adds up on the way.

    Attributes
    ----------
    source : Source
        The image; only read.
    layout : Layout
        Its axes.
    dtype : numpy.dtype
        Of the result.
    cancelled : callable
        Looked at before each plane.
    tally : Tally
        Filled by :meth:`run`.
    """

    source: Source
    layout: Layout
    dtype: np.dtype[Any]
    cancelled: Callable[[], bool]
    tally: Tally = field(default_factory=Tally)

    def run(
        self, portions: Sequence[Portion], target: Any
    ) -> Generator[TileDone, None, None]:
        """Denoise planes into `target`; the next are read meanwhile, the last written.

        Parameters
        ----------
        portions : sequence of Portion
            All planes of the image, or some.
        target : array-like
            Takes planes by assignment, in another thread than the caller's.

        Yields
        ------
        TileDone
        """
        size = int(np.prod(self.layout.plane_shape))
        total = size * sum(len(portion) for portion in portions)
        large = size > LARGE_PLANE
        stacks = self._stacks(portions)
        began, before = time.perf_counter(), 0

        def report(done: int) -> TileDone:
            finished = before + done
            pace = (time.perf_counter() - began) / finished
            return TileDone(finished, total, pace * (total - finished))

        with (write_at_once if large else write_behind)() as later:
            for stack in stacks if large else read_ahead(stacks):
                stop_if(self.cancelled)
                restored = yield from _restore(stack, report)
                later(partial(self._deliver, stack, restored, target))
                before += size * len(stack.places)

    def restore_plane(
        self,
        line: list[Index],
        position: int,
        scaling: Scaling,
        treatment: Treatment,
    ) -> Generator[int, None, NDArray[Any]]:
        """Denoise one plane of a line; yields pixels done, returns counts (Y, X)."""
        way = Treated(scaling, treatment)
        if way.told == 0:
            counts = self.layout.read(self.source.data, line[position])
            return _converted(counts, self.dtype)
        planes = self._line(line, way)
        steps = treatment.engine.run(planes.around(position, 1), way.told)
        (restored,) = yield from steps
        return self._finish(planes[position], restored, way)

    def _stacks(self, portions: Sequence[Portion]) -> Iterator[Stack]:
        """Read what is denoised together, in order."""
        for portion in portions:
            if portion.way is None or portion.way.told == 0:
                for index in portion.line[portion.first : portion.stop]:
                    counts = self.layout.read(self.source.data, index)
                    yield Stack([index], [counts], None, portion.way)
                continue
            together = portion.way.treatment.engine.planes
            line = self._line(portion.line, portion.way)
            for first in range(portion.first, portion.stop, together):
                stop = min(first + together, portion.stop)
                seen = line.around(first, stop - first)
                planes = [line[position] for position in range(first, stop)]
                yield Stack(list(portion.line[first:stop]), planes, seen, portion.way)

    def _line(self, line: Sequence[Index], way: Treated) -> Line:
        return Line(
            lambda position: self._see(line[position], way.scaling),
            len(line),
            way.treatment.engine.z_radius,
        )

    def _see(self, index: Index, scaling: Scaling) -> Plane:
        """Read a plane and bring it into the range of the network."""
        counts = self.layout.read(self.source.data, index)
        filled, bad = finite_plane(counts)
        return Plane(counts, filled, bad, scaling.enter(filled))

    def _deliver(
        self, stack: Stack, restored: NDArray[np.float32] | None, target: Any
    ) -> None:
        """Bring planes back to counts and write them."""
        for number, place in enumerate(stack.places):
            plane = stack.planes[number]
            if restored is None or stack.way is None:
                result = _converted(plane, self.dtype)
                if plane.dtype.kind == "f":
                    finite = int(np.isfinite(plane).sum())
                    self.tally += Tally(bad_left=plane.size - finite)
            else:
                result = self._finish(plane, restored[number], stack.way)
            try:
                self.layout.write(target, place, result)
            except OSError as error:
                reason = error.strerror or error  # without the name of a hidden file
                raise FileError(f"The result cannot be written: {reason}.") from error

    def _finish(
        self, plane: Plane, restored: NDArray[np.float32], way: Treated
    ) -> NDArray[Any]:
        """Bring a plane back to counts of the result's type."""
        scaling, treatment = way.scaling, way.treatment
        restored = scaling.leave(restored)
        if treatment.engine.loses_counts:
            noise = scaling.noise or NoiseModel.gaussian(scaling.sigma)
            restored = keep_counts(plane.filled, restored, noise)
        if treatment.strength < 1:
            change = restored - plane.filled
            restored = plane.filled + np.float32(treatment.strength) * change
        result = cast(restored, self.dtype)
        self.tally += Tally(
            0 if plane.bad is None else int(plane.bad.sum()),
            float(result.sum(dtype=float) - restored.sum(dtype=float)),
            float(np.abs(plane.filled).sum(dtype=float)),
        )
        if plane.bad is not None and self.dtype.kind == "f":
            # Integers keep what stood in their place.
            result[plane.bad] = plane.counts[plane.bad]
        return result


def _restore(
    stack: Stack, report: Callable[[int], TileDone]
) -> Generator[TileDone, None, NDArray[np.float32] | None]:
    """Run the network over planes; None where they stay as they are."""
    if stack.way is None or stack.seen is None:
        yield report(sum(counts.size for counts in stack.planes))
        return None
    steps = stack.way.treatment.engine.run(stack.seen, stack.way.told)
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            restored: NDArray[np.float32] = end.value
            return restored
        yield report(done)


def _converted(counts: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Change the type without losing what it can hold."""
    if counts.dtype == dtype:
        return counts
    numbers = counts.astype(np.float64)
    return cast(numbers if dtype.kind == "f" else np.nan_to_num(numbers), dtype)
