"""The noise of one channel of a noisy image: as it is given, and as it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.errors import NoiseError
from napari_denoise.noise import (
    Measure,
    NoiseModel,
    compare_noise,
    gaussian_sigma,
    measure_channel,
)
from napari_denoise.training.check import sentences
from napari_denoise.training.check.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_denoise.training.pairs import Opened

HARDLY_ANY = 1e-3
"""Of the range of an image without noise: what else is wrong is said as if it had
so much."""


@dataclass(frozen=True)
class ChannelNoise:
    """What is known of the noise of one channel.

    Attributes
    ----------
    model : NoiseModel or None
        What it is trained with; None where there is none.
    judged_by : NoiseModel
        What the pair is checked with. Numbers that do not fit the image would make
        right pairs look wrong: then it is what was measured.
    findings : tuple of Finding
    """

    model: NoiseModel | None
    judged_by: NoiseModel
    findings: tuple[Finding, ...] = ()


def channel_noise(
    name: str,
    words: str,
    noisy: Opened,
    channel: int,
    planes: Sequence[NDArray[np.float32]],
    given: list[NoiseModel | Measure] | None,
) -> ChannelNoise:
    """Find out how noisy a channel is.

    Parameters
    ----------
    name, words : str
        Of the pair; to be said after it where there are several channels, else empty.
    noisy : Opened
        Its image.
    channel : int
        From 0.
    planes : sequence of ndarray, shape (Y, X)
        Of the noisy image, that were sampled.
    given : list of NoiseModel or Measure, or None
        For each channel; None where noise is not modelled.

    Returns
    -------
    ChannelNoise
    """
    if given is None:
        guess = NoiseModel.gaussian(max(gaussian_sigma(planes), 1e-12))
        return ChannelNoise(guess, guess)
    asked = given[channel]
    try:
        wanted = Measure() if isinstance(asked, NoiseModel) else asked
        layout = noisy.layout
        measured = measure_channel(noisy.data, layout, layout.channels[channel], wanted)
    except NoiseError as error:
        if isinstance(asked, NoiseModel):
            return ChannelNoise(asked, asked)
        said = sentences.BAD_NOISE.format(name=name, error=error)
        return _none(name, planes, said)
    if isinstance(asked, NoiseModel):
        return _compared(name, words, asked, measured)
    if measured.kind == "none":
        return _none(name, planes, sentences.NO_NOISE.format(name=name, channel=words))
    return ChannelNoise(measured, measured)


def _compared(
    name: str, words: str, given: NoiseModel, measured: NoiseModel
) -> ChannelNoise:
    difference = compare_noise(given, measured)
    if not difference:
        return ChannelNoise(given, given)
    said = sentences.OTHER_NOISE.format(name=name, channel=words, difference=difference)
    doubt = Finding(name, "noise given", "warning", said)
    return ChannelNoise(given, measured, (doubt,))


def _none(name: str, planes: Sequence[NDArray[np.float32]], said: str) -> ChannelNoise:
    hardly = NoiseModel.gaussian(HARDLY_ANY * (float(np.ptp(planes)) or 1.0))
    return ChannelNoise(None, hardly, (Finding(name, "noise", "refused", said),))
