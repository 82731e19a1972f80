"""What is measured on an image before any of it is denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import Cancelled
from napari_denoise.noise import (
    Scaling,
    gaussian_sigma,
    measure_windows,
    sample_windows,
)
from napari_denoise.options import NONE, given_noise
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
    noise : "auto", "none", float, NoiseModel or sequence of NoiseModel
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
    """
    channels = layout.channels
    given = given_noise(noise, len(channels))
    unstabilised = isinstance(noise, str) and noise == NONE
    integer = source.dtype.kind in "iu"
    scalings = []
    for number, channel in enumerate(channels):
        stop_if(cancelled)
        windows = sample_windows(source.data, layout, channel)
        first = [window for window, _ in windows]
        sample = np.concatenate([window.ravel() for window in first])
        if unstabilised:
            scalings.append(Scaling.fit(sample, None, gaussian_sigma(first)))
            continue
        model = given[number] if given else measure_windows(windows, integer=integer)
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
