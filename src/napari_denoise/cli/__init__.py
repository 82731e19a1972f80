"""The command line: ``napari-denoise``."""

from __future__ import annotations

import sys
from typing import Any

import typer

from napari_denoise.cli.batch import batch
from napari_denoise.cli.finetune import finetune
from napari_denoise.cli.images import denoise, evaluate, noise
from napari_denoise.cli.models import demo, models
from napari_denoise.cli.reporting import BAD_INPUT, complain

UsageError: Any = typer.BadParameter.__base__
"""Missing, unknown and unreadable arguments; typer does not export it."""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Denoise microscopy images.",
)
for command in (denoise, batch, finetune, noise, evaluate, models, demo):
    app.command()(command)


def main() -> None:
    """Run the command line; bad usage is one line, or one object with ``--json``."""
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except UsageError as error:
        complain("UsageError", error.format_message(), as_json="--json" in sys.argv)
        code = BAD_INPUT
    sys.exit(code or 0)
