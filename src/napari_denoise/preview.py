"""Parts of an image, denoised on demand and pixel by pixel as in a whole run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.advice import settle_neighbours
from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.job import Job, WholePlanes, make_engine
from napari_denoise.measurement import measure_channels
from napari_denoise.models import choose_depth, load_model
from napari_denoise.noise import NoiseModel
from napari_denoise.noise.conservation import reach
from napari_denoise.options import AUTO, NONE, check_neighbours, check_strength
from napari_denoise.progress import run_to_end
from napari_denoise.sources import Source, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from napari_denoise.inference import TileRunner
    from napari_denoise.models import Model
    from napari_denoise.noise import Scaling

    Span = tuple[int, int]


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
    layout : Layout
        Axes of the image.
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
        self._source = read_source(image)
        shape = self._source.data.shape
        self.layout = Layout(shape, resolve_axes(shape, axes, self._source.labels))
        steps = measure_channels(self._source, self.layout, noise, cancelled)
        self.scalings: list[Scaling] = run_to_end(steps)
        self._helpful: dict[Any, tuple[Model, str]] = {}

    def settle(
        self,
        model: Any = "unet",
        neighbours: str = AUTO,
        device: str = "auto",
        cancelled: Callable[[], bool] = never,
    ) -> str:
        """Say along which axis a model is to look at neighbours.

        Parameters
        ----------
        model, neighbours, device
            As `denoise` takes them.
        cancelled : callable, optional
            Looked at before each layer of the network.

        Returns
        -------
        {"none", "Z", "T"}
            For ``"auto"`` tried once for each model, and remembered.

        Raises
        ------
        DenoiseError
            As `denoise`; `Cancelled` if `cancelled` became true.
        """
        neighbours = check_neighbours(neighbours)
        if neighbours != AUTO:
            return neighbours
        return self._settled(load_model(model), device, cancelled)[1]

    def part(
        self,
        place: Mapping[str, int],
        rows: Span,
        columns: Span,
        model: Any = "unet",
        *,
        strength: float = 1.0,
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
        chosen = load_model(model)
        strength = check_strength(strength, chosen.card)
        neighbours = check_neighbours(neighbours)
        if neighbours == AUTO:
            chosen, neighbours = self._settled(chosen, device, cancelled)
        chosen, _ = choose_depth(chosen, neighbours, self.layout)
        engine = make_engine(chosen, device, None, cancelled)
        along = "T" if neighbours == "T" else "Z"
        planes = self._planes_around(place, along, engine.z_radius)
        seen = self._seen(rows, columns, engine)
        source = self._cut(planes, *seen)
        job = Job(
            source=source,
            layout=Layout(source.data.shape, self.layout.axes),
            engine=engine,
            along=along,
            strength=strength,
            dtype=source.dtype,
            cancelled=cancelled,
        )
        position = place.get(along, 0) - planes[along][0]
        samples = [
            run_to_end(job.restore_plane(line, position, scaling))
            for line, scaling in self._lines(job.layout, place, along)
        ]
        samples += [
            job.layout.read(source.data, job.layout.planes(channel)[position])
            for channel in job.layout.copied
        ]
        inner = tuple(
            slice(first - low, last - low)
            for (first, last), (low, _) in zip((rows, columns), seen, strict=True)
        )
        cut = [sample[inner] for sample in samples]
        return np.stack(cut, axis=-1) if "S" in self.layout.axes else cut[0]

    def _settled(
        self, model: Model, device: str, cancelled: Callable[[], bool]
    ) -> tuple[Model, str]:
        # Files may share a name, and models that were never saved have no path.
        key = model.name, getattr(model, "path", None) or id(model)
        if key not in self._helpful:
            self._helpful[key] = settle_neighbours(
                self._source, self.layout, model, device, self.scalings, cancelled
            )
        return self._helpful[key]

    def _planes_around(
        self, place: Mapping[str, int], along: str, radius: int
    ) -> dict[str, Span]:
        """Positions that are read along T, C and Z; all samples along S."""
        spans = {axis: (at, at + 1) for axis in "TCZ" for at in [place.get(axis, 0)]}
        at, length = place.get(along, 0), self.layout.size(along)
        return spans | {along: (max(at - radius, 0), min(at + radius + 1, length))}

    def _seen(
        self, rows: Span, columns: Span, engine: TileRunner | WholePlanes
    ) -> tuple[Span, Span]:
        """Rectangle that decides what comes out: halo, then counts that are kept."""
        height, width = self.layout.plane_shape
        if isinstance(engine, WholePlanes):
            return (0, height), (0, width)
        models = [scaling.noise or NoiseModel() for scaling in self.scalings]
        margin = max(reach(noise) for noise in models) + engine.halo[-1]
        stride = engine.stride
        first, last = zip(rows, columns, strict=True)
        low = [max(n - margin, 0) // stride * stride for n in first]
        high = [
            min(n + margin + stride, side)
            for n, side in zip(last, (height, width), strict=True)
        ]
        return (low[0], high[0]), (low[1], high[1])

    def _cut(self, planes: dict[str, Span], rows: Span, columns: Span) -> Source:
        spans = planes | {"Y": rows, "X": columns}
        index = tuple(
            slice(*spans[axis]) if axis in spans else slice(None)
            for axis in self.layout.axes
        )
        return replace(self._source, data=np.asarray(self._source.data[index]))

    def _lines(
        self, layout: Layout, place: Mapping[str, int], along: str
    ) -> list[tuple[Any, Scaling]]:
        """Lines of planes of the part, one a sample, and their scalings."""
        wanted = place.get("C", 0)
        scalings = [
            scaling
            for channel, scaling in zip(
                self.layout.channels, self.scalings, strict=True
            )
            if channel["C"] == wanted
        ]
        lines = [layout.lines(channel, along)[0] for channel in layout.channels]
        return list(zip(lines, scalings, strict=True))
