"""Command line: ``python -m pretraining train unet --data DIR --minutes N``."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path
from typing import Annotated

import torch
import typer

from napari_denoise.models import bundled_models
from napari_denoise.models.files import read_network, rewrite_spec
from napari_denoise.models.names import SUFFIX_3D
from napari_denoise.models.registry import BUNDLED, CLASSICAL_QUALITY
from pretraining.cases import cases
from pretraining.curves import append_log, keep_log, plot_logs
from pretraining.evaluation import (
    IDENTITY,
    means,
    read_scores,
    score,
    write_scores,
)
from pretraining.export import export
from pretraining.images import load_collection
from pretraining.patches import PatchStream
from pretraining.recipe import Recipe
from pretraining.report import quality_page
from pretraining.series import series
from pretraining.series_report import series_means, stacks_page
from pretraining.series_scores import (
    AUTOMATIC,
    TRUTH,
    score_series,
    write_series_scores,
)
from pretraining.trainer import Trainer
from pretraining.training import train

app = typer.Typer(add_completion=False, help="Train and judge the bundled models.")

DOCS = Path("docs")
CHECKPOINTS = Path("pretraining/checkpoints")
LOGS = Path("pretraining/logs")
CURVES = DOCS / "images" / "pretraining.png"

Data = Annotated[Path, typer.Option(help="folder with train/ and dev/")]


@app.command("train")
def train_command(
    model: Annotated[str, typer.Argument(help="a file of configs/")],
    data: Data,
    minutes: Annotated[float, typer.Option(help="length of a new course", min=0.01)],
    folder: Annotated[Path, typer.Option(help="checkpoints and logs")] = CHECKPOINTS,
    start: Annotated[
        Path | None,
        typer.Option(help="start from this file, not the bundled one", exists=True),
    ] = None,
    scratch: Annotated[bool, typer.Option(help="start from random weights")] = False,
    workers: Annotated[
        int | None, typer.Option(help="processes that draw patches")
    ] = None,
) -> None:
    """Train a model, going on from its checkpoint where there is one."""
    recipe = Recipe.read(model)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if workers is None:
        workers = (os.cpu_count() or 1) if device.type == "cuda" else 0
    trainer = Trainer(recipe, device)
    collection = load_collection(data / "train", recipe.max_noise, validate_every=20)
    checkpoint = folder / f"{model}.pt"
    bundled = BUNDLED / f"{model}.safetensors"
    if not bundled.exists() and recipe.parent:
        bundled = BUNDLED / f"{recipe.parent}.safetensors"
    if checkpoint.exists():
        if start or scratch:
            raise typer.BadParameter(
                f"There is a checkpoint already: to begin anew, move {checkpoint} and "
                "its log away."
            )
        trainer.load(checkpoint)
    elif not scratch and (start or bundled.exists()):
        first = islice(PatchStream(collection, recipe, seed=0), 8)
        trainer.start_from(read_network(start or bundled), first)
    for line in train(trainer, collection, checkpoint, minutes, workers):
        append_log(line, folder / f"{model}.jsonl")
        typer.echo(json.dumps(line))


@app.command("export")
def export_command(
    model: Annotated[str, typer.Argument(help="a file of configs/")],
    folder: Annotated[Path, typer.Option(help="checkpoints")] = CHECKPOINTS,
    target: Annotated[Path, typer.Option(help="folder of model files")] = BUNDLED,
) -> None:
    """Write the averaged weights of a checkpoint into the package, and keep its log."""
    recipe = Recipe.read(model)
    path = export(recipe, folder / f"{model}.pt", target / f"{model}.safetensors")
    if target == BUNDLED:
        keep_log(folder / f"{model}.jsonl", LOGS / f"{model}.jsonl")
        plot_logs(sorted(LOGS.glob("*.jsonl")), CURVES)
    typer.echo(f"Wrote {path}; now run evaluate, so that its card tells the truth.")


@app.command("evaluate")
def evaluate_command(
    data: Data,
    only: Annotated[
        list[str] | None, typer.Option(help="evaluate these models; keep the others")
    ] = None,
    test: Annotated[
        str, typer.Option(help="only test sets whose name begins so; keep the others")
    ] = "",
) -> None:
    """Fill docs/quality.md and docs/quality.csv, and the cards of the 2D models."""
    names = [card.name for card in bundled_models() if card.ndim == 2]
    chosen = only or [IDENTITY, *names]
    store = DOCS / "quality.csv"
    scores = [
        s
        for s in read_scores(store)
        if s.model not in chosen or not s.test.startswith(test)
    ]
    for case in cases(data):
        if case.test.startswith(test):
            scores += [score(model, case) for model in chosen]
    write_scores(scores, store)
    (DOCS / "quality.md").write_text(quality_page(scores, names), encoding="utf-8")
    classical = {}
    for card in bundled_models():
        if card.kind == "classical":
            classical[card.name] = means(scores, card.name)
        elif card.ndim == 2:
            path = BUNDLED / f"{card.name}.safetensors"
            rewrite_spec(path, quality=means(scores, card.name))
    CLASSICAL_QUALITY.write_text(json.dumps(classical, indent=2, sort_keys=True) + "\n")


@app.command("evaluate-series")
def evaluate_series_command(data: Data) -> None:
    """Fill docs/stacks.md and docs/stacks.csv, and the cards of the 3D models."""
    deep = [card.name for card in bundled_models() if card.ndim == 3]
    flat = [name.removesuffix(SUFFIX_3D) for name in deep]
    store = DOCS / "stacks.csv"
    scores = []
    ways = [*flat, *deep, *(name + AUTOMATIC for name in flat)]
    for case in series(data):
        scores += [score_series(model, case) for model in [IDENTITY, *ways]]
        if case.clean is not None:
            scores.append(score_series(TRUTH, case))
        write_series_scores(scores, store)
    page = stacks_page(scores, ways)
    (DOCS / "stacks.md").write_text(page, encoding="utf-8")
    for name in deep:
        path = BUNDLED / f"{name}.safetensors"
        rewrite_spec(path, quality=series_means(scores, name))


if __name__ == "__main__":
    app()
