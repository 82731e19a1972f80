"""Parts of an image, denoised on demand and pixel by pixel as in a whole run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.advice import settle_neighbours
from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.job import Job
from napari_denoise.measurement import measure_channels
from napari_denoise.models import choose_depth
from napari_denoise.options import AUTO, NONE, check_neighbours
from napari_denoise.progress import TileDone, one_of_several, run_to_end
from napari_denoise.recall import Recall, RecallingEngine
from napari_denoise.sources import read_source
from napari_denoise.surroundings import Part, surround
from napari_denoise.treatment import Treatment, choose_models, make_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from numpy.typing import NDArray

    from napari_denoise.models import Model
    from napari_denoise.noise import Scaling
    from napari_denoise.surroundings import Span


def never() -> bool:
    """Say that nothing was cancelled."""
    return False


class Preview:
    """An image whose noise, shift and scale are measured once.

    Parameters
    ----------
    image : array-like or napari image layer
        As `denoise` takes it; only read.
    axes : str, optional
        As `denoise` takes them.
    noise : "auto", "none", float, Measure, NoiseModel or a sequence of these
        As `denoise` takes it.
    cancelled : callable, optional
        Looked at before each channel is measured.

    Attributes
    ----------
    source : Source
        The image; only read.
    layout : Layout
        Its axes.
    scalings : list of Scaling
        One for each of ``layout.channels``.

    Raises
    ------
    DenoiseError
        As `denoise`; `Cancelled` if `cancelled` became true.
    """

    def __init__(
        self,
        image: Any,
        *,
        axes: str | None = None,
        noise: Any = "auto",
        cancelled: Callable[[], bool] = never,
    ) -> None:
        self.source = read_source(image)
        shape = self.source.data.shape
        self.layout = Layout(shape, resolve_axes(shape, axes, self.source.labels))
        steps = measure_channels(self.source, self.layout, noise, cancelled)
        self.scalings: list[Scaling] = run_to_end(steps)
        self._recalls: dict[int, Recall] = {}
        self._helpful: dict[Any, tuple[Model, str]] = {}

    def settle(
        self,
        model: Any = "unet",
        neighbours: str = AUTO,
        device: str = "auto",
        cancelled: Callable[[], bool] = never,
    ) -> list[str]:
        """Say along which axis each channel's model is to look at neighbours.

        Parameters
        ----------
        model, neighbours, device
            As `denoise` takes them.
        cancelled : callable, optional
            Looked at before each layer of the network.

        Returns
        -------
        list of {"none", "Z", "T"}
            One for each of ``layout.channels``. For ``"auto"`` tried once for each
            model, and remembered.

        Raises
        ------
        DenoiseError
            As `denoise`; `Cancelled` if `cancelled` became true.
        """
        neighbours = check_neighbours(neighbours)
        count = len(self.layout.channels)
        if neighbours != AUTO:
            return [neighbours] * count
        models = [chosen for chosen, _ in choose_models(model, 1.0, count)]
        settled = [self._settled(models, n, device, cancelled) for n in range(count)]
        return [along for _, along in settled]

    def part(
        self,
        place: Mapping[str, int],
        rows: Span,
        columns: Span,
        model: Any = "unet",
        *,
        strength: Any = 1.0,
        neighbours: str = NONE,
        device: str = "auto",
        cancelled: Callable[[], bool] = never,
    ) -> NDArray[Any]:
        """Denoise a rectangle of one plane.

        Parameters
        ----------
        place : dict of str to int
            Position along T, C and Z; 0 where it is left out.
        rows, columns : tuple of int
            First and one after the last, within the plane.
        model, strength, neighbours, device
            As `denoise` takes them.
        cancelled : callable, optional
            Looked at before each layer of the network.

        Returns
        -------
        ndarray, shape (rows, columns) or (rows, columns, samples)
            Of the image's type; what a run over the whole image gives there.

        Raises
        ------
        DenoiseError
            As `denoise`; `Cancelled` if `cancelled` became true.
        """
        ways = self.treatments(place, model, strength, neighbours, device, cancelled)
        part = Part(place, rows, columns)
        return run_to_end(self.part_steps(part, ways, cancelled))

    def treatments(
        self,
        place: Mapping[str, int],
        model: Any = "unet",
        strength: Any = 1.0,
        neighbours: str = NONE,
        device: str = "auto",
        cancelled: Callable[[], bool] = never,
    ) -> dict[int, Treatment]:
        """Make ready what denoises a plane.

        Parameters
        ----------
        place, model, strength, neighbours, device, cancelled
            As :meth:`part` takes them.

        Returns
        -------
        dict of int to Treatment
            By the number of the channel; one for each colour of RGB.

        Raises
        ------
        DenoiseError
            As `denoise`; `Cancelled` if `cancelled` became true.
        """
        chosen = choose_models(model, strength, len(self.layout.channels))
        models, along = [each for each, _ in chosen], check_neighbours(neighbours)
        ways = {}
        for number, channel in enumerate(self.layout.channels):
            if channel["C"] != place.get("C", 0):
                continue
            form, axis = models[number], along
            if along == AUTO:
                form, axis = self._settled(models, number, device, cancelled)
            form, _ = choose_depth(form, axis, self.layout)
            engine = make_engine(form, device, None, cancelled)
            ways[number] = Treatment(engine, axis, chosen[number][1])
        return ways

    def part_steps(
        self,
        part: Part,
        treatments: dict[int, Treatment],
        cancelled: Callable[[], bool],
    ) -> Generator[TileDone, None, NDArray[Any]]:
        """Denoise a rectangle of one plane step by step.

        Parameters
        ----------
        part : Part
            Which one.
        treatments : dict of int to Treatment
            As :meth:`treatments` returns it.
        cancelled : callable
            Looked at before each layer of the network.

        Yields
        ------
        TileDone

        Returns
        -------
        ndarray, shape (rows, columns) or (rows, columns, samples)
            As :meth:`part` returns it.

        Raises
        ------
        DenoiseError
            As `denoise`; `Cancelled` if `cancelled` became true.
        """
        samples: list[NDArray[Any]] = []
        for number, treatment in treatments.items():
            channel = self.layout.channels[number]
            sample = replace(part, place={**part.place, **channel})
            steps = self._sample(sample, number, treatment, cancelled)
            turns = len(samples), len(treatments)
            samples.append((yield from one_of_several(steps, turns, part.pixels)))
        if "S" not in self.layout.axes:
            return samples[0]
        for channel in self.layout.copied:
            index = self._index(part.place, channel)
            plane = self.layout.read(self.source.data, index)
            samples.append(plane[slice(*part.rows), slice(*part.columns)])
        return np.stack(samples, axis=-1)

    def _settled(
        self,
        models: list[Model],
        number: int,
        device: str,
        cancelled: Callable[[], bool],
    ) -> tuple[Model, str]:
        """Settle the neighbours of a channel, together with all of the same model."""
        model = models[number]
        alike = tuple(n for n, other in enumerate(models) if other is model)
        # Files may share a name, and models that were never saved have no path.
        key = alike, model.name, getattr(model, "path", None) or id(model)
        if key not in self._helpful:
            channels = [(self.layout.channels[n], self.scalings[n]) for n in alike]
            self._helpful[key] = settle_neighbours(
                self.source, self.layout, model, device, channels, cancelled
            )
        return self._helpful[key]

    def _sample(
        self,
        part: Part,
        number: int,
        treatment: Treatment,
        cancelled: Callable[[], bool],
    ) -> Generator[float, None, NDArray[Any]]:
        """Denoise a part of one channel; yields the share that is done."""
        scaling = self.scalings[number]
        recall = self._recalls.setdefault(number, Recall())
        engine = RecallingEngine(treatment.engine, recall)
        treatment = replace(treatment, engine=engine)
        seen = surround(part, self.layout, treatment, scaling)
        source = seen.read(self.source, self.layout.axes)
        layout = Layout(source.data.shape, self.layout.axes)
        job = Job(source, layout, source.dtype, cancelled)
        (line,) = layout.lines(layout.channels[0], treatment.along)
        steps = job.restore_plane(line, seen.position, scaling, treatment)
        while True:
            try:
                yield next(steps) / seen.pixels
            except StopIteration as end:
                plane: NDArray[Any] = end.value
                return plane[seen.inner]

    def _index(
        self, place: Mapping[str, int], channel: Mapping[str, int]
    ) -> tuple[int | slice, ...]:
        at = {**place, **channel}
        return tuple(
            slice(None) if axis in "YX" else at.get(axis, 0)
            for axis in self.layout.axes
        )
