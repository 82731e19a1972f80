"""Whether the frames of a stack repeat one field, with new noise in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_denoise.noise import finite_plane
from napari_denoise.noise.simulation import blur_noise
from napari_denoise.training.check import sentences
from napari_denoise.training.check.findings import Finding
from napari_denoise.training.check.samples import spread
from napari_denoise.training.match import farthest_shift
from napari_denoise.training.registration import register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel
    from napari_denoise.training.check.findings import Level
    from napari_denoise.training.pairs import Opened

    Image = NDArray[np.float32]

MOST_FRAMES = 8
MOVING, MOVING_FAR = 0.5, 1.5
"""Pixels between frames that are warned of, and refused."""
CERTAIN = 4.0
"""Standard errors by which frames must have moved."""
DRIFT = 0.1
"""Change of brightness above the dark level that is warned of."""
WIDTH = 2.0
"""Width in pixels of the Gaussian after which frames are compared."""
CHANGED, MUCH_CHANGED = 0.3, 1.0
"""Change between frames at that scale, in variances of the noise."""
OF_SIGNAL = 0.02
"""Change between frames, in variances of the signal, below which it does no harm."""


def check_frames(
    name: str, image: Opened, channel: int, noise: NoiseModel, words: str
) -> Iterator[Finding]:
    """Compare frames that are spread over the time of a channel.

    Parameters
    ----------
    name : str
        Of the pair.
    image : Opened
        With at least two frames along T.
    channel : int
        Its number, from 0.
    noise : NoiseModel
        Of the frames.
    words : str
        To be said after the name where there are several channels, else empty.

    Yields
    ------
    Finding
    """
    frames, neighbours = _read(image, channel)
    same = [np.array_equal(a, b) for a, b in zip(frames, neighbours, strict=True)]
    if any(same):
        share = f"{100 * np.mean(same):.0f} %"
        said = sentences.FRAMES_IDENTICAL.format(share=share, name=name, channel=words)
        yield Finding(name, "same frames", "refused", said)
        return
    yield from _moving(name, frames, words)
    yield from _drift(name, frames, noise, words)
    yield from _changing(name, frames, noise, words)


def _read(image: Opened, channel: int) -> tuple[list[Image], list[Image]]:
    """Frames spread over time, and the one after each (before, for the last)."""
    layout = image.layout
    lines = layout.lines(layout.channels[channel], "T")
    line = lines[len(lines) // 2]
    last = len(line) - 1
    numbers = sorted({0, last, *spread(len(line), MOST_FRAMES - 2)})
    others = [n + 1 if n < last else n - 1 for n in numbers]
    one, other = (
        [finite_plane(layout.read(image.data, line[n]))[0] for n in chosen]
        for chosen in (numbers, others)
    )
    return one, other


def _moving(name: str, frames: list[Image], words: str) -> Iterator[Finding]:
    """Register each frame to the mean of all others."""
    total = np.sum(frames, axis=0)
    shifts, errors = [], []
    for frame in frames:
        others = np.asarray((total - frame) / (len(frames) - 1), np.float32)
        found = register([frame], [others], farthest_shift(frame.shape))
        if found.found:
            shifts.append(found.shift)
            errors.append(found.uncertainty)
    if len(shifts) < 2:
        return
    moved = np.hypot(*(np.array(shifts) - np.median(shifts, axis=0)).T)
    certain = moved > CERTAIN * np.array(errors) * 2**0.5
    distance = float(moved[certain].max(initial=0.0))
    if distance > MOVING:
        yield moving_frames(name, distance, words)


def moving_frames(name: str, distance: float, words: str) -> Finding:
    """Say that frames move by so many pixels."""
    far = distance > MOVING_FAR
    said = sentences.FRAMES_MOVE.format(
        name=name, channel=words, distance=distance, advice=_advice(far=far)
    )
    return Finding(name, "moving frames", "refused" if far else "warning", said)


def _drift(
    name: str, frames: list[Image], noise: NoiseModel, words: str
) -> Iterator[Finding]:
    dark = noise.offset if noise.gain > 0 else float(np.percentile(frames[0], 1))
    means = [float(frame.mean()) - dark for frame in frames]
    if means[0] <= 0:
        return
    change = means[-1] / means[0] - 1
    if abs(change) > DRIFT:
        said = sentences.FRAMES_DRIFT.format(
            name=name,
            channel=words,
            word="dimmer" if change < 0 else "brighter",
            share=f"{100 * abs(change):.0f} %",
        )
        yield Finding(name, "drift", "note", said)


def _changing(
    name: str, frames: list[Image], noise: NoiseModel, words: str
) -> Iterator[Finding]:
    """Compare frames that are far apart, at a scale at which noise is weak."""
    half = len(frames) // 2
    excess = np.mean(
        [
            _excess(one, other, noise)
            for one, other in zip(frames[:half], frames[-half:], strict=True)
        ],
        axis=0,
    )
    of_noise, of_signal = (float(number) for number in excess)
    if of_noise > CHANGED and of_signal > OF_SIGNAL:
        much = of_noise > MUCH_CHANGED and of_signal > 3 * OF_SIGNAL
        level: Level = "refused" if much else "warning"
        said = sentences.NO_REPEATS.format(
            name=name, channel=words, advice=_advice(far=much)
        )
        yield Finding(name, "movie", level, said)


def _excess(one: Image, other: Image, noise: NoiseModel) -> tuple[float, float]:
    """Variance of the change beyond noise, in variances of noise and of signal."""
    a, b = (gaussian_filter(frame, WIDTH) for frame in (one, other))
    b = (b - b.mean()) * (float(a.std()) / max(float(b.std()), 1e-20)) + a.mean()
    mean = (a + b) / 2
    expected = 2 * float(np.mean(noise.std(mean) ** 2)) * _passed(noise)
    excess = float(np.mean((a - b) ** 2)) - expected
    signal = max(float(mean.var()) - expected / 4, 1e-20)
    return excess / max(expected, 1e-20), excess / (2 * signal)


def _passed(noise: NoiseModel) -> float:
    """Share of the noise's variance that the Gaussian lets through."""
    side = 8 * int(4 * WIDTH) + 1
    impulse = np.zeros((side, side), np.float64)
    impulse[side // 2, side // 2] = 1
    if noise.correlation_length > 0:
        impulse = blur_noise(impulse, noise.correlation_length / 2)
    return float(np.sum(gaussian_filter(impulse, WIDTH) ** 2))


def _advice(*, far: bool) -> str:
    return sentences.FRAMES_REFUSE if far else sentences.FRAMES_WARN
