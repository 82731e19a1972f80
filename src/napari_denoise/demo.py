"""The main job on the bundled real images: every model, numbers and a picture."""

from __future__ import annotations

import csv
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.denoising import denoise
from napari_denoise.files import read_tiff
from napari_denoise.models import bundled_models, load_model
from napari_denoise.picture import compare_picture
from napari_denoise.quality import evaluate
from napari_denoise.samples import PAIRS, pair_paths

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PICTURED = "unet"
ZOOMED = 192
"""Side in pixels of the part that the pictures show."""


def run_demo(
    output: Path, device: str = "auto"
) -> tuple[list[dict[str, Any]], list[Path]]:
    """Denoise each bundled low-SNR image with each model.

    Parameters
    ----------
    output : Path
        Folder, made if needed; gets ``table.csv`` and a PNG for each image.
    device : str
        As `denoise` takes it.

    Returns
    -------
    rows : list of dict
        ``image``, ``model``, PSNR ``before`` and ``after`` in dB against the high-SNR
        partner, plain and after an affine fit, and ``seconds``.
    pictures : list of Path
    """
    output.mkdir(parents=True, exist_ok=True)
    networks = [
        card.name
        for card in bundled_models()
        if card.kind == "network" and card.ndim == 2  # the images are single planes
    ]
    rows, pictures = [], []
    for title, stem in PAIRS.items():
        noisy, clean = (read_tiff(path).data for path in pair_paths(stem))
        for name in networks:
            load_model(name)  # loading is not part of the job's time
            began = time.perf_counter()
            restored = denoise(noisy, name, device=device)
            seconds = time.perf_counter() - began
            rows.append(_row(title, name, noisy, restored, clean, seconds))
            if name == PICTURED:
                path = output / f"{stem}.png"
                compare_picture(_busiest(noisy, restored, clean), title).save(path)
                pictures.append(path)
    _write_csv(rows, output / "table.csv")
    return rows, pictures


def format_table(rows: list[dict[str, Any]]) -> str:
    """Lay rows out as text.

    Parameters
    ----------
    rows : list of dict
        As `run_demo` returns them.

    Returns
    -------
    str
    """
    lines = [
        f"{'image':18}{'model':13}{'PSNR, dB':>16}{'after affine fit':>20}{'time':>9}"
    ]
    for r in rows:
        plain = f"{r['before']:.2f} → {r['after']:.2f}"
        fitted = f"{r['before_affine']:.2f} → {r['after_affine']:.2f}"
        lines.append(
            f"{r['image']:18}{r['model']:13}{plain:>16}{fitted:>20}"
            f"{r['seconds']:>7.2f} s"
        )
    lines += [
        "",
        "The images of each pair were stretched to 8 bits one by one, so a fit alone "
        "lifts the noisy one too:",
        "compare the columns of the affine fit.",
    ]
    return "\n".join(lines)


def _row(
    image: str,
    model: str,
    noisy: NDArray[Any],
    restored: NDArray[Any],
    clean: NDArray[Any],
    seconds: float,
) -> dict[str, Any]:
    row: dict[str, Any] = {"image": image, "model": model}
    for suffix, affine in (("", False), ("_affine", True)):
        row[f"before{suffix}"] = evaluate(noisy, clean, affine=affine).psnr
        row[f"after{suffix}"] = evaluate(restored, clean, affine=affine).psnr
    return {**row, "seconds": seconds}


def _busiest(
    noisy: NDArray[Any], restored: NDArray[Any], clean: NDArray[Any]
) -> list[NDArray[Any]]:
    """Cut the window with the most contrast out of all three."""
    steps = [range(0, side - ZOOMED + 1, ZOOMED // 4) for side in clean.shape]
    corners = [(y, x) for y in steps[0] for x in steps[1]]
    y, x = max(corners, key=lambda c: clean[c[0] :, c[1] :][:ZOOMED, :ZOOMED].std())
    window = np.s_[y : y + ZOOMED, x : x + ZOOMED]
    return [noisy[window], restored[window], clean[window]]


def _write_csv(rows: list[dict[str, Any]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
