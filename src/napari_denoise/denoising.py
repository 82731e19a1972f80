"""The way of an image: noise, stabilise, tiles, network, stitch, back to counts."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

from napari_denoise.advice import settle_neighbours
from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.filling import Filling
from napari_denoise.job import Job
from napari_denoise.measurement import measure_channels
from napari_denoise.options import AUTO, check_neighbours, check_tile
from napari_denoise.output import (
    check_overlap,
    describe_output,
    open_output,
    result_dtype,
)
from napari_denoise.portions import all_portions
from napari_denoise.progress import (
    Denoised,
    NoiseMeasured,
    OutputOpened,
    TileDone,
    run_to_end,
)
from napari_denoise.provenance import describe_run
from napari_denoise.sources import read_source
from napari_denoise.treatment import choose_models, make_treatments, same_neighbours

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike

    from napari_denoise.advice import Channel
    from napari_denoise.models import Model
    from napari_denoise.noise import NoiseModel, Scaling
    from napari_denoise.progress import Progress
    from napari_denoise.sources import Source
    from napari_denoise.treatment import Treatment

__all__ = [
    "DenoiseWarning",
    "Denoised",
    "NoiseMeasured",
    "OutputOpened",
    "TileDone",
    "denoise",
    "denoise_steps",
    "run_to_end",
]


class DenoiseWarning(UserWarning):
    """Something that the user should know of a result."""


def denoise(
    image: Any,
    model: Any = "unet",
    *,
    axes: str | None = None,
    noise: Any = "auto",
    strength: Any = 1.0,
    neighbours: str = "none",
    device: str = "auto",
    tile: Any = "auto",
    dtype: DTypeLike | None = None,
    out: Any = None,
) -> Any:
    """Denoise an image.

    Parameters
    ----------
    image : array-like or napari image layer
        Integers or floats, planes with any of T, C, Z and S axes. Never changed.
    model : str, Path or Model, or sequence of them
        A name that `list_models` gives, a model file, or a loaded model; one for all
        channels, or one per channel.
    axes, noise, strength, neighbours, device, tile, dtype, out
        As :func:`denoise_steps` takes them.

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
    steps = denoise_steps(
        image,
        model,
        axes=axes,
        noise=noise,
        strength=strength,
        neighbours=neighbours,
        device=device,
        tile=tile,
        dtype=dtype,
        out=out,
    )
    result = run_to_end(steps)
    remarks = noise_remarks(result.noise)
    for warning in result.warnings:
        if warning not in remarks:
            warnings.warn(warning, DenoiseWarning, stacklevel=2)
    return result.data


def noise_remarks(models: tuple[NoiseModel, ...]) -> list[str]:
    """Collect what the noise measurement says, by channel where there are several."""
    several = len(models) > 1
    return [
        f"Channel {number}: {remark}" if several else remark
        for number, model in enumerate(models)
        for remark in model.warnings
    ]


def denoise_steps(
    image: Any,
    model: Any = "unet",
    *,
    axes: str | None = None,
    noise: Any = "auto",
    strength: Any = 1.0,
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
    model : str, Path or Model, or sequence of them
        A name that `list_models` gives, a model file, or a loaded model; one for all
        channels, or one per channel.
    axes : str, optional
        Letters of TCZYXS, one per axis. By default the layer's labels, else YX or
        ZYX; other images need it.
    noise : "auto", "none", float, Measure, NoiseModel or a sequence of these
        ``"auto"`` measures it, pooled over T and Z, one per channel; a float is a
        Gaussian σ in counts; ``"none"`` leaves the counts unstabilised.
    strength : float or sequence of float
        0 to 1 blends with the input in counts; 1 to 2 tells the network that much
        more noise. One for all channels, or one per channel: 0 leaves it as it is.
    neighbours : {"none", "Z", "T", "auto"}
        Axis along which a 3D model looks at the planes before and after each one. A
        2D model's name stands for its 3D sibling then, where there is one. ``"auto"``
        takes Z, or else T, where the model has such a form and a trial on a few
        windows finds that it helps; it never fails.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"`` (written but not tested).
    tile : "auto", int, (int, int) or (int, int, int)
        Largest side of a tile without halo, in pixels, along Y and X; with a 3D model
        also how many planes are denoised together.
    dtype : dtype-like, optional
        Type of the result; by default that of `image`, rounded and clipped.
    out : array-like, str, Path or ImageTarget, optional
        Takes the result: an array, memory map or Zarr array of the same shape, or
        the path of a TIFF file or OME-Zarr folder that does not exist yet.
    cancelled : callable, optional
        Looked at before each layer of the network; when it returns true, `Cancelled`
        is raised.

    Yields
    ------
    OutputOpened, NoiseMeasured, TileDone
        The first only where `out` is a file.

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
    chosen = choose_models(model, strength, len(layout.channels))
    models, strengths = [model for model, _ in chosen], [number for _, number in chosen]
    along, sides = check_neighbours(neighbours), check_tile(tile)
    stop = cancelled or (lambda: False)
    job = Job(source, layout, result_dtype(dtype, source.dtype), stop)
    check_overlap(source.data, out)
    remarks: list[str] = []

    def treat(forms: list[tuple[Model, str]]) -> list[Treatment]:
        return make_treatments(forms, strengths, device, sides, cancelled)

    treatments: list[Treatment] = []
    if along != AUTO:  # what does not work is told before anything is measured
        forms, remarks = same_neighbours(models, along, layout)
        treatments = treat(forms)
    request = {
        "axes": axes,
        "noise": noise,
        "device": device,
        "tile": tile,
        "dtype": None if dtype is None else job.dtype.name,
    }
    began = time.perf_counter()
    with open_output(out, layout.shape, job.dtype, layout.axes) as target:
        if isinstance(target, Filling):
            yield OutputOpened(target)
        scalings = yield from measure_channels(source, layout, noise, stop)
        treatments = treatments or treat(
            settle_forms(source, layout, models, device, scalings, stop)
        )
        portions = all_portions(layout, scalings, treatments)
        yield from job.run(portions, target)
        found = tuple(s.noise for s in scalings if s.noise is not None)
        engines = [remark for way in treatments for remark in way.engine.warnings]
        counted = job.tally.remarks(scalings, job.dtype)
        told = [*remarks, *counted, *engines, *noise_remarks(found)]
        provenance = describe_run(
            source,
            layout.axes,
            treatments,
            request,
            scalings,
            tuple(dict.fromkeys(told)),
            seconds=time.perf_counter() - began,
        )
        describe_output(target, provenance)  # before a file gets its name
    data = target if out is None else out
    return Denoised(data, found, tuple(provenance["warnings"]), provenance)


def settle_forms(
    source: Source,
    layout: Layout,
    models: list[Model],
    device: str,
    scalings: list[Scaling],
    stop: Callable[[], bool],
) -> list[tuple[Model, str]]:
    """Settle ``neighbours="auto"`` for all channels of each model at once."""
    channels: dict[int, list[Channel]] = {}
    described = zip(layout.channels, scalings, strict=True)
    for model, channel in zip(models, described, strict=True):
        channels.setdefault(id(model), []).append(channel)
    distinct = {id(model): model for model in models}
    found = {
        key: settle_neighbours(source, layout, model, device, channels[key], stop)
        for key, model in distinct.items()
    }
    return [found[id(model)] for model in models]
