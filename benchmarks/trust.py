"""How far predicted errors and rankings can be believed: ``trust.csv``, ``trust.md``.

Noise is drawn on images that no bundled network was trained on. Usage::

    python benchmarks/trust.py DATA [PART ...]

DATA holds ``dev/set12`` and ``dev/fmd``; parts are those of PARTS, by default all. Rows
of a part replace those of an earlier run.
"""

from __future__ import annotations

import argparse
import csv
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.stats import pearsonr, spearmanr
from skimage.io import imread

from napari_denoise import NoiseModel, denoise, load_model, rank_models
from napari_denoise.files import read_tiff
from napari_denoise.noise import simulate
from napari_denoise.samples import PAIRS, pair_paths
from napari_denoise.treatment import make_engine
from napari_denoise.trust.examination import Examination
from napari_denoise.trust.excerpts import block_means
from napari_denoise.trust.turning import spread_over_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    Row = dict[str, Any]

LEVELS = [
    *(("sigma", level) for level in (15, 25, 50)),
    *(("photons", level) for level in (1, 2, 5, 10, 30, 100)),
]
DETECTOR = {"gain": 2.0, "offset": 100.0, "read_std": 1.0}
DIMMEST = 0.02
WIDTHS = (0.0, 0.3, 0.4, 0.5, 0.7, 1.0)
"""Blur of correlated noise, in pixels."""
CROP = 256
TABLE = Path(__file__).with_suffix(".csv")


