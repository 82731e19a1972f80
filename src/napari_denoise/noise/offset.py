"""The camera's offset, known: what was measured is told apart with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_denoise.noise import remarks

if TYPE_CHECKING:
    from napari_denoise.noise.model import NoiseModel

NEGATIVE = 0.1
"""Read variance may come out below 0 by this share of the variance at the mean."""


def with_offset(model: NoiseModel, offset: float) -> NoiseModel:
    """Give a measured model its true offset; the line stays, read noise changes.

    ``read² = intercept + gain · offset``, of the line
    ``variance = gain · mean + intercept``.

    Parameters
    ----------
    model : NoiseModel
        As it was measured, with an assumed offset.
    offset : float
        What the camera gives in the dark, in image counts.

    Returns
    -------
    NoiseModel
        Where the read noise would be less than none it is 0, and a warning says so;
        another says that the image is darker than the offset.
    """
    variance = model.read_std**2 + model.gain * (offset - model.offset)
    warnings = list(model.warnings)
    if variance < -NEGATIVE * model.sigma**2:
        least = offset - variance / model.gain
        text = remarks.OFFSET_TOO_LOW
        warnings.append(text.format(offset=offset, least=least))
    known = replace(
        model,
        offset=offset,
        read_std=max(variance, 0.0) ** 0.5,
        offset_assumed=False,
    )
    if model.fit is not None:
        darkest = float(model.fit.means.min())
        if darkest + known.std(darkest) < offset:
            text = remarks.OFFSET_TOO_HIGH
            warnings.append(text.format(darkest=darkest, offset=offset))
    return replace(known, warnings=tuple(warnings))
