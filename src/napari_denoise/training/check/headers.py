"""What can be said of a pair before a pixel of it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_denoise.errors import DenoiseError, FileError
from napari_denoise.training.check import sentences
from napari_denoise.training.check.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_denoise.axes import Layout
    from napari_denoise.training.pairs import Opened, Pair

LEAST_SIDE = 32
"""Shortest side, in pixels, that is of use."""


def check_header(
    pair: Pair, channels: int | None, *, frames: bool
) -> tuple[Layout | None, list[Finding]]:
    """Open both images of a pair, and compare what their headers say.

    Parameters
    ----------
    pair : Pair
        To be checked.
    channels : int or None
        How many the first pair has.
    frames : bool
        Whether the images are to be repeated frames.

    Returns
    -------
    layout : Layout or None
        Of the noisy image; None where it or the clean one cannot be opened.
    findings : list of Finding
    """
    try:
        noisy = pair.noisy.open()
        clean = None if pair.clean is None else pair.clean.open()
    except DenoiseError as error:
        return None, [unreadable(pair.name, error)]
    found = list(_of_one(pair.name, noisy, channels, frames=frames))
    if clean is not None:
        found += _of_both(pair.name, noisy, clean)
    return noisy.layout, found


def unreadable(name: str, error: DenoiseError) -> Finding:
    """Say that a pair cannot be read, and what to do where its file is at fault."""
    said = sentences.UNREADABLE.format(name=name, error=error)
    if isinstance(error, FileError):
        said = f"{said} {sentences.EXPORT}"
    return Finding(name, "unreadable", "refused", said)


def _of_one(
    name: str, noisy: Opened, channels: int | None, *, frames: bool
) -> Iterator[Finding]:
    layout = noisy.layout
    height, width = layout.plane_shape
    if min(height, width) < LEAST_SIDE:
        said = sentences.SMALL.format(
            name=name, height=height, width=width, least=LEAST_SIDE
        )
        yield Finding(name, "small", "refused", said)
    if channels is not None and len(layout.channels) != channels:
        said = sentences.CHANNELS.format(
            name=name, channels=_count(len(layout.channels)), first=_count(channels)
        )
        yield Finding(name, "channels", "refused", said)
    if frames and layout.size("T") < 2:
        said = sentences.NO_FRAMES.format(name=name, frames=layout.size("T"))
        yield Finding(name, "frames", "refused", said)


def _of_both(name: str, noisy: Opened, clean: Opened) -> Iterator[Finding]:
    if any(noisy.layout.size(a) != clean.layout.size(a) for a in "TCZYXS"):
        said = sentences.SHAPES.format(
            name=name, noisy=_size(noisy.layout), clean=_size(clean.layout)
        )
        yield Finding(name, "shape", "refused", said)
    if noisy.data.dtype != clean.data.dtype:
        said = sentences.DTYPES.format(
            name=name, noisy=noisy.data.dtype.name, clean=clean.data.dtype.name
        )
        yield Finding(name, "dtype", "note", said)


def _size(layout: Layout) -> str:
    return f"{' × '.join(map(str, layout.shape))} ({layout.axes})"


def _count(channels: int) -> str:
    return "1 channel" if channels == 1 else f"{channels} channels"