def images(data: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Clean images between 0 and 1, by turns of the three kinds."""
    natural = sorted((data / "dev/set12").glob("*.png"))
    confocal = sorted((data / "dev/fmd/clean").iterdir())
    stems = list(PAIRS.items())
    for number in range(5):
        yield (
            f"set12 {natural[-1 - 2 * number].stem}",
            unit(imread(natural[-1 - 2 * number])),
        )
        title, stem = stems[number]
        pixels = read_tiff(pair_paths(stem)[1]).data
        yield f"sample {title}", unit(gaussian_filter(pixels.astype(float), 1.0))
        pixels = imread(confocal[number]).astype(float)
        yield f"fmd {confocal[number].stem}", unit(gaussian_filter(pixels, 0.7))


def unit(image: np.ndarray) -> np.ndarray:
    """Bring an image to the range 0 to 1."""
    return (image - float(image.min())) / float(np.ptp(image))


def middle(image: np.ndarray) -> np.ndarray:
    """Cut the middle of an image."""
    y, x = (max(0, side - CROP) // 2 for side in image.shape)
    return image[y : y + CROP, x : x + CROP]


def draw(
    relative: np.ndarray, kind: str, level: float, width: float = 0.0
) -> tuple[np.ndarray, np.ndarray, NoiseModel]:
    """Draw noise: noisy image, clean image and noise model, all in counts."""
    rng = np.random.default_rng([int(level), len(kind), int(100 * width)])
    if kind == "sigma":
        noise = NoiseModel(read_std=float(level), correlation_length=2 * width)
        clean = 255 * relative
    else:
        noise = NoiseModel(**DETECTOR, correlation_length=2 * width)
        brightness = DIMMEST + (1 - DIMMEST) * relative
        clean = noise.offset + noise.gain * level * brightness
    return simulate(clean, noise, rng), clean, noise


def predict_part(data: Path) -> Iterator[Row]:
    """Judge the default network on whole images, noise known and measured."""
    for (name, image), (kind, level) in product(list(images(data))[:8], LEVELS):
        noisy, clean, noise = draw(image, kind, level)
        for told, option in (("known", noise), ("measured", "auto")):
            yield {
                "part": "predict",
                "image": name,
                "kind": kind,
                "level": level,
                "noise": told,
                **judged(noisy, clean, option),
            }


def correlate_part(data: Path) -> Iterator[Row]:
    """Judge it where noise is correlated between pixels, on crops."""
    chosen = list(images(data))[:4]
    levels = (("sigma", 25), ("photons", 30))
    for (name, image), (kind, level), width in product(chosen, levels, WIDTHS):
        noisy, clean, noise = draw(middle(image), kind, level, width)
        for told, option in (("known", noise), ("measured", "auto")):
            yield {
                "part": "correlate",
                "image": name,
                "kind": kind,
                "level": level,
                "width": width,
                "noise": told,
                **judged(noisy, clean, option),
            }


def judged(noisy: np.ndarray, clean: np.ndarray, noise: Any) -> Row:
    """Predicted and true error of the default network."""
    seen = Examination(noisy, noise, None, "cpu", lambda: False)
    seen.look(1 << 18)
    result = denoise(noisy, noise=noise).astype(float)
    true = float(np.mean((result - clean) ** 2))
    row = {"model": "unet", "true": true, "doubt": bool(seen.doubt)}
    if seen.excerpts:
        row["predicted"] = seen.judge.own.square
        row["decibels"] = seen.judge.own.decibels
        row["left"] = seen.left_correlation
    row["range"] = 20 * np.log10(np.ptp(result) / np.ptp(clean))
    return row


def rank_part(data: Path) -> Iterator[Row]:
    """All models, on crops."""
    for (name, image), (kind, level) in product(list(images(data))[:5], LEVELS):
        noisy, clean, noise = draw(middle(image), kind, level)
        for told, option in (("known", noise), ("measured", "auto")):
            order = rank_models(noisy, noise=option)
            for place, found in enumerate(order):
                result = denoise(noisy, found.model, noise=option)
                yield {
                    "part": "rank",
                    "image": name,
                    "kind": kind,
                    "level": level,
                    "noise": told,
                    "model": found.model,
                    "place": place,
                    "true": float(np.mean((result.astype(float) - clean) ** 2)),
                    "predicted": found.predicted_rmse and found.predicted_rmse**2,
                    "decibels": found.uncertainty,
                    "doubt": found.predicted_rmse is None,
                }


def turn_part(data: Path) -> Iterator[Row]:
    """Disagreement over flips and rotations against the error, on crops."""
    levels = (("sigma", 25), ("photons", 2), ("photons", 10), ("photons", 100))
    engine = make_engine(load_model("unet"), "cpu", None, None)
    for (name, image), (kind, level) in product(list(images(data))[:6], levels):
        noisy, clean, noise = draw(middle(image), kind, level)
        seen = Examination(noisy, noise, None, "cpu", lambda: False)
        seen.look(1 << 18)
        (excerpt,) = seen.excerpts
        spread = spread_over_turns(excerpt, engine, 1.0, lambda: False)
        error = denoise(noisy, noise=noise).astype(float) - clean
        blocks = [block_means(picture**2) ** 0.5 for picture in (spread, error)]
        yield {
            "part": "turn",
            "image": name,
            "kind": kind,
            "level": level,
            "model": "unet",
            "true": float(np.mean(error**2)),
            "spread": float(np.mean(spread**2)) ** 0.5,
            "pearson": float(pearsonr(*blocks).statistic),
            "spearman": float(spearmanr(*blocks).statistic),
        }


PARTS = {
    "turn": turn_part,
    "correlate": correlate_part,
    "predict": predict_part,
    "rank": rank_part,
}
COLUMNS = (
    *("part", "image", "kind", "level", "width", "noise", "model", "place"),
    *("true", "predicted", "decibels", "doubt", "left", "range"),
    *("spread", "pearson", "spearman"),
)


def run(data: Path, parts: list[str]) -> None:
    """Measure some parts and add their rows to the table, one by one."""
    kept = [row for row in rows() if row["part"] not in parts] if TABLE.exists() else []
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
        for part in parts:
            for row in PARTS[part](data):
                writer.writerow(
                    {
                        k: f"{v:.6g}" if isinstance(v, float) else v
                        for k, v in row.items()
                    }
                )
                file.flush()


def rows() -> list[dict[str, str]]:
    """Read the table."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data", type=Path, help="folder with dev/set12 and dev/fmd")
    asked.add_argument("parts", nargs="*", default=list(PARTS), help="by default all")
    found = asked.parse_args()
    run(found.data, found.parts)
