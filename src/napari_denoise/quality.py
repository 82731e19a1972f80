"""How good a result is, against a clean reference."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import ImageError, OptionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Metrics:
    """Agreement of an image with its clean reference.

    Attributes
    ----------
    psnr : float
        Peak signal-to-noise ratio in dB, ``10·log10(data_range² / MSE)``; infinite
        for identical images.
    ssim : float
        Structural similarity (Wang et al., IEEE TIP 13:600, 2004), Gaussian weights
        of σ = 1.5 pixels; mean over planes. NaN for planes under 11 pixels a side.
    nrmse : float
        Root-mean-square error divided by `data_range`.
    data_range : float
        255 for uint8 references, else maximum minus minimum of the reference.
    scale, shift : float
        The image was taken as ``scale · image + shift``; 1 and 0 without a fit.
    """

    psnr: float
    ssim: float
    nrmse: float
    data_range: float
    scale: float
    shift: float

    def to_dict(self) -> dict[str, float]:
        """Plain numbers: for ``--json``."""
        return asdict(self)


def evaluate(
    image: ArrayLike,
    clean: ArrayLike,
    *,
    affine: bool = False,
    data_range: float | None = None,
) -> Metrics:
    """Compare an image with a clean reference.

    Parameters
    ----------
    image, clean : array-like, same shape (..., Y, X)
        Leading axes are stacks of planes.
    affine : bool
        Fit ``scale · image + shift`` to the reference by least squares first, where
        the two were scaled differently.
    data_range : float, optional
        Peak of the PSNR; see :class:`Metrics` for the default.

    Returns
    -------
    Metrics

    Raises
    ------
    ImageError
        If the shapes differ, or are no images of finite real numbers.
    OptionError
        If `data_range` is no positive number.
    """
    reference = np.asarray(clean)
    tested = np.asarray(image)
    if tested.shape != reference.shape:
        raise ImageError(
            f"The image's shape {tested.shape} differs from the reference's "
            f"{reference.shape}: compare images of the same field."
        )
    if tested.ndim < 2 or tested.size == 0:
        raise ImageError("Images to compare need at least two axes and one pixel.")
    if tested.dtype.kind not in "iuf" or reference.dtype.kind not in "iuf":
        raise ImageError(
            f"Images of type {tested.dtype} and {reference.dtype} cannot be compared: "
            "they need real numbers."
        )
    if not (np.isfinite(tested).all() and np.isfinite(reference).all()):
        raise ImageError("Images with NaN or infinite pixels cannot be compared.")
    if data_range is None:
        data_range = _default_range(reference)
    is_number = isinstance(data_range, Real) and not isinstance(data_range, bool)
    if not (is_number and 0 < data_range < math.inf):
        raise OptionError(
            f"data_range={data_range!r} does not work: give a positive number, such as "
            "the largest value that a pixel can have."
        )
    truth, guess = reference.astype(np.float64), tested.astype(np.float64)
    scale, shift = _affine_fit(guess, truth) if affine else (1.0, 0.0)
    guess = scale * guess + shift
    error = float(np.mean((guess - truth) ** 2))
    with np.errstate(divide="ignore"):
        psnr = float(10 * np.log10(np.float64(data_range) ** 2 / error))
    return Metrics(
        psnr=psnr,
        ssim=_mean_ssim(guess, truth, data_range),
        nrmse=error**0.5 / data_range,
        data_range=float(data_range),
        scale=scale,
        shift=shift,
    )


def _default_range(reference: NDArray[Any]) -> float:
    if reference.dtype == np.uint8:
        return 255.0
    span = float(np.max(reference)) - float(np.min(reference))
    return span if span > 0 else 1.0


def _affine_fit(
    guess: NDArray[np.float64], truth: NDArray[np.float64]
) -> tuple[float, float]:
    variance = float(np.var(guess))
    if variance == 0:
        return 1.0, float(truth.mean() - guess.mean())
    covariance = float(np.mean((guess - guess.mean()) * (truth - truth.mean())))
    scale = covariance / variance
    return scale, float(truth.mean() - scale * guess.mean())


def _mean_ssim(
    guess: NDArray[np.float64], truth: NDArray[np.float64], data_range: float
) -> float:
    from skimage.metrics import structural_similarity

    planes = (-1, *truth.shape[-2:])
    if min(truth.shape[-2:]) < 11:
        return float("nan")
    pairs = zip(guess.reshape(planes), truth.reshape(planes), strict=True)
    values = [
        structural_similarity(
            a,
            b,
            data_range=data_range,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for a, b in pairs
    ]
    return float(np.mean(values))
