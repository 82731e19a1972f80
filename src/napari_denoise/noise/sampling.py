"""Which parts of an image its noise is measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.noise.estimation import estimate_plane_noise
from napari_denoise.sources import read_source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.axes import Index
    from napari_denoise.noise.model import NoiseModel

ENOUGH_PIXELS = 1 << 20
"""More pixels than this make the measurement slower but hardly better."""
MOST_PLANES = 16
WINDOW = 256

Window = tuple["NDArray[np.float32]", "NDArray[np.float32] | None"]
"""Part of a plane, and the same part of the next frame where there is one."""


def estimate_noise(image: Any, *, axes: str | None = None) -> Any:
    """Measure the noise of an image from the image alone.

    Parameters
    ----------
    image : array-like or napari image layer
        Any integer or floating-point type. NaN and infinite pixels are ignored.
    axes : str, optional
        Letters of TCZYXS; by default the layer's labels, YX or ZYX.

    Returns
    -------
    NoiseModel or list of NoiseModel
        In counts, pooled over time and depth; a list, one per channel, where there
        is a C (or S) axis.

    Raises
    ------
    ImageError, AxesError
        If the image cannot be denoised or its axes have to be given.
    """
    source = read_source(image)
    letters = resolve_axes(source.data.shape, axes, source.labels)
    layout = Layout(source.data.shape, letters)
    models = [
        measure_channel(source.data, layout, channel) for channel in layout.channels
    ]
    return models if {"C", "S"} & set(layout.axes) else models[0]


def measure_channel(data: Any, layout: Layout, channel: dict[str, int]) -> NoiseModel:
    """Measure the noise of one channel.

    Parameters
    ----------
    data : array-like
        The whole image; read plane by plane.
    layout : Layout
        Its axes.
    channel : dict
        One of ``layout.channels``.

    Returns
    -------
    NoiseModel
    """
    windows = sample_windows(data, layout, channel)
    return measure_windows(windows, integer=np.dtype(data.dtype).kind in "iu")


def measure_windows(windows: list[Window], *, integer: bool) -> NoiseModel:
    """Measure noise on windows, or on their differences where there are frames.

    Parameters
    ----------
    windows : list of (ndarray, ndarray or None)
        As :func:`sample_windows` gives them.
    integer : bool
        Whether the data were integers.

    Returns
    -------
    NoiseModel
    """
    pairs = [
        (first, second)
        for first, second in windows
        # A frame that is there twice shows no noise in its difference.
        if second is not None and not np.array_equal(first, second)
    ]
    if not pairs:
        return estimate_plane_noise([first for first, _ in windows], integer=integer)
    differences = [(a - b) / np.float32(2**0.5) for a, b in pairs]
    means = [(a + b) / 2 for a, b in pairs]
    return estimate_plane_noise(differences, means, integer=integer)


def sample_windows(data: Any, layout: Layout, channel: dict[str, int]) -> list[Window]:
    """Read windows spread over all planes of a channel.

    Parameters
    ----------
    data : array-like
        The whole image; read plane by plane.
    layout : Layout
        Its axes.
    channel : dict
        One of ``layout.channels``.

    Returns
    -------
    list of (ndarray, ndarray or None)
        Each of shape (Y, X), float32, with the same window of the next frame where
        there is a time axis.
    """
    planes = layout.planes(channel)
    rng = np.random.default_rng(0)  # the same image gives the same result
    chosen = _scattered(len(planes), MOST_PLANES, rng)
    share = min(1.0, ENOUGH_PIXELS / (len(chosen) * np.prod(layout.plane_shape)))
    step = layout.size("Z")  # planes are ordered by time, then depth
    windows: list[Window] = []
    for number in chosen:
        following = number + step if number + step < len(planes) else number - step
        partner = planes[following] if layout.size("T") > 1 else None
        windows += _windows(data, layout, planes[number], partner, share, rng)
    return windows


def _windows(
    data: Any,
    layout: Layout,
    index: Index,
    partner: Index | None,
    share: float,
    rng: np.random.Generator,
) -> list[Window]:
    first = finite_plane(layout.read(data, index))[0]
    second = None if partner is None else finite_plane(layout.read(data, partner))[0]
    if share >= 1:
        return [(first, second)]
    height, width = layout.plane_shape
    corners = [
        (y, x) for y in range(0, height, WINDOW) for x in range(0, width, WINDOW)
    ]
    kept = _scattered(len(corners), max(1, round(share * len(corners))), rng)
    parts = [(slice(y, y + WINDOW), slice(x, x + WINDOW)) for y, x in corners]
    return [
        (first[parts[i]], None if second is None else second[parts[i]]) for i in kept
    ]


def _scattered(count: int, most: int, rng: np.random.Generator) -> list[int]:
    """Pick one of each of `most` equal stretches, at random.

    A regular choice would fall into step with rows of windows, or with the planes of
    a stack, and look at one side of the image or one depth alone.
    """
    if count <= most:
        return list(range(count))
    return [int(i) for i in (np.arange(most) + rng.random(most)) * count / most]


def finite_plane(
    plane: NDArray[Any],
) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
    """Fill NaN and infinite pixels from their nearest finite neighbours.

    Parameters
    ----------
    plane : ndarray, shape (Y, X)
        Of any type.

    Returns
    -------
    filled : ndarray of float32, shape (Y, X)
        All zero where no pixel is finite.
    bad : ndarray of bool, shape (Y, X), or None
        Which pixels were filled; None if none was.
    """
    numbers = np.asarray(plane, np.float32)
    if plane.dtype.kind != "f" or np.isfinite(numbers).all():
        return numbers, None
    from scipy.ndimage import distance_transform_edt

    bad = ~np.isfinite(numbers)
    if bad.all():
        return np.zeros_like(numbers), bad
    nearest = distance_transform_edt(bad, return_distances=False, return_indices=True)
    return numbers[tuple(nearest)], bad
