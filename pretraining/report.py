"""Tables of ``docs/quality.md``, from the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pretraining.cases import PEAKS, SIGMAS
from pretraining.evaluation import IDENTITY, STRUCTURE, means
from pretraining.scenes import SCENES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pretraining.evaluation import Score

PUBLISHED = {
    "BM3D": (32.37, 29.97, 26.72),
    "DnCNN-S, one network per σ": (32.86, 30.44, 27.18),
    "DnCNN-B, one blind network (from memory of the paper)": (32.68, 30.36, 27.21),
    "FFDNet": (32.75, 30.43, 27.32),
    "DRUNet, 33 M parameters": (33.25, 30.94, 27.90),
}

HEADER = """# Quality

Made by `python -m pretraining evaluate --data DIR`; results by image are in
[quality.csv](quality.csv). PSNR in dB, mean over images. None of these images trained a
bundled model or stopped its training; other fields of the data set that the samples are
from did.

## Gaussian noise: Set12

Noise is added in float, neither clipped nor rounded; PSNR with peak 255. *Known*: σ is
given; *estimated*: `noise="auto"`, measured on the noisy image alone.

| model | σ 15 known | estimated | σ 25 known | estimated | σ 50 known | estimated |
| --- | --- | --- | --- | --- | --- | --- |
"""

REAL = """
## Real images, noise estimated

FMD: five confocal and two-photon frames against the mean of 50 frames. W2S: 60
widefield frames against the mean of 400; each 8-bit image was stretched on its own, so
only the column after an affine fit compares. Samples: the five bundled low/high-SNR
pairs, stretched one by one too.

| model | FMD | affine fit | W2S | affine fit | samples | affine fit |
| --- | --- | --- | --- | --- | --- | --- |
"""

SIMULATED = f"""
## Simulated photon and camera noise

The bright partners of the bundled pairs, smoothed, are the truth (Set12 in one column).
*Camera*: Gaussian noise of σ 13 for a range of 255, its autocorrelation at a lag of a
pixel 0.6. Others:
Poisson noise of so many photons at the brightest pixel, gain 2, offset 100, read noise
of one count. Where the noise is *known*, `denoise` was given the noise model.

| model | noise | camera | on Set12 | {" | ".join(f"{p} ph" for p in PEAKS)} |
| --- | --- | --- | --- |{" --- |" * len(PEAKS)}
"""

KEPT = f"""
## Photons kept on structures

Share of a structure's photons, above the background, that is in the result; in
brackets, that is where the structure is. The first is 1.00 for all networks: what they
lose is put back within some fifty pixels. Both against the noisy image, of which there
is one draw a cell: 1.00 is none lost and none made. Spots and circles (σ 1.5 px) on a
background of a tenth; flat squares, of which those of 0.1 and 0.3 of the brightest
count for the brackets. Poisson noise with so many photons at the peak.

| model | structure | noise | {" | ".join(f"{p} ph" for p in PEAKS)} |
| --- | --- | --- |{" --- |" * len(PEAKS)}
"""


def quality_page(scores: list[Score], models: list[str]) -> str:
    """Write the page.

    Parameters
    ----------
    scores : list of Score
        Of all models, image by image.
    models : list of str
        Rows, in this order, after the noisy images themselves.

    Returns
    -------
    str
        Markdown.
    """
    rows = [IDENTITY, *models]
    lines = [HEADER]
    for model in rows:
        numbers = means(scores, model)
        keys = [f"set12_{s}{suffix}" for s in SIGMAS for suffix in ("", "_auto")]
        lines.append(_row(model, [numbers.get(key) for key in keys]))
    for name, values in PUBLISHED.items():
        cells = [cell for value in values for cell in (value, None)]
        lines.append(_row(f"*published: {name}*", cells))
    lines.append(REAL)
    for model in rows:
        lines.append(_row(model, _real(scores, model)))
    lines.append(SIMULATED)
    for model in rows:
        numbers = means(scores, model)
        for noise, suffix in (("known", ""), ("estimated", "_auto")):
            tests = ["camera", "camera_set12", *(f"photons_{peak}" for peak in PEAKS)]
            cells = [numbers.get(f"{test}{suffix}") for test in tests]
            lines.append(_row(f"{model} | {noise}", cells))
    lines.append(KEPT)
    for model in models:
        for structure in SCENES:
            for noise in ("known", "estimated"):
                kept = _kept(scores, model, structure, noise)
                lines.append(_row(f"{model} | {structure} | {noise}", kept))
    return "".join(lines)


def _real(scores: list[Score], model: str) -> list[float | None]:
    cells: list[float | None] = []
    for test in ("fmd", "w2s", "samples"):
        chosen = [s for s in scores if s.model == model and s.test == test]
        for name in ("psnr", "psnr_affine"):
            values = [getattr(s, name) for s in chosen]
            cells.append(sum(values) / len(values) if values else None)
    return cells


def _kept(scores: list[Score], model: str, structure: str, noise: str) -> list[str]:
    found = {
        s.test: f"{s.kept:.2f} ({s.in_place:.2f})"
        for s in scores
        if (s.model, s.image, s.noise) == (model, structure, noise)
    }
    return [found.get(f"{STRUCTURE}{peak}", "–") for peak in PEAKS]


def _row(name: str, cells: Sequence[float | str | None]) -> str:
    return f"| {name} | {' | '.join(map(_cell, cells))} |\n"


def _cell(content: float | str | None) -> str:
    if content is None:
        return "–"
    return content if isinstance(content, str) else f"{content:.2f}"
