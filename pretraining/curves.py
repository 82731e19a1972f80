"""Logs of training, and a plot of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def append_log(line: dict[str, Any], path: Path) -> None:
    """Add one JSON line to a log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read the lines of a log; none if there is no file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def keep_log(source: Path, target: Path) -> None:
    """Append what is new in a log to the one that is kept.

    Parameters
    ----------
    source : Path
        Log beside a checkpoint.
    target : Path
        Log beside the recipes; lines that it has are not repeated.
    """
    kept = read_log(target)
    for line in read_log(source):
        if line not in kept:
            append_log(line, target)


def plot_logs(logs: list[Path], target: Path) -> None:
    """Plot the validation curves of several models.

    Parameters
    ----------
    logs : list of Path
        One log a model.
    target : Path
        Image file to write.
    """
    # Not pyplot: no display, no state.
    from matplotlib.figure import Figure

    target.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for path in logs:
        lines = read_log(path)
        hours = [line["minutes"] / 60 for line in lines]
        errors = [line["validation"] for line in lines]
        axes.plot(hours, errors, marker=".", label=path.stem)
    axes.set(
        xlabel="hours of training on one core",
        ylabel="relative error, held-out patches",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(target, dpi=120)
