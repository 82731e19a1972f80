"""The way of an image: noise, stabilise, tiles, network, stitch, back to counts."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.errors import Cancelled
from napari_denoise.models import ClassicalModel, NetworkModel, load_model
from napari_denoise.noise import (
    NoiseModel,
    Scaling,
    finite_plane,
    gaussian_sigma,
    measure_windows,
    sample_windows,
)
from napari_denoise.options import (
    NONE,
    check_neighbours,
    check_strength,
    check_tile,
    given_noise,
)
from napari_denoise.output import cast, open_output, result_dtype
from napari_denoise.provenance import describe_run
from napari_denoise.sources import Source, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from numpy.typing import DTypeLike, NDArray

    from napari_denoise.axes import Index
    from napari_denoise.inference import TileRunner
    from napari_denoise.models import Model

    Progress = Generator["NoiseMeasured | TileDone", None, "Denoised"]
    PlaneSteps = Generator[int, None, NDArray[np.float32]]

ROUNDING_LOSS = 0.005
"""Share of the mean by which rounding may shift it before the user is told."""


class DenoiseWarning(UserWarning):
    """Something that the user should know of a result."""


@dataclass(frozen=True)
class NoiseMeasured:
    """The noise of a channel is known.

    Attributes
    ----------
    channel, channels : int
        Number of the channel, from 0, and how many there are.
    noise : NoiseModel
    """

    channel: int
    channels: int
    noise: NoiseModel


@dataclass(frozen=True)
class TileDone:
    """Some tiles are done.

    Attributes
    ----------
    done, total : int
        Pixels of the whole job.
    seconds_left : float or None
        Estimated from the pace so far.
    """

    done: int
    total: int
    seconds_left: float | None


@dataclass(frozen=True)
class Denoised:
    """A result and how it came about.

    Attributes
    ----------
    data : array-like or path
        Same shape and axes order as the source; or `out`.
    noise : tuple of NoiseModel
        One per channel; empty for ``noise="none"``.
    warnings : tuple of str
        What the user should know, the noise measurement's remarks last.
    provenance : dict
        Enough to run it again.
    """

    data: Any
    noise: tuple[NoiseModel, ...]
    warnings: tuple[str, ...]
    provenance: dict[str, Any]


def denoise(image: Any, model: Any = "unet", **options: Any) -> Any:
    """Denoise an image.

    Parameters
    ----------
    image : array-like or napari image layer
        Integers or floats, 2D planes with any of T, C, Z and S axes.
    model : str, Path or Model
        A name that `list_models` gives, a model file, or a loaded model.
    **options
        As :func:`denoise_steps` takes them: `axes`, `noise`, `strength`,
        `neighbours`, `device`, `tile`, `dtype` and `out`.

    Returns
    -------
    array-like
        Counts; same shape, axes order and type as `image` unless `dtype` is given;
        or `out`.

    Raises
    ------
    DenoiseError
        If the image, its axes, an option, the model or the device does not work.

    Warns
    -----
    DenoiseWarning
        If pixels were not finite, nothing was to be done, rounding loses counts, or
        memory ran out on the way.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_denoise import denoise
    >>> noisy = np.random.default_rng(0).poisson(20, (64, 64)).astype(np.float32)
    >>> float(denoise(noisy).std()) < float(noisy.std())
    True
    """
    steps = denoise_steps(image, model, **options)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Denoised = end.value
            break
    remarks = {remark for noise in result.noise for remark in noise.warnings}
    for warning in result.warnings:
        if warning not in remarks:
            warnings.warn(warning, DenoiseWarning, stacklevel=2)
    return result.data


def denoise_steps(
    image: Any,
    model: Any = "unet",
    *,
    axes: str | None = None,
    noise: Any = "auto",
    strength: float = 1.0,
    neighbours: str = "none",
    device: str = "auto",
    tile: Any = "auto",
    dtype: DTypeLike | None = None,
    out: Any = None,
    cancelled: Callable[[], bool] | None = None,
) -> Progress:
    """Denoise an image step by step, for a worker, a progress bar or a test.

    Parameters
    ----------
    image : array-like or napari image layer
        Read plane by plane; never changed.
    model : str, Path or Model
        A name that `list_models` gives, a model file, or a loaded model.
    axes : str, optional
        Letters of TCZYXS, one per axis. By default the layer's labels, else YX or
        ZYX; other images need it.
    noise : "auto", "none", float, NoiseModel or sequence of NoiseModel
        ``"auto"`` measures it, pooled over T and Z, one per channel; a float is a
        Gaussian σ in counts; ``"none"`` leaves the counts unstabilised.
    strength : float
        0 to 1 blends with the input in counts; 1 to 2 tells the network that much
        more noise.
    neighbours : {"none"}
        Planes that a 3D model looks at.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"`` (written but not tested).
    tile : "auto", int or (int, int)
        Largest side of a tile without halo, in pixels, along Y and X.
    dtype : dtype-like, optional
        Type of the result; by default that of `image`, rounded and clipped.
    out : array-like, str or Path, optional
        Takes the result: an array, memory map or Zarr array of the same shape, or
        the path of a TIFF file that does not exist yet.
    cancelled : callable, optional
        Looked at before each layer of the network; when it returns true, `Cancelled`
        is raised.

    Yields
    ------
    NoiseMeasured, TileDone

    Returns
    -------
    Denoised

    Raises
    ------
    DenoiseError
        As :func:`denoise`; `Cancelled` among them.
    """
    source = read_source(image)
    layout = Layout(
        source.data.shape, resolve_axes(source.data.shape, axes, source.labels)
    )
    chosen = load_model(model)
    strength = check_strength(strength, chosen.card)
    check_neighbours(neighbours)
    job = _Job(
        source=source,
        layout=layout,
        engine=_make_engine(chosen, device, check_tile(tile), cancelled),
        strength=strength,
        dtype=result_dtype(dtype, source.dtype),
        cancelled=cancelled or (lambda: False),
    )
    began = time.perf_counter()
    scalings = yield from job.measure(noise)
    with open_output(out, layout.shape, job.dtype, layout.axes) as target:
        yield from job.run(scalings, target)
    models = tuple(s.noise for s in scalings if s.noise is not None)
    remarks = [remark for model in models for remark in model.warnings]
    told = tuple(dict.fromkeys([*job.warnings, *job.engine.warnings, *remarks]))
    request = {"noise": noise, "strength": strength, "neighbours": neighbours}
    provenance = describe_run(
        source,
        layout.axes,
        chosen,
        request,
        scalings,
        job.engine,
        told,
        seconds=time.perf_counter() - began,
    )
    return Denoised(target if out is None else out, models, told, provenance)


class WholePlanes:
    """Run a classical method: it takes each plane whole, on the CPU."""

    def __init__(self, model: ClassicalModel) -> None:
        self._model = model
        self.warnings: list[str] = []

    def run(self, plane: NDArray[np.float32], sigma: float) -> PlaneSteps:
        """Denoise one plane; see `TileRunner.run`."""
        restored = self._model.denoise(plane, sigma)
        yield plane.size
        return restored


def _make_engine(
    model: Model,
    device: str,
    tile: tuple[int, int] | None,
    cancelled: Callable[[], bool] | None,
) -> TileRunner | WholePlanes:
    if isinstance(model, ClassicalModel):
        return WholePlanes(model)
    assert isinstance(model, NetworkModel)
    from napari_denoise.devices import choose_device
    from napari_denoise.inference import TileRunner

    return TileRunner(model, choose_device(device), tile, cancelled)


@dataclass
class _Job:
    source: Source
    layout: Layout
    engine: TileRunner | WholePlanes
    strength: float
    dtype: np.dtype[Any]
    cancelled: Callable[[], bool]
    warnings: list[str] = field(default_factory=list)
    bad_pixels: int = 0

    def measure(self, noise: Any) -> Generator[NoiseMeasured, None, list[Scaling]]:
        """Measure noise, shift and scale of each channel, once for all its planes."""
        channels = self.layout.channels
        given = given_noise(noise, len(channels))
        unstabilised = isinstance(noise, str) and noise == NONE
        scalings = []
        for number, channel in enumerate(channels):
            self._stop_if_cancelled()
            windows = sample_windows(self.source.data, self.layout, channel)
            first = [window for window, _ in windows]
            sample = np.concatenate([window.ravel() for window in first])
            if unstabilised:
                scalings.append(Scaling.fit(sample, None, gaussian_sigma(first)))
                continue
            integer = self.source.dtype.kind in "iu"
            model = (
                given[number] if given else measure_windows(windows, integer=integer)
            )
            yield NoiseMeasured(number, len(channels), model)
            if model.kind == "none":
                scalings.append(Scaling(model, 0.0, 1.0, 0.0))
            else:
                scalings.append(Scaling.fit(sample, model, 1.0))
        return scalings

    def run(
        self, scalings: list[Scaling], target: Any
    ) -> Generator[TileDone, None, None]:
        """Denoise all planes into `target`."""
        planes = [
            (index, scaling)
            for channel, scaling in zip(self.layout.channels, scalings, strict=True)
            for index in self.layout.planes(channel)
        ]
        size = int(np.prod(self.layout.plane_shape))
        total, began = size * len(planes), time.perf_counter()
        sums = np.zeros(2)
        for number, (index, scaling) in enumerate(planes):
            self._stop_if_cancelled()
            counts = self.layout.read(self.source.data, index)
            for done in self._restore(counts, scaling, index, target, sums):
                finished = number * size + done
                left = (time.perf_counter() - began) * (total - finished) / finished
                yield TileDone(finished, total, left)
        for channel in self.layout.copied:
            for index in self.layout.planes(channel):
                alpha = self.layout.read(self.source.data, index)
                self.layout.write(target, index, alpha.astype(self.dtype))
        self._tell(scalings, sums)

    def _restore(
        self,
        counts: NDArray[Any],
        scaling: Scaling,
        index: Index,
        target: Any,
        sums: NDArray[np.float64],
    ) -> Iterator[int]:
        """Denoise one plane into `target`, yielding pixels done."""
        told = scaling.told * max(self.strength, 1.0)
        if told == 0 or self.strength == 0:
            self.layout.write(target, index, _converted(counts, self.dtype))
            yield counts.size
            return
        filled, bad = finite_plane(counts)
        steps = self.engine.run(scaling.enter(filled), told)
        restored = scaling.leave((yield from steps))
        if self.strength < 1:
            restored = filled + np.float32(self.strength) * (restored - filled)
        result = cast(restored, self.dtype)
        sums += restored.sum(dtype=float), result.sum(dtype=float)
        if bad is not None:
            self.bad_pixels += int(bad.sum())
            result[bad] = counts[bad]
        self.layout.write(target, index, result)

    def _stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise Cancelled("Cancelled: nothing was changed.")

    def _tell(self, scalings: list[Scaling], sums: NDArray[np.float64]) -> None:
        if self.bad_pixels:
            self.warnings.append(
                f"{self.bad_pixels} pixels are not finite (NaN or infinite). They were "
                "put back as they were; their neighbours were used in their place."
            )
        quiet = [i for i, scaling in enumerate(scalings) if scaling.told == 0]
        if quiet:
            numbers = ", ".join(str(number) for number in quiet)
            which = "image" if len(scalings) == 1 else f"channel with number {numbers}"
            self.warnings.append(
                f"The {which} has no measurable noise and was returned unchanged."
            )
        shift = abs(sums[1] - sums[0])
        if self.dtype.kind != "f" and shift > ROUNDING_LOSS * abs(sums[0]):
            self.warnings.append(
                f"Rounding to {self.dtype.name} changes the total intensity by "
                f"{100 * shift / max(abs(sums[0]), 1e-12):.1f} %: the image has few "
                "counts. Use dtype=“float32” to keep it."
            )


def _converted(counts: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Change the type without losing what it can hold."""
    if counts.dtype == dtype:
        return counts
    return cast(counts.astype(np.float64), dtype)
