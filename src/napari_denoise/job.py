"""One run over all channels and planes of an image."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import FileError
from napari_denoise.measurement import stop_if
from napari_denoise.neighbours import Line, Plane
from napari_denoise.noise import NoiseModel, finite_plane, keep_counts
from napari_denoise.output import cast
from napari_denoise.progress import TileDone

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from napari_denoise.axes import Index, Layout
    from napari_denoise.noise import Scaling
    from napari_denoise.sources import Source
    from napari_denoise.treatment import Treatment

    StackSteps = Generator[int, None, NDArray[np.float32]]

ROUNDING_LOSS = 0.005
"""Share of the mean by which rounding may shift it before the user is told."""


@dataclass
class Job:
    """What is to be done, and what the user should know when it is.

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
    warnings : list of str
        Filled by :meth:`run`.
    bad_pixels : int
        Not finite, so far.
    """

    source: Source
    layout: Layout
    dtype: np.dtype[Any]
    cancelled: Callable[[], bool]
    warnings: list[str] = field(default_factory=list)
    bad_pixels: int = 0

    def run(
        self, scalings: list[Scaling], treatments: list[Treatment], target: Any
    ) -> Generator[TileDone, None, None]:
        """Denoise all planes into `target`; one scaling and treatment a channel."""
        lines = [
            (line, scaling, treatment)
            for channel, scaling, treatment in zip(
                self.layout.channels, scalings, treatments, strict=True
            )
            for line in self.layout.lines(channel, treatment.along)
        ]
        size = int(np.prod(self.layout.plane_shape))
        total = size * sum(len(line) for line, *_ in lines)
        began, before, sums = time.perf_counter(), 0, np.zeros(2)
        for line, scaling, treatment in lines:
            for done in self._restore(line, scaling, treatment, target, sums):
                finished = before + done
                left = (time.perf_counter() - began) * (total - finished) / finished
                yield TileDone(finished, total, left)
            before += size * len(line)
        for channel in self.layout.copied:
            for _ in self._copy(self.layout.planes(channel), target):
                pass
        self._tell(scalings, sums)

    def _restore(
        self,
        line: list[Index],
        scaling: Scaling,
        treatment: Treatment,
        target: Any,
        sums: NDArray[np.float64],
    ) -> Generator[int, None, None]:
        """Denoise a line of planes into `target`, yielding pixels done."""
        told = scaling.told * max(treatment.strength, 1.0)
        if told == 0 or treatment.strength == 0:
            yield from self._copy(line, target)
            return
        engine = treatment.engine
        planes = self._line(line, scaling, engine.z_radius)
        size = int(np.prod(self.layout.plane_shape))
        for first in range(0, len(line), engine.planes):
            stop_if(self.cancelled)
            count = min(engine.planes, len(line) - first)
            steps = engine.run(planes.around(first, count), told)
            stack = yield from _after(first * size, steps)
            for position, restored in enumerate(stack, first):
                plane = planes[position]
                result = self._finish(plane, restored, scaling, treatment, sums)
                self._write(target, line[position], result)

    def restore_plane(
        self,
        line: list[Index],
        position: int,
        scaling: Scaling,
        treatment: Treatment,
    ) -> Generator[int, None, NDArray[Any]]:
        """Denoise one plane of a line; yields pixels done, returns counts (Y, X)."""
        told = scaling.told * max(treatment.strength, 1.0)
        if told == 0 or treatment.strength == 0:
            counts = self.layout.read(self.source.data, line[position])
            return _converted(counts, self.dtype)
        engine = treatment.engine
        planes = self._line(line, scaling, engine.z_radius)
        (restored,) = yield from engine.run(planes.around(position, 1), told)
        return self._finish(planes[position], restored, scaling, treatment, np.zeros(2))

    def _line(self, line: list[Index], scaling: Scaling, radius: int) -> Line:
        return Line(
            lambda position: self._see(line[position], scaling), len(line), radius
        )

    def _see(self, index: Index, scaling: Scaling) -> Plane:
        """Read a plane and bring it into the range of the network."""
        counts = self.layout.read(self.source.data, index)
        filled, bad = finite_plane(counts)
        return Plane(counts, filled, bad, scaling.enter(filled))

    def _finish(
        self,
        plane: Plane,
        restored: NDArray[np.float32],
        scaling: Scaling,
        treatment: Treatment,
        sums: NDArray[np.float64],
    ) -> NDArray[Any]:
        """Bring a plane back to counts of the result's type."""
        restored = scaling.leave(restored)
        if treatment.engine.loses_counts:
            noise = scaling.noise or NoiseModel.gaussian(scaling.sigma)
            restored = keep_counts(plane.filled, restored, noise)
        if treatment.strength < 1:
            change = restored - plane.filled
            restored = plane.filled + np.float32(treatment.strength) * change
        result = cast(restored, self.dtype)
        shift = result.sum(dtype=float) - restored.sum(dtype=float)
        sums += shift, np.abs(plane.filled).sum(dtype=float)
        if plane.bad is not None:
            self.bad_pixels += int(plane.bad.sum())
            if self.dtype.kind == "f":  # integers keep what stood in their place
                result[plane.bad] = plane.counts[plane.bad]
        return result

    def _copy(self, line: list[Index], target: Any) -> Generator[int, None, None]:
        """Write planes as they are."""
        done = 0
        for index in line:
            stop_if(self.cancelled)
            counts = self.layout.read(self.source.data, index)
            self._write(target, index, _converted(counts, self.dtype))
            done += counts.size
            yield done

    def _write(self, target: Any, index: Index, plane: NDArray[Any]) -> None:
        try:
            self.layout.write(target, index, plane)
        except OSError as error:
            raise FileError(f"The result cannot be written: {error}.") from error

    def _tell(self, scalings: list[Scaling], sums: NDArray[np.float64]) -> None:
        floats = self.dtype.kind == "f"
        if self.bad_pixels:
            self.warnings.append(
                f"{self.bad_pixels} pixels are not finite (NaN or infinite). Their "
                "neighbours were used in their place"
                + (", and they were put back as they were." if floats else ".")
            )
        quiet = [i for i, scaling in enumerate(scalings) if scaling.told == 0]
        if quiet:
            numbers = ", ".join(str(number) for number in quiet)
            which = "the image" if len(scalings) == 1 else f"channel {numbers}"
            self.warnings.append(
                f"No noise could be measured in {which}: returned unchanged."
            )
        shift, total = abs(sums[0]), max(sums[1], 1e-12)
        if not floats and shift > ROUNDING_LOSS * total:
            self.warnings.append(
                f"Rounding to {self.dtype.name} and its range change the total "
                f"intensity by {100 * shift / total:.1f} %. Choose float32 as the type "
                "of the result (dtype) to keep it."
            )


def _after(before: int, steps: StackSteps) -> StackSteps:
    """Count what was done before to what the steps report."""
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            stack: NDArray[np.float32] = end.value
            return stack
        yield before + done


def _converted(counts: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Change the type without losing what it can hold."""
    if counts.dtype == dtype:
        return counts
    numbers = counts.astype(np.float64)
    return cast(numbers if dtype.kind == "f" else np.nan_to_num(numbers), dtype)
