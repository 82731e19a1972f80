"""Whether neighbouring planes are worth looking at, found on a few windows.

Planes that lie far apart, or frames between which everything moves, have little to do
with one another; and planes that were interpolated, averaged or doubled share their
noise, which a network then takes for structure. Whether looking at them is better shows
in the errors that are to be expected of both ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.axes import Layout
from napari_denoise.job import Job
from napari_denoise.models.depth import choose_depth, flat_form, possible_axes
from napari_denoise.noise import NoiseModel, finite_plane
from napari_denoise.options import NONE
from napari_denoise.progress import run_to_end
from napari_denoise.risk import deviation, expected_squares
from napari_denoise.sources import Source
from napari_denoise.treatment import Treatment, make_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_denoise.models import Model
    from napari_denoise.noise import Scaling

    Channel = tuple[dict[str, int], Scaling]

SIDE = 192
"""Of a window, in pixels."""
LEAST_PIXELS, MOST_PIXELS = 1 << 17, 1 << 18
"""In all windows, where there are as many."""
SHARE = 0.05
"""Of an image's pixels that is tried, within these limits."""
CROPS_LOOKED_AT = 6
SHARING_WINDOWS = 3
"""On which it is measured how much noise the planes share."""


def settle_neighbours(
    source: Source,
    layout: Layout,
    model: Model,
    device: str,
    channels: list[Channel],
    cancelled: Callable[[], bool],
) -> tuple[Model, str]:
    """Settle what ``neighbours="auto"`` means for some channels of an image.

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
    channels : list of (dict, Scaling)
        Some of ``layout.channels``, each with its noise, shift and scale.
    cancelled : callable
        Looked at before each plane and each layer of the networks.

    Returns
    -------
    model : Model
        The form that is better here. A 3D model that has no 2D form is taken untried.
    along : {"Z", "T", "none"}
        ``"none"`` also where the model has no 3D form.

    Raises
    ------
    Cancelled
        If `cancelled` became true.
    """
    axes = possible_axes(model, layout)
    flat = flat_form(model)
    if flat is None:
        return model, axes[0] if axes else "Z"
    if not axes:
        return flat, NONE
    deep, _ = choose_depth(model, axes[0], layout)
    alone, together = (
        Treatment(make_engine(form, device, None, cancelled)) for form in (flat, deep)
    )
    noisy = [(channel, scaling) for channel, scaling in channels if scaling.told > 0]
    gains = {}
    for along in axes:
        windows = _windows(source, layout, along, together.engine.z_radius, noisy)
        gains[along] = _gain(windows, [alone, together], cancelled)
    best = max(axes, key=gains.__getitem__)
    return (deep, best) if gains[best] > 0 else (flat, NONE)


@dataclass
class _Window:
    """Part of a plane with its neighbours.

    Attributes
    ----------
    planes : ndarray of float32, shape (planes, Y, X)
        Counts, finite.
    position : int
        Which of them is meant.
    along : str
        Axis that they follow one another along.
    scaling : Scaling
        Of their channel.
    """

    planes: NDArray[np.float32]
    position: int
    along: str
    scaling: Scaling

    @property
    def noise(self) -> NoiseModel:
        return self.scaling.noise or NoiseModel.gaussian(self.scaling.sigma)

    def restore(
        self,
        planes: NDArray[np.float32],
        position: int,
        treatment: Treatment,
        cancelled: Callable[[], bool],
    ) -> NDArray[np.float32]:
        """Denoise one of some planes like these."""
        job = Job(
            source=Source(planes, None, None),
            layout=Layout(planes.shape, f"{self.along}YX"),
            dtype=np.dtype(np.float32),
            cancelled=cancelled,
        )
        (line,) = job.layout.lines(job.layout.channels[0], self.along)
        steps = job.restore_plane(line, position, self.scaling, treatment)
        return run_to_end(steps)


