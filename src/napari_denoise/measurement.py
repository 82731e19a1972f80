"""What is measured on an image before any of it is denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import Cancelled
from napari_denoise.noise import (
    NoiseModel,
    Scaling,
    gaussian_sigma,
    measure_channel,
    sample_windows,
)
from napari_denoise.options import given_noise
from napari_denoise.progress import NoiseMeasured

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_denoise.axes import Layout
    from napari_denoise.sources import Source


def measure_channels(
    source: Source, layout: Layout, noise: Any, cancelled: Callable[[], bool]
) -> Generator[NoiseMeasured, None, list[Scaling]]:
    """Fix noise, shift and scale of each channel, once for all its planes.

    Parameters
    ----------
    source : Source
        The image; only read.
    layout : Layout
        Its axes.
    noise : "auto", "none", float, Measure, NoiseModel or a sequence of these
        As `denoise` takes it.
    cancelled : callable
        Looked at before each channel.

    Yields
    ------
    NoiseMeasured
        After each channel whose noise is modelled.

    Returns
    -------
    list of Scaling
        One for each of ``layout.channels``.

    Raises
    ------
    Cancelled
        If `cancelled` became true.
    NoiseError
        If the noise is given wrongly, or cannot be measured as asked for.
    """
    channels = layout.channels
    given = given_noise(noise, len(channels))
    scalings = []
    for number, channel in enumerate(channels):
        stop_if(cancelled)
        windows = sample_windows(source.data, layout, channel)
        first = [window for window, _ in windows]
        sample = np.concatenate([window.ravel() for window in first])
        if given is None:
            scalings.append(Scaling.fit(sample, None, gaussian_sigma(first)))
            continue
        model = given[number]
        if not isinstance(model, NoiseModel):
            model = measure_channel(source.data, layout, channel, model, windows)
        yield NoiseMeasured(number, len(channels), model)
        if model.kind == "none":
            scalings.append(Scaling(model, 0.0, 1.0, 0.0))
        else:
            scalings.append(Scaling.fit(sample, model, 1.0))
    return scalings


def stop_if(cancelled: Callable[[], bool]) -> None:
    """Raise `Cancelled` if it was asked for."""
    if cancelled():
        raise Cancelled("Cancelled: nothing was changed.")
