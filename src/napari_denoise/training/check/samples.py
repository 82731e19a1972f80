"""The planes of a pair on which it is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.transform import resize_local_mean

from napari_denoise.noise import finite_plane, gaussian_sigma

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.training.pairs import Opened

    Image = NDArray[np.float32]

MOST_PLANES = 4
MOST_SIDE = 1024
"""Pixels along Y and X that are looked at; of larger planes, where most is seen."""
THUMBNAIL = 96
"""Longest side of a thumbnail in pixels, of each channel."""
LEAST_NOISE = 1e-3
"""Of the range: no image is taken to be cleaner."""


@dataclass(frozen=True)
class Sample:
    """Some planes of one channel of a pair.

    Attributes
    ----------
    noisy, clean : tuple of ndarray of float32, shape (Y, X)
        The same parts of the same planes; `clean` is empty where there is none.
    numbers : tuple of int
        Of those planes, from 0.
    filled_noisy, filled_clean : tuple of float
        Share of each whole plane that held no number, and was filled.
    """

    noisy: tuple[Image, ...]
    clean: tuple[Image, ...] = ()
    numbers: tuple[int, ...] = ()
    filled_noisy: tuple[float, ...] = ()
    filled_clean: tuple[float, ...] = ()


@dataclass(frozen=True)
class Thumbnail:
    """A plane made small, to be compared with those of other pairs.

    Attributes
    ----------
    pixels : ndarray of float32, shape (Y, X)
        What it shows between noise and background, its channels side by side; of mean
        0 and norm 1.
    checksum : int
        Of the whole plane's counts, in all channels.
    """

    pixels: Image
    checksum: int


def sample_planes(noisy: Opened, clean: Opened | None, channel: int) -> Sample:
    """Read planes spread over a channel.

    Parameters
    ----------
    noisy, clean : Opened
        Of the same shape; the order of their axes may differ.
    channel : int
        Its number, from 0.

    Returns
    -------
    Sample
    """
    planes = noisy.layout.planes(noisy.layout.channels[channel])
    numbers = spread(len(planes), MOST_PLANES)
    ones, filled = _read(noisy, channel, numbers)
    if clean is None:
        part = _window(ones[0])
        return Sample(tuple(plane[part] for plane in ones), (), tuple(numbers), filled)
    others, filled_too = _read(clean, channel, numbers)
    part = _window(others[0])
    return Sample(
        tuple(plane[part] for plane in ones),
        tuple(plane[part] for plane in others),
        tuple(numbers),
        filled,
        filled_too,
    )


def thumbnail(channels: list[NDArray[Any]]) -> Thumbnail:
    """Make a thumbnail of the middle plane of each channel, side by side.

    Each channel weighs as much as it shows above its fine noise.
    """
    seen = np.concatenate([_small(counts) for counts in channels], axis=1)
    norm = float(np.linalg.norm(seen))
    pixels = np.asarray(seen / max(norm, 1e-20), np.float32)
    return Thumbnail(pixels, checksum_of(channels))


def _small(counts: NDArray[Any]) -> Image:
    """Take noise and background out of a plane, and make it small."""
    whole = finite_plane(counts)[0]
    unit = max(gaussian_sigma([whole]), LEAST_NOISE * float(np.ptp(whole)))
    plane = gaussian_filter(whole, 1.0)
    scale = min(1.0, THUMBNAIL / max(plane.shape))
    if scale < 1:
        shape = tuple(max(1, round(scale * side)) for side in plane.shape)
        plane = resize_local_mean(plane, shape, preserve_range=True)
    plane = plane - gaussian_filter(plane, max(plane.shape) / 12)
    low, high = np.percentile(plane, (0.2, 99.8))
    plane = np.clip(plane, low, high)
    shown = (plane - plane.mean()) / (unit or np.inf)  # a constant one shows nothing
    return np.asarray(shown, np.float32)


def middle_planes(image: Opened) -> list[NDArray[Any]]:
    """Read the middle plane of each channel."""
    layout = image.layout
    lines = [layout.planes(channel) for channel in layout.channels]
    middle = [planes[len(planes) // 2] for planes in lines]
    return [np.asarray(layout.read(image.data, index)) for index in middle]


def checksum_of(planes: list[NDArray[Any]]) -> int:
    """Return a checksum of counts, whatever their type."""
    found = 0
    for counts in planes:
        with np.errstate(over="ignore"):
            found = crc32(np.ascontiguousarray(counts, np.float32).tobytes(), found)
    return found


def spread(count: int, most: int) -> list[int]:
    """Return numbers of `most` of `count` things, evenly spread."""
    if count <= most:
        return list(range(count))
    return [int((k + 0.5) * count / most) for k in range(most)]


def _read(
    image: Opened, channel: int, numbers: list[int]
) -> tuple[list[Image], tuple[float, ...]]:
    """Read planes, and the share of each that held no number."""
    planes: Any = image.layout.planes(image.layout.channels[channel])
    read = [finite_plane(image.layout.read(image.data, planes[n])) for n in numbers]
    shares = (0.0 if bad is None else float(bad.mean()) for _, bad in read)
    return [plane for plane, _ in read], tuple(shares)


def _window(plane: Image) -> tuple[slice, slice]:
    """Where the most is seen of a plane that is too large to be looked at whole."""
    if max(plane.shape) <= MOST_SIDE:
        return slice(None), slice(None)
    starts = [
        range(0, max(side - MOST_SIDE, 0) + 1, MOST_SIDE // 2) for side in plane.shape
    ]
    windows = [
        (slice(y, y + MOST_SIDE), slice(x, x + MOST_SIDE))
        for y in starts[0]
        for x in starts[1]
    ]
    # Every fourth pixel tells where structure is.
    return max(windows, key=lambda part: float(plane[part][::4, ::4].std()))
