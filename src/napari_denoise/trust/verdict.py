"""What is said of a result without a reference, and in which numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.trust.residual import (
    intensity_kept,
    residual_of,
    signal_correlation,
    stabilised_mean,
    whiteness,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_denoise.trust.examination import Examination
    from napari_denoise.trust.excerpts import Excerpt
    from napari_denoise.trust.prediction import Expectation

SURE = 1.0
"""More decibels of uncertainty are told in words."""

UNSURE = (
    "The predicted error is uncertain by {db:.1f} dB: the image is small, or the noise "
    "large against what the model leaves of it."
)


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What can be said of a result without a reference.

    Attributes
    ----------
    model : str or None
        Its name, where it was told.
    predicted_psnr : float or None
        Peak signal-to-noise ratio in dB that is to be expected, for `data_range`. This
        and the next three are None where they cannot be known; `warnings` says why.
    predicted_gain : float or None
        The same less that of the noisy image, in dB.
    predicted_rmse : float or None
        Root-mean-square error in counts that is to be expected.
    uncertainty : float or None
        Standard error of the three, in dB.
    data_range : float
        255 for uint8 images, else maximum minus minimum of the result, which stands in
        for the clean image of `evaluate`; or as it was given.
    whiteness : float or None
        1 where the residual's autocorrelation is that of the noise; see
        :func:`~napari_denoise.trust.residual.whiteness`. None, as the next two, without
        noise.
    signal_correlation : float or None
        Of the residual with the result; 0 where no signal was taken out.
    intensity_kept : float or None
        Counts of the result over those of the noisy image, above the dark level.
    resolution : float or None
        Finest period, in pixels, at which the model agrees with the truth, by Fourier
        ring correlation. None also without a model, where nothing agrees, and in
        rankings.
    disagreement : float or None
        Root mean square, in counts, of the spread over the eight flips and rotations.
        It tells where a model is undecided, not how wrong it is. None also without a
        model and in rankings.
    warnings : tuple of str
        What cannot be known, and why.
    """

    model: str | None
    predicted_psnr: float | None = None
    predicted_gain: float | None = None
    predicted_rmse: float | None = None
    uncertainty: float | None = None
    data_range: float
    whiteness: float | None = None
    signal_correlation: float | None = None
    intensity_kept: float | None = None
    resolution: float | None = None
    disagreement: float | None = None
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings: for ``--json``."""
        return {**asdict(self), "warnings": list(self.warnings)}


def compare(
    excerpts: Sequence[Excerpt], cores: Sequence[NDArray[np.floating]]
) -> dict[str, Any]:
    """Compare results with the noisy image, where nothing has to be tried.

    Parameters
    ----------
    excerpts : sequence of Excerpt
        Parts of the noisy image.
    cores : sequence of ndarray of float, shape (Y, X)
        What was made of their cores, in counts.

    Returns
    -------
    dict
        `whiteness`, `signal_correlation` and `intensity_kept` of an `Assessment`: means
        over the excerpts.
    """
    found = []
    for excerpt, core in zip(excerpts, cores, strict=True):
        noisy, noise = excerpt.plane[excerpt.core], excerpt.noise
        residual = residual_of(noisy, core, noise)
        found.append(
            (
                whiteness(residual, noise.correlation_length),
                signal_correlation(residual, stabilised_mean(core, noise)),
                intensity_kept(noisy, core, noise),
            )
        )
    names = ("whiteness", "signal_correlation", "intensity_kept")
    known = [
        [n for n in numbers if n is not None] for numbers in zip(*found, strict=True)
    ]
    return {
        name: float(np.mean(numbers))
        for name, numbers in zip(names, known, strict=False)
        if numbers
    }


def predicted_fields(
    seen: Examination, expected: Expectation, peak: float
) -> dict[str, Any]:
    """Say an expected error in the terms of an `Assessment`.

    Parameters
    ----------
    seen : Examination
        Of the noisy image.
    expected : Expectation
        Mean square error.
    peak : float
        Of the PSNR, in counts.

    Returns
    -------
    dict
        The four predicted numbers, or none of them, and `warnings`.
    """
    if seen.doubt:
        return {"warnings": (seen.doubt,)}
    fields: dict[str, Any] = {
        "predicted_psnr": float(10 * np.log10(peak**2 / expected.square)),
        "predicted_gain": float(
            10 * np.log10(seen.judge.noise_square / expected.square)
        ),
        "predicted_rmse": expected.square**0.5,
        "uncertainty": expected.decibels,
    }
    if expected.decibels > SURE:
        fields["warnings"] = (UNSURE.format(db=expected.decibels),)
    return fields


def span_of(seen: Examination, cores: Sequence[NDArray[Any]]) -> float:
    """Peak for the PSNR of results, as `evaluate` would take it from a clean image.

    Parameters
    ----------
    seen : Examination
        Of the noisy image.
    cores : sequence of ndarray
        Results, in counts.

    Returns
    -------
    float
        255 for uint8 images, else the span of the results; 1 where they are even.
    """
    if seen.source.dtype == np.uint8:
        return 255.0
    low, high = (float(f([f(core) for core in cores])) for f in (np.min, np.max))
    return high - low if high > low else 1.0