def _gain(
    windows: list[_Window],
    treatments: Sequence[Treatment],
    cancelled: Callable[[], bool],
) -> float:
    """Share of the error that neighbours take away for sure, less than 0 if not."""
    if not windows:
        return 0.0
    rng = np.random.default_rng(2)
    probes = rng.permutation(len(windows))[:SHARING_WINDOWS]
    shared = _sharing([windows[i] for i in probes], treatments[0], cancelled)
    errors = np.array(
        [
            [_expected(window, way, shared, cancelled) for way in treatments]
            for window in windows
        ]
    )
    saved = errors[:, 0] - errors[:, 1]
    doubt = saved.std(ddof=1) / len(saved) ** 0.5 if len(saved) > 1 else 0.0
    return float((saved.mean() - doubt) / max(abs(errors[:, 0].mean()), 1e-12))


def _sharing(
    windows: list[_Window], treatment: Treatment, cancelled: Callable[[], bool]
) -> dict[int, float]:
    """Measure which share of their noise planes have in common, by their distance.

    What a denoiser took out of each plane alone is its noise, nearly; if that of two
    planes is correlated, so is their noise.
    """
    products: dict[int, list[float]] = {}
    for window in windows:
        taken = []
        for position, plane in enumerate(window.planes):
            restored = window.restore(window.planes, position, treatment, cancelled)
            taken.append((plane - restored) / deviation(restored, window.noise))
        meant = taken[window.position]
        for position, other in enumerate(taken):
            scale = np.sqrt(np.mean(meant**2) * np.mean(other**2))
            share = np.mean(meant * other) / max(scale, 1e-12)
            lag = abs(position - window.position)
            products.setdefault(lag, []).append(float(share))
    return {lag: max(float(np.mean(p)), 0.0) for lag, p in products.items()}


def _expected(
    window: _Window,
    treatment: Treatment,
    shared: dict[int, float],
    cancelled: Callable[[], bool],
) -> float:
    """Square error that is to be expected of a plane, in variances of its noise.

    Noise that planes share is disturbed in all of them alike: only so does it show how
    much of it is let through.
    """
    original = window.planes[window.position]
    lags = np.abs(np.arange(len(window.planes)) - window.position)
    shares = np.array([shared.get(int(lag), 0.0) for lag in lags], np.float32)
    shares[window.position] = 1

    def denoise(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        change = shares[:, None, None] * (plane - original)
        planes = window.planes + change
        return window.restore(planes, window.position, treatment, cancelled)

    # The same disturbance for both ways, so that it does not decide between them.
    rng = np.random.default_rng(1)
    noise = window.noise
    squares = expected_squares(original, denoise(original), denoise, noise, rng)
    return float(squares.mean() / np.mean(deviation(original, noise) ** 2))


def _windows(
    source: Source,
    layout: Layout,
    along: str,
    radius: int,
    noisy: list[Channel],
) -> list[_Window]:
    """Cut windows spread over some channels, and along their lines."""
    rng = np.random.default_rng(0)
    height, width = (min(side, SIDE) for side in layout.plane_shape)
    planes = len(noisy) * layout.planes_per_channel
    wanted = SHARE * planes * np.prod(layout.plane_shape)
    count = int(np.clip(wanted, LEAST_PIXELS, MOST_PIXELS) / (height * width))
    each = -(-min(count, planes) // max(len(noisy), 1))
    windows = []
    for channel, scaling in noisy:
        lines = layout.lines(channel, along)
        for number in range(each):
            line = lines[rng.integers(len(lines))]
            position = int((number + rng.random()) / each * len(line))
            first = max(position - radius, 0)
            seen = line[first : position + radius + 1]
            read = [finite_plane(layout.read(source.data, index))[0] for index in seen]
            corner = _liveliest(read[position - first], (height, width), rng)
            cut = np.stack([plane[corner] for plane in read])
            windows.append(_Window(cut, position - first, along, scaling))
    return windows


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
