"""What the *Fine-tune* panel says, beyond the sentences of the core. No Qt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

    from napari_denoise.training.check import PairReport
    from napari_denoise.training.pace import Pace

NOT_MEASURED = "How far that gets here is measured by the check."
STILL_OFFERED = "What is offered to be saved is the model of the course before."
LEVELS = {"refused": "Refused", "warning": "Warning", "note": "Note"}


def describe_pace(pace: Pace | None, minutes: float, steps: int | None = None) -> str:
    """Say how far training gets, as far as that is known.

    Parameters
    ----------
    pace : Pace or None
        As measured.
    minutes : float
        Length of training.
    steps : int, optional
        After which it ends at the latest.
    """
    if pace is None:
        return NOT_MEASURED
    count = min(pace.steps_in(minutes), steps or pace.steps_in(minutes))
    patches = count * pace.batch
    return (
        f"About {_grouped(count)} steps, {_grouped(patches)} patches, by the pace "
        f"measured here on {pace.device.upper()}."
    )


def describe_check(report: PairReport) -> str:
    """Say in a line what a check found; its reasons are listed below it."""
    if not report.is_refused:
        return report.summary
    wrong = {finding.number for finding in report.refused} - {None}
    total = len(report.pairs)
    noun = "image" if all(pair.clean is None for pair in report.pairs) else "pair"
    if total == 1 or not wrong:
        return f"The {noun}{'s' * (total != 1)} cannot be trained on:"
    return f"{len(wrong)} of {total} {noun}s cannot be trained on:"


def why_not(report: PairReport) -> str:
    """Say why Start is off."""
    return f"Training on this would do harm. {report.refused[0].sentence}"


def suggest_name(start: str, images: str, taken: Container[str]) -> str:
    """Suggest a name for a model.

    Parameters
    ----------
    start : str
        What it started from.
    images : str
        Name of the noisy images.
    taken : container of str
        Names that other models have.

    Returns
    -------
    str
        One that `save_own_model` takes.
    """
    plain = re.sub(r"[^\w .,()+-]", " ", f"{start} {images}")
    name = re.sub(r"\s+", " ", plain).strip(" .,+-(")[:60].rstrip(" .,+-(")
    number, free = 2, name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free


def _grouped(count: int) -> str:
    """Round to two digits, and part thousands by narrow spaces."""
    digits = max(len(str(count)) - 2, 0)
    return f"{round(count, -digits):,}".replace(",", "\u202f")
