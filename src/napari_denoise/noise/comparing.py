"""Noise that was given beside noise that was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_denoise.noise.model import NoiseModel

UNLIKE = 1.25
"""So many times more, or less, is more than a measurement may be off."""


def compare_noise(given: NoiseModel, measured: NoiseModel) -> str:
    """Say how far noise that was given is from what is measured; nothing if it fits.

    Parameters
    ----------
    given, measured : NoiseModel
        Of the same channel.

    Returns
    -------
    str
        A sentence on the standard deviation at the mean brightness; empty where the
        two differ by less than a quarter.
    """
    level = measured.level
    if level is None or measured.sigma == 0:
        return ""
    ratio = float(given.std(level)) / measured.sigma
    if 1 / UNLIKE < ratio < UNLIKE:
        return ""
    found = f"σ = {measured.sigma:.3g} counts is measured at the mean brightness"
    return f"This is {ratio:.2g} times the noise of the image: {found}."
