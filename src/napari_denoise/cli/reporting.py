"""What a command tells: a line or an object, and what went wrong."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from napari_denoise.errors import DenoiseError

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD_INPUT = 2
STOPPED = 130
"""Exit code after Ctrl+C, as shells have it."""


@contextmanager
def reporting(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong into one line and exit code 2."""
    # What it remarks on damaged files, our own sentences say.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (DenoiseError, OSError, MemoryError) as error:
        complain(type(error).__name__, str(error), as_json=as_json)
        sys.exit(BAD_INPUT)


@contextmanager
def stoppable(advice: str = "The same command does what is missing.") -> Iterator[None]:
    """Say after Ctrl+C how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"Stopped. {advice}", err=True)
        sys.exit(STOPPED)


def complain(kind: str, message: str, *, as_json: bool) -> None:
    """Say what went wrong."""
    if as_json:
        typer.echo(json.dumps({"error": kind, "message": message}))
    else:
        typer.echo(f"Error: {message}", err=True)


def show_report(report: Any, as_json: bool, text: str) -> None:
    """Print the report as an object, or else the text."""
    typer.echo(json.dumps(report) if as_json else text)
