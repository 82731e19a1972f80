"""What models make of stacks and movies: error, counts, and flicker."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.denoising import denoise
from napari_denoise.models import load_model
from napari_denoise.quality import evaluate
from napari_denoise.risk import expected_squares
from pretraining.evaluation import IDENTITY

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pretraining.series import Series

TRUTH = "clean"
"""The truth itself, in the place of a model."""
AUTOMATIC = ", automatic"
PATCH = 16
"""Side of the patches in which the background's flicker is looked at."""
BACKGROUND_SHARE = 0.1
"""The darkest tenth of the patches is background."""


@dataclass(frozen=True)
class SeriesScore:
    """Result of one model on one series.

    Attributes
    ----------
    model, test, name : str
    noise : str
        ``"known"`` or ``"estimated"``.
    psnr, ssim : float
        Against the truth; NaN where there is none.
    kept : float
        Mean of the result over the mean of the noisy series.
    flicker, background_flicker : float
        Of the means of planes, and of patches of background, in percent of the mean.
    error : float
        Root of the mean square error in counts; NaN where there is no truth.
    expected : float
        The same, as it is expected without looking at the truth; NaN for the noisy
        series.
    """

    model: str
    test: str
    name: str
    noise: str
    psnr: float
    ssim: float
    kept: float
    flicker: float
    background_flicker: float
    error: float
    expected: float


def score_series(model: str, case: Series) -> SeriesScore:
    """Denoise a series and judge the result.

    Parameters
    ----------
    model : str
        Name of a model, which looks at neighbours if it is a 3D one, and where it finds
        that they help if the name ends in `AUTOMATIC`; ``"noisy"`` for none, and
        ``"clean"`` for the truth, where there is one.
    case : Series
        What to denoise, and its truth.

    Returns
    -------
    SeriesScore
    """
    noisy = case.noisy.astype(np.float32)
    restored, expected = noisy, float("nan")
    if model == TRUTH and case.clean is not None:
        restored = case.clean.astype(np.float32)
    elif model != IDENTITY:
        run = partial(
            denoise,
            model=model.removesuffix(AUTOMATIC),
            axes=f"{case.along}YX",
            noise=case.noise,
            neighbours=_neighbours(model, case.along),
        )
        restored = run(noisy)
        rng = np.random.default_rng(7)
        squares = expected_squares(noisy, restored, run, case.noise, rng)
        expected = float(np.sqrt(max(squares.mean(), 0)))
    mean = noisy.mean(dtype=float)
    return SeriesScore(
        model=model,
        test=case.test,
        name=case.name,
        noise="estimated" if case.measured else "known",
        **_against(restored, case.clean),
        kept=restored.mean(dtype=float) / mean,
        flicker=100 * flicker(restored.mean(axis=(1, 2), dtype=float)) / mean,
        background_flicker=100 * flicker(background(restored, noisy)) / mean,
        expected=expected,
    )


def _neighbours(model: str, along: str) -> str:
    if model.endswith(AUTOMATIC):
        return "auto"
    return along if load_model(model).card.ndim == 3 else "none"


def _against(
    restored: NDArray[np.floating], clean: NDArray[np.floating] | None
) -> dict[str, float]:
    """PSNR, SSIM and error; NaN without a truth."""
    if clean is None:
        return dict.fromkeys(("psnr", "ssim", "error"), float("nan"))
    found = evaluate(restored, clean)
    error = found.nrmse * found.data_range
    return {"psnr": found.psnr, "ssim": found.ssim, "error": error}


def flicker(values: NDArray[np.floating]) -> float:
    """How much values vary from plane to plane, beyond what changes steadily.

    Parameters
    ----------
    values : ndarray of float, shape (planes, ...)
        Of any number of things.

    Returns
    -------
    float
        Standard deviation of independent variations: the second differences of such
        have six times the variance.
    """
    return float(np.sqrt(np.mean(np.diff(values, n=2, axis=0) ** 2) / 6))


def background(
    planes: NDArray[np.floating], noisy: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Means of the patches in which the noisy series, over all planes, is darkest.

    Parameters
    ----------
    planes, noisy : ndarray of float, shape (planes, Y, X)
        What is averaged, and where darkness is looked for.

    Returns
    -------
    ndarray of float, shape (planes, patches)
    """
    level = _patch_means(noisy).mean(axis=0)
    is_dark = level <= np.quantile(level, BACKGROUND_SHARE)
    return _patch_means(planes)[:, is_dark]


def _patch_means(planes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Shape (planes, patches)."""
    depth, height, width = planes.shape
    rows, columns = height // PATCH, width // PATCH
    cut = planes[:, : rows * PATCH, : columns * PATCH]
    blocks = cut.reshape(depth, rows, PATCH, columns, PATCH)
    return np.asarray(blocks.mean(axis=(2, 4), dtype=float).reshape(depth, -1))


def write_series_scores(scores: list[SeriesScore], path: Path) -> None:
    """Write scores as CSV, sorted, and rounded to what is meaningful."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(SeriesScore)])
        writer.writeheader()
        for s in sorted(scores, key=lambda s: (s.model, s.test, s.name, s.noise)):
            row: dict[str, Any] = asdict(s)
            writer.writerow(
                {
                    k: float(f"{v:.5g}") if isinstance(v, float) else v
                    for k, v in row.items()
                }
            )
