"""What fine-tuning gains on images that it has not seen: ``fine_tuning.csv``.

Real widefield pairs (W2S), and photon noise drawn on their clean images. Trained, and
stopped, on fields 001 to 010 alone; tested on fields 011 to 020 of the same stains.
Usage::

    python benchmarks/fine_tuning.py DATA SET METHOD PAIRS [--stain N] [--model NAME]
        [--augmentation strong]

DATA holds ``dev/w2s``; SET is ``w2s`` or ``simulated``; METHOD is ``pairs``,
``frames`` (two noisy frames of each field; simulated only) or ``alone`` (noisy images
only). One course of 15 minutes is read at 1, 5 and 15. On a machine that does other
things besides, minutes are counted in steps of a quiet one. Rows replace those of an
earlier run.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from widefield import fields

from napari_denoise import denoise, evaluate, load_model
from napari_denoise.progress import run_to_end
from napari_denoise.training.events import EpochDone, StepDone
from napari_denoise.training.fine_tuning import fine_tune_steps
from napari_denoise.training.history import History
from napari_denoise.training.report import tuned_model

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from widefield import Field

    from napari_denoise.models import NetworkModel

    Row = dict[str, Any]

READINGS = (1, 5, 15)
"""Minutes."""
STEPS_A_MINUTE = 400
"""Of the U-Net on two quiet cores, judging included."""
TABLE = Path(__file__).with_suffix(".csv")
COLUMNS = (
    "set",
    "method",
    "stain",
    "pairs",
    "model",
    "augmentation",
    "minutes",
    "steps_a_minute",
    "steps",
    "kept_start",
    "told_gain_db",
    "told_error_db",
    "start_db",
    "gain_db",
    "worst_db",
    "best_db",
    "seconds",
)


def chosen(known: list[Field], count: int) -> list[Field]:
    """Choose fields to train on, the same ones each time; more include the fewer."""
    if count > len(known):
        raise SystemExit(f"There are {len(known)} such fields to train on.")
    order = np.random.default_rng(0).permutation(len(known))
    return [known[n] for n in sorted(order[:count].tolist())]


def images(
    trained: list[Field], method: str
) -> tuple[list[Any], list[Any] | None, str]:
    """Return noisy images, what they are compared with, and the target's name."""
    noisy = [field.noisy() for field in trained]
    if method == "pairs":
        return noisy, [field.clean for field in trained], "clean"
    if method == "frames":
        return noisy, [field.noisy(1) for field in trained], "frames"
    return noisy, None, "recorrupted"


def scores(model: NetworkModel, test: list[Field]) -> NDArray[np.float64]:
    """PSNR of each test image, dB; after an affine fit where scales differ."""
    return np.array(
        [
            evaluate(
                denoise(field.noisy(), model, dtype="float32", device="cpu"),
                field.clean,
                affine=not field.is_simulated,
            ).psnr
            for field in test
        ]
    )


class Readings:
    """Keeps what would have been handed back after some minutes.

    Parameters
    ----------
    start : NetworkModel
    checkpoint : Path
        As fine-tuning writes it after each epoch.
    steps_a_minute : int
    """

    def __init__(
        self, start: NetworkModel, checkpoint: Path, steps_a_minute: int
    ) -> None:
        self.start, self.checkpoint = start, checkpoint
        self.steps_a_minute = steps_a_minute
        self.kept: dict[int, tuple[NetworkModel, Row]] = {}
        self._epoch: EpochDone | None = None

    def look(self, event: Any) -> None:
        """Keep the last epoch before each reading."""
        if isinstance(event, EpochDone):
            sys.stderr.write(f"{event.point.step} {event.verdict}\n")
            self._epoch = event
        if isinstance(event, StepDone):
            for minutes in READINGS[:-1]:
                if event.step == minutes * self.steps_a_minute + 1:
                    self.kept[minutes] = self.read()

    def read(self) -> tuple[NetworkModel, Row]:
        """Return what would be handed back now, and what would be told of it."""
        state = torch.load(self.checkpoint, weights_only=True)["state"]
        history = History.load(state["history"])
        is_better = history.is_surely_better
        weights = history.weights if is_better else None
        gain = history.best_gain
        told = {
            "steps": history.points[history.best].step if is_better else 0,
            "kept_start": not is_better,
            "told_gain_db": gain.decibels if is_better else 0.0,
            "told_error_db": gain.error if is_better else 0.0,
        }
        report = {"summary": "", "started_from": "", "gain_db": 0.0}
        return tuned_model(self.start, weights, report), told


def measure(args: argparse.Namespace) -> list[Row]:
    """Train once, and test what there is after each of the readings."""
    method, everything = args.method, fields(args.data, args.set, args.stain)
    known = [field for field in everything if field.is_trained_on]
    trained = chosen(known, args.pairs)
    test = [field for field in everything if not field.is_trained_on]
    noisy, target, towards = images(trained, method)
    start = load_model(args.model)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "training.checkpoint"
        readings = Readings(start, checkpoint, args.steps_a_minute)
        result = run_to_end(
            fine_tune_steps(
                start,
                noisy,
                target,
                target=towards,
                augmentation=args.augmentation,
                steps=READINGS[-1] * args.steps_a_minute,
                checkpoint=checkpoint,
                learning_rate=args.learning_rate,
                device="cpu",
            ),
            readings.look,
        )
        seconds = time.perf_counter() - began
        readings.kept[READINGS[-1]] = readings.read()
    sys.stderr.write(f"{result.summary}\n")
    first = scores(start, test)
    rows = []
    for minutes, (model, told) in readings.kept.items():
        gained = scores(model, test) - first if not told["kept_start"] else 0 * first
        rows.append(
            {
                "set": args.set,
                "method": method,
                "stain": args.stain,
                "pairs": args.pairs,
                "model": args.model,
                "augmentation": args.augmentation,
                "minutes": minutes,
                "steps_a_minute": args.steps_a_minute,
                **told,
                "start_db": first.mean(),
                "gain_db": gained.mean(),
                "worst_db": gained.min(),
                "best_db": gained.max(),
                "seconds": seconds,
            }
        )
    return rows


def write(rows: list[Row]) -> None:
    """Put rows into the table, in the place of earlier ones of the same course."""
    keys = COLUMNS[:7]
    new = {tuple(str(row[key]) for key in keys) for row in rows}
    old = []
    if TABLE.exists():
        with TABLE.open(newline="") as file:
            old = [
                r for r in csv.DictReader(file) if tuple(r[k] for k in keys) not in new
            ]
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in [*old, *rows]:
            writer.writerow(
                {k: f"{v:.3f}" if isinstance(v, float) else v for k, v in row.items()}
            )


def main() -> None:
    """Read the command line, measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("set", choices=["w2s", "simulated"])
    parser.add_argument("method", choices=["pairs", "frames", "alone"])
    parser.add_argument("pairs", type=int)
    parser.add_argument("--stain", choices=["0", "1", "2", "all"], default="0")
    parser.add_argument("--model", default="unet")
    parser.add_argument(
        "--augmentation", choices=["default", "none", "strong"], default="default"
    )
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--steps-a-minute", type=int, default=STEPS_A_MINUTE)
    args = parser.parse_args()
    if args.method == "frames" and args.set == "w2s":
        parser.error("There is one noisy frame of each field of W2S.")
    rows = measure(args)
    write(rows)
    for row in rows:
        sys.stderr.write(f"{row}\n")


if __name__ == "__main__":
    main()
