"""Whether neighbouring planes are worth looking at, found on a few windows.

Planes that lie far apart, or frames between which everything moves, have little to do
with one another. A network that looks at them all the same loses a little; which is
better shows in the error that is to be expected of each result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.axes import Layout
from napari_denoise.job import Job, make_engine
from napari_denoise.models.depth import choose_depth, flat_form, likely_axis
from napari_denoise.noise import NoiseModel, finite_plane
from napari_denoise.options import NONE
from napari_denoise.progress import run_to_end
from napari_denoise.risk import expected_squares
from napari_denoise.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_denoise.inference import TileRunner
    from napari_denoise.job import WholePlanes
    from napari_denoise.models import Model
    from napari_denoise.noise import Scaling

    Engine = TileRunner | WholePlanes

SIDE = 192
"""Of a window, in pixels."""
MOST_WINDOWS = 8
LEAST_WINDOWS = 2
SHARE = 0.05
"""Of an image's pixels that is tried, within these limits."""
CROPS_LOOKED_AT = 6


def settle_neighbours(
    source: Source,
    layout: Layout,
    model: Model,
    device: str,
    scalings: list[Scaling],
    cancelled: Callable[[], bool],
) -> tuple[Model, str]:
    """Settle what ``neighbours="auto"`` means for an image.

    Parameters
    ----------
    source : Source
        The image; only read.
    layout : Layout
        Its axes.
    model : Model
        As the user named it.
    device : str
        As `denoise` takes it.
    scalings : list of Scaling
        One for each of ``layout.channels``.
    cancelled : callable
        Looked at on the way.

    Returns
    -------
    model : Model
        The form that is better here.
    along : {"Z", "T", "none"}
        ``"none"`` also where the model has no 3D form.

    Raises
    ------
    Cancelled
        If `cancelled` became true.
    """
    along = likely_axis(model, layout)
    flat = flat_form(model)
    if along == NONE or flat is None or layout.size(along) == 1:
        return flat if flat and along == NONE else model, along
    deep, _ = choose_depth(model, along, layout)
    engines = [make_engine(form, device, None, cancelled) for form in (flat, deep)]
    helps = neighbours_help(source, layout, along, engines, scalings, cancelled)
    return (deep, along) if helps else (flat, NONE)


def neighbours_help(
    source: Source,
    layout: Layout,
    along: str,
    engines: Sequence[Engine],
    scalings: list[Scaling],
    cancelled: Callable[[], bool],
) -> bool:
    """Try both ways on a few windows and compare the errors to be expected.

    Parameters
    ----------
    source : Source
        The image; only read.
    layout : Layout
        Its axes.
    along : {"Z", "T"}
        Axis with more than one plane.
    engines : sequence of two engines
        One that takes each plane alone, and one that looks at its neighbours.
    scalings : list of Scaling
        One for each of ``layout.channels``.
    cancelled : callable
        Looked at before each plane and each layer of the networks.

    Returns
    -------
    bool
        Whether the second's error is expected to be the smaller one.

    Raises
    ------
    Cancelled
        If `cancelled` became true.
    """
    radius = engines[1].z_radius
    total = np.zeros(2)
    for planes, position, scaling in _windows(source, layout, along, radius, scalings):
        for number, engine in enumerate(engines):
            job = Job(
                source=Source(planes, None, None),
                layout=Layout(planes.shape, f"{along}YX"),
                engine=engine,
                along=along,
                strength=1.0,
                dtype=np.dtype(np.float32),
                cancelled=cancelled,
            )
            total[number] += _expected(job, position, scaling)
    return bool(total[1] < total[0])


def _windows(
    source: Source,
    layout: Layout,
    along: str,
    radius: int,
    scalings: list[Scaling],
) -> Iterator[tuple[NDArray[np.float32], int, Scaling]]:
    """Cut planes with their neighbours; say which one is meant, and its scaling."""
    rng = np.random.default_rng(0)
    noisy = [
        (channel, scaling)
        for channel, scaling in zip(layout.channels, scalings, strict=True)
        if scaling.told > 0
    ]
    height, width = (min(side, SIDE) for side in layout.plane_shape)
    pixels = len(noisy) * layout.planes_per_channel * np.prod(layout.plane_shape)
    count = np.clip(SHARE * pixels / (height * width), LEAST_WINDOWS, MOST_WINDOWS)
    for number in range(int(count) if noisy else 0):
        channel, scaling = noisy[number % len(noisy)]
        lines = layout.lines(channel, along)
        line = lines[rng.integers(len(lines))]
        position = int((number + 0.5) / int(count) * len(line))
        first = max(position - radius, 0)
        seen = line[first : position + radius + 1]
        planes = [finite_plane(layout.read(source.data, index))[0] for index in seen]
        corner = _liveliest(planes[position - first], (height, width), rng)
        window = np.stack([plane[corner] for plane in planes])
        yield window, position - first, scaling


def _liveliest(
    plane: NDArray[np.float32], sides: tuple[int, int], rng: np.random.Generator
) -> tuple[slice, slice]:
    """Of some places in a plane, the one with most to see."""
    corners = [
        tuple(
            slice(first, first + side)
            for length, side in zip(plane.shape, sides, strict=True)
            for first in [int(rng.integers(length - side + 1))]
        )
        for _ in range(CROPS_LOOKED_AT)
    ]
    y, x = max(corners, key=lambda corner: float(plane[corner].std()))
    return y, x


def _expected(job: Job, position: int, scaling: Scaling) -> float:
    """Square error that is to be expected of one plane, in variances of its noise."""
    (line,) = job.layout.lines(job.layout.channels[0], job.along)
    planes = job.source.data
    original = planes[position].copy()

    def denoise(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        planes[position] = plane
        restored = run_to_end(job.restore_plane(line, position, scaling))
        planes[position] = original
        return restored

    noise = scaling.noise or NoiseModel.gaussian(scaling.sigma)
    # The same disturbance for both, so that it does not decide between them.
    rng = np.random.default_rng(1)
    squares = expected_squares(original, denoise(original), denoise, noise, rng)
    return float(squares.sum() / noise.std(float(original.mean())) ** 2)
