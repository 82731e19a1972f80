"""Tables of ``docs/stacks.md``: planes alone against planes with neighbours."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from pretraining.evaluation import IDENTITY
from pretraining.series import CLEAN, NOISY, PEAKS, SPEEDS, STEPS, USUAL
from pretraining.series_scores import TRUTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pretraining.series_scores import SeriesScore

    Place = tuple[str, str, str]  # test, name and noise
    Show = Callable[[SeriesScore], str]

NOTHING = "–"

HEADER = f"""# Stacks and movies

Made by `python -m pretraining evaluate-series --data DIR`; all numbers are in
[stacks.csv](stacks.csv). A 3D model looks at the two planes, or frames, before and
after each one; its 2D sibling takes each alone; *automatic* tries both on a few windows
and takes what promises the smaller error (`neighbours="auto"`). A fly brain of 57
confocal planes and a movie of 50 frames of lysosomes, neither of which trained a
bundled model; Poisson noise of so many photons at the peak, independent from plane to
plane. *Known*: the noise model is given; *estimated*: measured on the noisy series
alone.

## PSNR, dB

| model | noise | {" | ".join(f"{n} {p} ph" for n in CLEAN for p in PEAKS)} |
| --- | --- |{" --- |" * len(CLEAN) * len(PEAKS)}
"""

SSIM = f"""
## SSIM, and intensity kept

Noise known. *Kept* is the mean of the result over the mean of the noisy series.

| model | figure | {" | ".join(f"{n} {p} ph" for n in CLEAN for p in PEAKS)} |
| --- | --- |{" --- |" * len(CLEAN) * len(PEAKS)}
"""

HARD = f"""
## Where neighbours tell little

PSNR in dB, {USUAL} photons, noise known. Every second, third and fourth plane of the
fly brain alone; forty spots (σ 1.5 px) that move so many pixels a frame; and planes
that have nothing to do with one another: twelve photographs.

| model | {" | ".join(f"every {n}." for n in STEPS)} | \
{" | ".join(f"{v:g} px" for v in SPEEDS)} | unlike |
| --- |{" --- |" * (len(STEPS) + len(SPEEDS) + 1)}
"""

FLICKER = f"""
## Flicker

Standard deviation from plane to plane, in percent of the mean of the series: of the
means of whole planes, and in brackets of 16 × 16 patches in the darkest tenth. What
changes steadily is left out (second differences). With simulated noise: {USUAL}
photons, noise known; *clean* is what is really in the series.

| model | {" | ".join([*CLEAN, *NOISY])} |
| --- |{" --- |" * (len(CLEAN) + len(NOISY))}
"""

UNSEEN = f"""
## Error expected where there is no truth

Root-mean-square error in counts, expected from the noisy series alone by Stein's
unbiased risk estimate, with the noise as it was measured; in brackets the true one,
where it is known ({USUAL} photons). An error in the measured noise shifts all models of
a column, and those that let more noise through a little more.

| model | {" | ".join([*CLEAN, *NOISY])} |
| --- |{" --- |" * (len(CLEAN) + len(NOISY))}
"""


def stacks_page(scores: list[SeriesScore], models: list[str]) -> str:
    """Write the page.

    Parameters
    ----------
    scores : list of SeriesScore
        Of all models and series.
    models : list of str
        Rows, in this order, after the noisy series themselves.

    Returns
    -------
    str
        Markdown.
    """
    table = {(s.model, s.test, s.name, s.noise): s for s in scores}

    def row(model: str, label: str, places: Iterable[Place], show: Show) -> str:
        found = (table.get((model, *place)) for place in places)
        cells = [NOTHING if s is None else show(s) for s in found]
        return f"| {label} | {' | '.join(cells)} |\n"

    rows = [IDENTITY, *models]
    lines = [HEADER]
    for model in rows:
        for noise in ("known", "estimated"):
            label = f"{model} | {noise}"
            lines.append(row(model, label, _simulated(noise), _psnr))
    lines.append(SSIM)
    for model in models:
        for figure, show in (("SSIM", _ssim), ("kept", _kept)):
            lines.append(row(model, f"{model} | {figure}", _simulated("known"), show))
    lines.append(HARD)
    lines += [row(model, model, _hard(), _psnr) for model in rows]
    lines.append(FLICKER)
    usual = [(f"photons_{USUAL}", name, "known") for name in CLEAN]
    real = [("real", name, "estimated") for name in NOISY]
    lines += [row(m, m, [*usual, *real], _flicker) for m in [TRUTH, *rows]]
    lines.append(UNSEEN)
    measured = [(f"photons_{USUAL}", name, "estimated") for name in CLEAN]
    lines += [row(model, model, [*measured, *real], _error) for model in models]
    return "".join(lines)


def series_means(scores: list[SeriesScore], model: str) -> dict[str, float]:
    """PSNR of a 3D model by series and photons, for its card.

    Parameters
    ----------
    scores : list of SeriesScore
        Of any models and series.
    model : str
        Its name.

    Returns
    -------
    dict of str to float
        ``flybrain_5`` with the noise known, ``flybrain_5_auto`` with it estimated, and
        so on, in dB.
    """
    places = {
        f"{name}_{peak}{suffix}": (model, f"photons_{peak}", name, noise)
        for name in CLEAN
        for peak in PEAKS
        for suffix, noise in (("", "known"), ("_auto", "estimated"))
    }
    table = {(s.model, s.test, s.name, s.noise): s.psnr for s in scores}
    return {
        key: round(table[place], 2) for key, place in places.items() if place in table
    }


def _simulated(noise: str) -> list[Place]:
    return [(f"photons_{peak}", name, noise) for name in CLEAN for peak in PEAKS]


def _hard() -> list[Place]:
    return [
        *((f"every_{step}", "flybrain", "known") for step in STEPS),
        *((f"speed_{speed:g}", "spots", "known") for speed in SPEEDS),
        ("unlike", "Set12", "known"),
    ]


def _psnr(score: SeriesScore) -> str:
    return f"{score.psnr:.2f}"


def _ssim(score: SeriesScore) -> str:
    return f"{score.ssim:.3f}"


def _kept(score: SeriesScore) -> str:
    return f"{score.kept:.3f}"


def _flicker(score: SeriesScore) -> str:
    return f"{score.flicker:.2f} ({score.background_flicker:.2f})"


def _error(score: SeriesScore) -> str:
    true = "" if isnan(score.error) else f" ({score.error:.3g})"
    return f"{score.expected:.3g}{true}"
