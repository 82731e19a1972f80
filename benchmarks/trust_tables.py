"""Make ``trust.md`` from ``trust.csv``: ``python benchmarks/trust_tables.py``."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
NEAR = 0.1
"""Decibels within which the second best is as good as the best."""
RIGHT = 1.0
"""Decibels within which a prediction under correlated noise is called right."""
NOISES = ("known", "measured")

Row = dict[str, str]


def off(row: Row) -> float:
    """Predicted error over true error in dB."""
    return float(10 * np.log10(float(row["predicted"]) / float(row["true"])))


def summary(chosen: list[Row]) -> str:
    """Median size, 90th percentile and median of the errors of prediction."""
    errors = np.array([off(row) for row in chosen if row["predicted"]])
    if not len(errors):
        return "– | – | –"
    size = np.abs(errors)
    return (
        f"{np.median(size):.2f} | {np.percentile(size, 90):.2f} | "
        f"{np.median(errors):+.2f}"
    )


def level_of(row: Row) -> str:
    """Name a noise level."""
    return f"σ {row['level']}" if row["kind"] == "sigma" else f"{row['level']} photons"


def predictions(rows: list[Row]) -> list[str]:
    """Predicted against true error of the default network, by noise level."""
    head = " | ".join(f"{noise}: median, dB | 90 % | bias" for noise in NOISES)
    lines = [f"| noise | {head} |", "| --- |" + " --- |" * 6]
    levels = [*dict.fromkeys(level_of(row) for row in rows), "all"]
    for level in levels:
        cells = [
            summary(
                [
                    row
                    for row in rows
                    if row["noise"] == noise and level in (level_of(row), "all")
                ]
            )
            for noise in NOISES
        ]
        lines.append(f"| {level} | {' | '.join(cells)} |")
    return lines


def models(rows: list[Row]) -> list[str]:
    """Sum up the same for all models, over all noise levels."""
    head = " | ".join(f"{noise}: median, dB | 90 % | bias" for noise in NOISES)
    lines = [f"| model | {head} |", "| --- |" + " --- |" * 6]
    for model in dict.fromkeys(row["model"] for row in rows):
        own = [row for row in rows if row["model"] == model]
        cells = [summary([r for r in own if r["noise"] == noise]) for noise in NOISES]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return lines


def rankings(rows: list[Row]) -> list[str]:
    """How often the first is the best, and pairs are in the right order."""
    lines = [
        f"| noise | rankings | first is best or within {NEAR} dB | default network is "
        "| pairs more than 0.5 dB apart in the right order |",
        "| --- | --- | --- | --- | --- |",
    ]
    for noise in NOISES:
        cases: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            if row["noise"] == noise:
                key = (row["image"], row["kind"], row["level"])
                cases.setdefault(key, []).append(row)
        firsts, defaults, pairs = [], [], []
        for case in cases.values():
            case.sort(key=lambda row: int(row["place"]))
            losses = 10 * np.log10([float(row["true"]) for row in case])
            losses -= losses.min()
            firsts.append(losses[0] <= NEAR)
            default = [row["model"] for row in case].index("unet")
            defaults.append(losses[default] <= NEAR)
            apart = losses[None, :] - losses[:, None]
            ahead = np.triu(np.ones_like(apart), 1) > 0
            clear = ahead & (np.abs(apart) > 0.5)
            pairs += list(apart[clear] > 0)
        lines.append(
            f"| {noise} | {len(cases)} | {np.mean(firsts):.0%} | "
            f"{np.mean(defaults):.0%} | {np.mean(pairs):.1%} |"
        )
    return lines


def correlations(rows: list[Row]) -> list[str]:
    """Noise blurred by some width: right, wrong, or not to be known."""
    lines = [
        f"| blur, px | known: median, dB | within {RIGHT:g} dB | measured: says that "
        f"it cannot know | answers | within {RIGHT:g} dB | median if it did always "
        "answer |",
        "| --- |" + " --- |" * 6,
    ]
    for width in dict.fromkeys(row["width"] for row in rows):
        known, measured = (
            [row for row in rows if row["width"] == width and row["noise"] == noise]
            for noise in NOISES
        )
        sizes = np.abs([off(row) for row in known])
        answered = [row for row in measured if row["doubt"] == "False"]
        right = [abs(off(row)) <= RIGHT for row in answered]
        always = np.abs([off(row) for row in measured if row["predicted"]])
        lines.append(
            f"| {width} | {np.median(sizes):.2f} | {np.mean(sizes <= RIGHT):.0%} | "
            f"{1 - len(answered) / len(measured):.0%} | {len(answered)} | "
            f"{f'{np.mean(right):.0%}' if right else '–'} | {np.median(always):.2f} |"
        )
    return lines


def turns(rows: list[Row]) -> list[str]:
    """Disagreement against error, block by block and image by image."""
    lines = [
        "| noise | images | blocks: Pearson, median | blocks: Spearman, median "
        "| error over disagreement, median | lowest | highest |",
        "| --- |" + " --- |" * 6,
    ]
    for level in dict.fromkeys(level_of(row) for row in rows):
        own = [row for row in rows if level_of(row) == level]
        ratios = [float(row["true"]) ** 0.5 / float(row["spread"]) for row in own]
        pearson, spearman = (
            np.median([float(row[name]) for row in own])
            for name in ("pearson", "spearman")
        )
        lines.append(
            f"| {level} | {len(own)} | {pearson:.2f} | {spearman:.2f} | "
            f"{np.median(ratios):.1f} | {min(ratios):.1f} | {max(ratios):.1f} |"
        )
    logs = np.log([[float(row["spread"]), float(row["true"]) ** 0.5] for row in rows]).T
    lines += [
        "",
        "Over all images and levels the logarithms of disagreement and error correlate "
        f"by {np.corrcoef(*logs)[0, 1]:.2f} (Pearson); most of that is how large the "
        "noise is. An image's error is about the same multiple of its disagreement, "
        "and within an image the places agree less.",
    ]
    return lines


def page(rows: list[Row]) -> str:
    """Put the tables together."""
    parts = {name: [r for r in rows if r["part"] == name] for name in PARTS}
    predicted = parts["predict"]
    spans = np.abs([float(row["range"]) for row in predicted])
    ratios = [
        abs(off(row)) / float(row["decibels"]) for row in predicted if row["predicted"]
    ]
    counted = {name: len({row["image"] for row in own}) for name, own in parts.items()}
    text = [
        "# Trust without a reference",
        "",
        "Made by `python benchmarks/trust.py DATA`, then `python "
        "benchmarks/trust_tables.py`; each number of each case is in `trust.csv`. "
        "Noise is drawn on images that no bundled network was trained on (Set12, "
        "high-signal samples, means of 50 confocal frames; the last two smoothed by a "
        "pixel or less). Photons are those of the brightest pixel; the darkest has 2 % "
        "of them; σ is out of 255. *Measured* means that `noise=“auto”` measured it.",
        "",
        "## Predicted error of the default network",
        "",
        f"{counted['predict']} whole images a row, 256² or 512². Off by: 10·log10 of "
        "predicted over true mean square error, which is the difference of the PSNRs "
        "for one peak.",
        "",
        *predictions(predicted),
        "",
        f"This is {np.median(ratios):.2f} times the `uncertainty` that is told, in the "
        f"median, and {np.percentile(ratios, 90):.2f} times at the 90th percentile "
        "(0.67 and 1.64 if it were normal). The peak, the span of the result in place "
        f"of that of the clean image, is off by {np.median(spans):.2f} dB in the "
        f"median and {np.percentile(spans, 90):.1f} at the 90th percentile besides: "
        "hand over `data_range` to compare with PSNRs from elsewhere.",
        "",
        "## Predicted error of all models",
        "",
        f"From rankings of {counted['rank']} crops of 256², all noise levels.",
        "",
        *models(parts["rank"]),
        "",
        "## Rankings",
        "",
        *rankings(parts["rank"]),
        "",
        "Where the default network is always the best, this shows only that no other "
        "is put before it by mistake. That a better one is found, one that knows the "
        "image, is tested in `tests/test_ranking.py`.",
        "",
        "## Correlated noise",
        "",
        f"{counted['correlate']} crops of 256², σ 25 and 30 photons, noise blurred by "
        "a Gaussian of that width; the default network.",
        "",
        *correlations(parts["correlate"]),
        "",
        "## Disagreement over flips and rotations",
        "",
        "Root mean square in blocks of 16², spread against error, on crops of 256².",
        "",
        *turns(parts["turn"]),
    ]
    return "\n".join(text) + "\n"


PARTS = ("turn", "correlate", "predict", "rank")

if __name__ == "__main__":
    with (HERE / "trust.csv").open(newline="", encoding="utf-8") as table:
        written = page(list(csv.DictReader(table)))
    (HERE / "trust.md").write_text(written, encoding="utf-8")
