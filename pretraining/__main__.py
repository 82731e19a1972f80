"""Command line: ``python -m pretraining train unet --data DIR --minutes N``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import torch
import typer

from pretraining.images import load_collection
from pretraining.recipe import Recipe
from pretraining.training import Trainer, append_log, train

app = typer.Typer(add_completion=False, help="Train and judge the bundled models.")

Data = Annotated[Path, typer.Option(help="folder with train/ and dev/")]


@app.callback()
def _commands() -> None:
    pass


@app.command("train")
def train_command(
    model: Annotated[str, typer.Argument(help="a file of configs/")],
    data: Data,
    minutes: Annotated[float, typer.Option(help="length of this schedule")],
    folder: Annotated[Path, typer.Option(help="checkpoints and logs")] = Path(
        "pretraining/checkpoints"
    ),
    start: Annotated[Path | None, typer.Option(help="model file to start from")] = None,
) -> None:
    """Train a model, going on from its checkpoint where there is one."""
    from safetensors.torch import load_file

    recipe = Recipe.read(model)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    trainer = Trainer(recipe, device)
    checkpoint = folder / f"{model}.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
    elif start is not None:
        trainer.start_from(load_file(start))
    collection = load_collection(data / "train", recipe.max_noise, validate_every=20)
    for line in train(trainer, collection, checkpoint, minutes):
        append_log(line, folder / f"{model}.jsonl")
        typer.echo(json.dumps(line))


if __name__ == "__main__":
    app()
