"""Honest numbers: every model on every test set, image by image."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from skimage.io import imread

from napari_denoise.denoising import denoise_steps, run_to_end
from napari_denoise.files import read_tiff
from napari_denoise.quality import evaluate
from napari_denoise.samples import PAIRS, pair_paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SIGMAS = (15, 25, 50)
IDENTITY = "noisy"
"""The noisy image itself, in the place of a model."""


@dataclass(frozen=True)
class Case:
    """One image to be denoised.

    Attributes
    ----------
    test : str
        Name of the test set.
    image : str
    noisy, clean : ndarray
    noise : str or float
        Option of `denoise`.
    """

    test: str
    image: str
    noisy: NDArray[Any]
    clean: NDArray[Any]
    noise: str | float = "auto"


@dataclass(frozen=True)
class Score:
    """Result of one model on one image, PSNR in dB."""

    model: str
    test: str
    noise: str
    image: str
    psnr: float
    psnr_affine: float
    ssim: float


def cases(data: Path) -> Iterator[Case]:
    """All test images; `data` holds ``dev/set12``, ``dev/fmd`` and ``dev/w2s``.

    Parameters
    ----------
    data : Path
        Folder that holds ``dev/``.

    Yields
    ------
    Case
    """
    rng = np.random.default_rng(0)
    for path in sorted((data / "dev/set12").glob("*.png")):
        clean = imread(path)
        unit = rng.standard_normal(clean.shape)
        for sigma in SIGMAS:
            noisy = (clean + sigma * unit).astype(np.float32)
            for noise in (float(sigma), "auto"):
                yield Case(f"set12_{sigma}", path.stem, noisy, clean, noise)
    for name in ("fmd", "w2s"):
        for path in sorted((data / "dev" / name / "noisy").iterdir()):
            partner = path.parents[1] / "clean" / path.name
            yield Case(name, path.stem, imread(path), imread(partner))
    for title, stem in PAIRS.items():
        low, high = (read_tiff(path).data for path in pair_paths(stem))
        yield Case("samples", title, low, high)


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
    restored = case.noisy if model == IDENTITY else _denoise(model, case)
    plain = evaluate(restored, case.clean)
    fitted = evaluate(restored, case.clean, affine=True)
    noise = "known" if isinstance(case.noise, float) else "estimated"
    return Score(
        model, case.test, noise, case.image, plain.psnr, fitted.psnr, plain.ssim
    )


def _denoise(model: str, case: Case) -> NDArray[Any]:
    steps = denoise_steps(case.noisy, model, noise=case.noise)
    restored: NDArray[Any] = run_to_end(steps).data
    return restored


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
        ``set12_25`` with the noise known, ``set12_25_auto`` with it estimated,
        ``fmd`` plain, ``w2s`` and ``samples`` after an affine fit.
    """
    groups: dict[str, list[float]] = {}
    for s in (s for s in scores if s.model == model):
        is_known = s.noise == "known"
        key = s.test if is_known or "set12" not in s.test else f"{s.test}_auto"
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
            )
            for row in csv.DictReader(file)
        ]


def write_scores(scores: list[Score], path: Path) -> None:
    """Write scores as CSV, rounded to what is meaningful."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Score)])
        writer.writeheader()
        for s in scores:
            row = asdict(s)
            writer.writerow(
                {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
            )
