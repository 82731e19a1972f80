"""Which parts of an image its noise is measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.errors import NoiseError
from napari_denoise.noise.estimation import estimate_plane_noise
from napari_denoise.noise.finite import finite_plane
from napari_denoise.noise.measure import Measure
from napari_denoise.noise.region import measure_region
from napari_denoise.sources import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_denoise.axes import Index
    from napari_denoise.noise.model import NoiseModel
    from napari_denoise.noise.region import RegionNoise

ENOUGH_PIXELS = 1 << 20
"""More pixels than this make the measurement slower but hardly better."""
MOST_PLANES = 16
WINDOW = 256
FEWEST_FOR_A_PLANE = 50
"""Fewer pixels than these, of a region in one plane, are left out."""

Window = tuple["NDArray[np.float32]", "NDArray[np.float32] | None"]
"""Part of a plane, and the same part of the next frame where there is one."""


def estimate_noise(
    image: Any,
    *,
    axes: str | None = None,
    offset: float | None = None,
    background: Any = None,
) -> Any:
    """Measure the noise of an image from the image alone, or with what is known of it.

    Parameters
    ----------
    image : array-like or napari image layer
        Any integer or floating-point type. NaN and infinite pixels are ignored.
    axes : str, optional
        Letters of TCZYXS; by default the layer's labels, YX or ZYX.
    offset : float, optional
        What the camera gives in the dark, in image counts.
    background : array-like of bool, shape (Y, X), optional
        Region without structure, in all planes; `Measure` also takes one of a plane.

    Returns
    -------
    NoiseModel or list of NoiseModel
        In counts, pooled over time and depth; a list, one per channel, where there
        is a C (or S) axis.

    Raises
    ------
    ImageError, AxesError
        If the image cannot be denoised or its axes have to be given.
    NoiseError
        If the offset is no number, or the region does not fit the image.
    """
    measure = Measure(offset, background)
    source = read_source(image)
    letters = resolve_axes(source.data.shape, axes, source.labels)
    layout = Layout(source.data.shape, letters)
    models = [
        measure_channel(source.data, layout, channel, measure)
        for channel in layout.channels
    ]
    return models if {"C", "S"} & set(layout.axes) else models[0]


def measure_channel(
    data: Any,
    layout: Layout,
    channel: dict[str, int],
    measure: Measure,
    windows: list[Window] | None = None,
) -> NoiseModel:
    """Measure the noise of one channel.

    Noise is measured on windows, or on their differences where there are frames.

    Parameters
    ----------
    data : array-like
        The whole image; read plane by plane.
    layout : Layout
        Its axes.
    channel : dict
        One of ``layout.channels``.
    measure : Measure
        What is known of the noise.
    windows : list of (ndarray, ndarray or None), optional
        What :func:`sample_windows` gives for the channel, if it was called.

    Returns
    -------
    NoiseModel

    Raises
    ------
    NoiseError
        If the background region does not fit the image, or shows no noise.
    """
    region = None
    if measure.background is not None:
        region = measure_region(_region_parts(data, layout, channel, measure))
    return measure_windows(
        windows or sample_windows(data, layout, channel),
        integer=np.dtype(data.dtype).kind in "iu",
        offset=measure.offset,
        region=region,
    )


def measure_windows(
    windows: Sequence[Window],
    *,
    integer: bool,
    offset: float | None = None,
    region: RegionNoise | None = None,
) -> NoiseModel:
    """Measure the noise of windows, of one image or of several with the same noise.

    Parameters
    ----------
    windows : sequence of (ndarray, ndarray or None)
        As :func:`sample_windows` gives them.
    integer : bool
        Whether the data were integers, whose rounding is no noise.
    offset : float, optional
        What the camera gives in the dark, in counts.
    region : RegionNoise, optional
        Noise of a region without structure.

    Returns
    -------
    NoiseModel

    Raises
    ------
    NoiseError
        If the region shows no noise.
    """
    pairs = [
        (first, second)
        for first, second in windows
        # A frame that is there twice shows no noise in its difference.
        if second is not None and not np.array_equal(first, second)
    ]
    if pairs:
        images = [(a - b) / np.float32(2**0.5) for a, b in pairs]
    else:
        images = [first for first, _ in windows]
    return estimate_plane_noise(
        images,
        [(a + b) / 2 for a, b in pairs] or None,
        integer=integer,
        offset=offset,
        region=region,
    )


def _region_parts(
    data: Any, layout: Layout, channel: dict[str, int], measure: Measure
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """Cut the background region out of its plane, or of planes all over the channel."""
    mask = np.asarray(measure.background)
    if mask.shape != layout.plane_shape:
        raise NoiseError(
            f"The background region is a mask of shape {mask.shape}, but the "
            f"planes of the image have shape {layout.plane_shape} (Y, X)."
        )
    place = dict(measure.plane)
    for axis, position in place.items():
        if position >= layout.size(axis):
            raise NoiseError(
                f"The background region lies at {axis} = {position}, but the image "
                f"has {layout.size(axis)} planes along {axis}."
            )
    rows, columns = (slice(n.min(), n.max() + 1) for n in np.nonzero(mask))
    planes = _planes_at(place, layout, channel)
    for number in _scattered(len(planes), MOST_PLANES, np.random.default_rng(0)):
        plane = layout.read(data, planes[number])[rows, columns]
        inside = mask[rows, columns] & np.isfinite(plane)
        if inside.sum() > FEWEST_FOR_A_PLANE:
            yield np.where(inside, plane, 0).astype(np.float32), inside


def _planes_at(
    place: dict[str, int], layout: Layout, channel: dict[str, int]
) -> list[Index]:
    depths = layout.size("Z")
    return [
        index
        for number, index in enumerate(layout.planes(channel))
        if place.get("T", number // depths) == number // depths
        and place.get("Z", number % depths) == number % depths
    ]


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
    # Copied: a view would keep its whole plane in memory.
    return [
        (first[parts[i]].copy(), None if second is None else second[parts[i]].copy())
        for i in kept
    ]


def _scattered(count: int, most: int, rng: np.random.Generator) -> list[int]:
    """Pick one of each of `most` equal stretches, at random.

    A regular choice would fall into step with rows of windows, or with the planes of
    a stack, and look at one side of the image or one depth alone.
    """
    if count <= most:
        return list(range(count))
    return [int(i) for i in (np.arange(most) + rng.random(most)) * count / most]
