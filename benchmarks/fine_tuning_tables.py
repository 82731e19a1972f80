"""Make docs/fine_tuning_gains.md and its plot from ``fine_tuning.csv``."""

from __future__ import annotations

import csv
from pathlib import Path

from matplotlib.figure import Figure

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
PLOT = DOCS / "images" / "fine_tuning.png"
MINUTES = (1, 5, 15)
COURSE = ("set", "method", "stain", "pairs", "model", "augmentation")
METHODS = {
    "pairs": "pairs",
    "frames": "two noisy frames of each field",
    "alone": "noisy images alone",
}
COLOURS = {"pairs": "C0", "frames": "C1", "alone": "C2"}
MARKERS = {"1": ".", "3": "v", "10": "o", "30": "s"}
BELOW = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16)}
SETS = {"w2s": "real widefield (W2S)", "simulated": "simulated, 15 photons"}

HEAD = """# What fine-tuning gains

Made by `python benchmarks/fine_tuning.py DATA SET METHOD PAIRS` and
`python benchmarks/fine_tuning_tables.py`.

W2S: real widefield pairs of 512², fields 001 to 010 to train on, and to stop by: of an
only pair a strip was held out, of three pairs one, of ten five (three of ten noisy
images alone), of thirty six. Fields 011 to 020 to test on, the same stain; `all` is all
three. Simulated: photon noise (gain 2, read noise 1.5 electrons, 15 photons at the
99.9th percentile) drawn on the clean images of the same fields. PSNR against the clean
image, on W2S after an affine fit, since each image was stretched on its own.

One course of 15 minutes was read at 1, 5 and 15, in steps of two quiet cores ({pace}
steps of four 128² patches a minute): what would have been handed back then. *Worst* is
the test image that gained least; *it said* is the gain on its own held-out pairs.

"""
COLUMNS = (
    "images",
    "learned from",
    "stain",
    "pairs",
    "start",
    "PSNR of the start",
    *(f"{n} min" for n in MINUTES),
    "worst",
    "it said",
)


def main() -> None:
    """Write the page and the plot."""
    with (HERE / "fine_tuning.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    courses: dict[tuple[str, ...], dict[int, dict[str, str]]] = {}
    for row in rows:
        key = tuple(row[name] for name in COURSE)
        courses.setdefault(key, {})[int(row["minutes"])] = row
    ordered = sorted(courses.items(), key=lambda item: _order(item[0]))
    paces = {int(row["steps_a_minute"]) for row in rows}
    page = HEAD.format(pace="–".join(map(str, sorted(paces))))
    page += f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}\n"
    page += "".join(_line(key, readings) for key, readings in ordered)
    page += "\n![Gain over minutes](images/fine_tuning.png)\n"
    (DOCS / "fine_tuning_gains.md").write_text(page, encoding="utf-8")
    _plot(ordered)


def _order(key: tuple[str, ...]) -> tuple[object, ...]:
    kind, method, _, pairs, *how = key
    return list(SETS).index(kind), list(METHODS).index(method), how, int(pairs)


def _line(key: tuple[str, ...], readings: dict[int, dict[str, str]]) -> str:
    kind, method, stain, pairs, *how = key
    last = readings[MINUTES[-1]]
    gains = [f"{float(readings[n]['gain_db']):+.2f}" for n in MINUTES]
    told = (
        "start kept"
        if last["kept_start"] == "True"
        else f"{float(last['told_gain_db']):+.2f} ± {float(last['told_error_db']):.2f}"
    )
    cells = [
        SETS[kind],
        METHODS[method],
        stain,
        pairs,
        _start(how),
        f"{float(last['start_db']):.2f}",
        *gains,
        f"{float(last['worst_db']):+.2f}",
        told,
    ]
    return f"| {' | '.join(cells)} |\n"


def _start(how: list[str]) -> str:
    model, augmentation = how
    return model if augmentation == "default" else f"{model}, {augmentation}"


def _plot(
    courses: list[tuple[tuple[str, ...], dict[int, dict[str, str]]]],
) -> None:
    kinds = [kind for kind in SETS if any(key[0] == kind for key, _ in courses)]
    figure = Figure(figsize=(5 * len(kinds), 4.6), layout="constrained")
    axes = figure.subplots(1, len(kinds), squeeze=False)
    for axis, kind in zip(axes[0], kinds, strict=True):
        for key, readings in courses:
            if key[0] == kind:
                _, method, stain, pairs, *how = key
                number = f"{pairs} of all stains" if stain == "all" else pairs
                gains = [0.0, *(float(readings[n]["gain_db"]) for n in MINUTES)]
                axis.plot(
                    [0, *MINUTES],
                    gains,
                    color=COLOURS[method],
                    marker=MARKERS.get(pairs, "x"),
                    label=f"{METHODS[method]}, {number}, {_start(how)}",
                )
        axis.set(title=SETS[kind], xlabel="minutes on two cores", ylabel="gain (dB)")
        axis.axhline(0, color="0.7", lw=1)
        axis.legend(fontsize=7, frameon=False, ncols=2, **BELOW)
    figure.savefig(PLOT, dpi=120)


if __name__ == "__main__":
    main()
