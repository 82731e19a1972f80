"""Honest numbers: every model on every test set, image by image."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.denoising import denoise_steps, run_to_end
from napari_denoise.quality import evaluate

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pretraining.cases import Case

IDENTITY = "noisy"
"""The noisy image itself, in the place of a model."""
REAL_ALONE = ("fmd", "w2s", "samples")
"""Test sets whose noise nobody knows."""
STRUCTURE = "structure_"
"""Test sets of drawn structures, judged by the counts that are kept."""


@dataclass(frozen=True)
class Score:
    """Result of one model on one image.

    Attributes
    ----------
    model, test, image : str
    noise : str
        ``"known"`` or ``"estimated"``.
    psnr, psnr_affine : float
        In dB, plain and after an affine fit.
    ssim : float
    kept, in_place : float
        Share of the structure's counts that the whole image keeps, and that is found
        where the structure is; NaN where none is counted.
    """

    model: str
    test: str
    noise: str
    image: str
    psnr: float
    psnr_affine: float
    ssim: float
    kept: float
    in_place: float


def score(model: str, case: Case) -> Score:
    """Denoise one image and compare it with its reference.

    Parameters
    ----------
    model : str
        Name of a model, or ``"noisy"`` for none.
    case : Case
        The image, its reference and what is told of its noise.

    Returns
    -------
    Score
    """
    restored = case.noisy
    if model != IDENTITY:
        restored = run_to_end(denoise_steps(case.noisy, model, noise=case.noise)).data
    plain = evaluate(restored, case.clean)
    fitted = evaluate(restored, case.clean, affine=True)
    return Score(
        model,
        case.test,
        "estimated" if case.noise == "auto" else "known",
        case.image,
        plain.psnr,
        fitted.psnr,
        plain.ssim,
        *counts_kept(restored, case),
    )


def counts_kept(restored: NDArray[Any], case: Case) -> tuple[float, float]:
    """Share of a structure's counts that a result keeps.

    Parameters
    ----------
    restored : ndarray, shape (Y, X)
        Result for the case's noisy image.
    case : Case
        Says where the structure is.

    Returns
    -------
    kept, in_place : float
        In the whole image, and where the structure is, both against what the noisy
        image holds. NaN where the case has no structure.

    Notes
    -----
    Nothing but the noisy image tells how many photons there were, so a denoiser cannot
    know the luck of the draw; the truth itself, which does, scores between 0.86 and
    1.20 for the whole of few spots. The posterior mean keeps the whole; of what the
    noise leaves in doubt it moves a part from where it is to where it might be.
    """
    if case.counted is None:
        return float("nan"), float("nan")
    change = np.subtract(restored, case.noisy, dtype=np.float64)
    structure = np.subtract(case.clean, case.background, dtype=np.float64)
    kept, in_place = (
        1 + change[where].sum() / structure[where].sum()
        for where in (np.ones_like(case.counted), case.counted)
    )
    return float(kept), float(in_place)


def means(scores: list[Score], model: str) -> dict[str, float]:
    """Mean PSNR of a model by test set, for its card.

    Parameters
    ----------
    scores : list of Score
        Of any models and test sets.
    model : str
        Name of the model.

    Returns
    -------
    dict of str to float
        ``set12_25`` with the noise known, ``set12_25_auto`` with it estimated, and so
        on; drawn structures are left out; ``fmd`` plain, ``w2s`` and ``samples`` after
        an affine fit.
    """
    groups: dict[str, list[float]] = {}
    for s in scores:
        if s.model != model or s.test.startswith(STRUCTURE):
            continue
        is_usual = s.noise == "known" or s.test in REAL_ALONE
        key = s.test if is_usual else f"{s.test}_auto"
        fitted = s.test in ("w2s", "samples")
        groups.setdefault(key, []).append(s.psnr_affine if fitted else s.psnr)
    return {key: round(float(np.mean(v)), 2) for key, v in groups.items()}


def read_scores(path: Path) -> list[Score]:
    """Read scores from CSV; none if there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Score(
                row["model"],
                row["test"],
                row["noise"],
                row["image"],
                float(row["psnr"]),
                float(row["psnr_affine"]),
                float(row["ssim"]),
                float(row["kept"]),
                float(row["in_place"]),
            )
            for row in csv.DictReader(file)
        ]


def write_scores(scores: list[Score], path: Path) -> None:
    """Write scores as CSV, sorted, and rounded to what is meaningful."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Score)])
        writer.writeheader()
        for s in sorted(scores, key=_place):
            row = asdict(s)
            writer.writerow(
                {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
            )


def _place(score: Score) -> tuple[str, ...]:
    return score.model, score.test, score.image, score.noise
