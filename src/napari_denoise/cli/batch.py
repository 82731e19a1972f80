"""The command that denoises a folder of images."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_denoise.arguments import parse_noise, parse_tile
from napari_denoise.cli.options import AsJson, Axes, Scheduler, Workers
from napari_denoise.cli.reporting import reporting, show_report, stoppable

if TYPE_CHECKING:
    from napari_denoise.batch import BatchReport

SOME_FAILED = 1
"""Exit code where files failed; the report says which and why."""


def batch(
    # Not paths yet: an empty one, of an unset variable, would be the current folder.
    source: Annotated[str, typer.Argument(help="folder of images", metavar="SOURCE")],
    target: Annotated[
        str, typer.Argument(help="folder of the results", metavar="TARGET")
    ],
    model: Annotated[str, typer.Option(help="a name or a model file")] = "unet",
    pattern: Annotated[
        list[str] | None,
        typer.Option(help="of file names or paths, such as *.tif; may be repeated"),
    ] = None,
    recursive: Annotated[
        bool, typer.Option(help="look into folders below SOURCE")
    ] = True,
    axes: Axes = None,
    noise: Annotated[
        str,
        typer.Option(
            help="auto: of each file; shared: one for all; none, SIGMA, or "
            "GAIN,OFFSET,READ in counts"
        ),
    ] = "auto",
    strength: Annotated[float, typer.Option(help="0 to 2; 1 is full")] = 1.0,
    neighbours: Annotated[str, typer.Option(help="none, Z, T or auto")] = "none",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    tile: Annotated[str, typer.Option(help="auto, a side in pixels, or Y,X")] = "auto",
    dtype: Annotated[
        str | None, typer.Option(help="type of the results; by default the source's")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="same, tif or zarr")] = "same",
    assess: Annotated[
        str, typer.Option(help="quick, full (also the expected error), or none")
    ] = "quick",
    overwrite: Annotated[
        bool, typer.Option(help="replace files in TARGET that are no results")
    ] = False,
    scheduler: Scheduler = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Denoise a folder of images into another one that mirrors it.

    One file in trouble does not stop the others. After a stop or a kill, the same
    command does what is missing, and what was changed. The report is written to
    report.html and report.csv.
    """
    with reporting(as_json), stoppable():
        report = _run(
            source,
            target,
            model,
            pattern=pattern or "*",
            recursive=recursive,
            axes=axes,
            noise=noise if noise == "shared" else parse_noise(noise),
            strength=strength,
            neighbours=neighbours,
            device=device,
            tile=parse_tile(tile),
            dtype=dtype,
            form=form,
            assess=assess,
            overwrite=overwrite,
            scheduler=scheduler,
            workers=workers,
        )
        show_report(report.to_dict(), as_json, _text(report))
    if report.failed:
        sys.exit(SOME_FAILED)


def _run(source: str, target: str, model: str, **options: Any) -> BatchReport:
    """Drive the steps under a progress bar."""
    from tqdm import tqdm

    from napari_denoise.batch import batch_steps
    from napari_denoise.batch.events import FileDone, FileProgress
    from napari_denoise.progress import run_to_end

    # Its own guess of the time left would count what was there already.
    shape = "{percentage:3.0f}%|{bar}| {desc}"
    with tqdm(total=100, bar_format=shape, disable=None, leave=False) as bar:
        files = "0 files"

        def show(step: Any) -> None:
            nonlocal files
            if isinstance(step, FileDone):
                files = f"{step.number} of {step.files} files"
            if isinstance(step, FileProgress | FileDone):
                left = tqdm.format_interval(step.seconds_left or 0)
                bar.set_description_str(f"{files}, {left} left", refresh=False)
                bar.update(round(100 * step.total, 1) - bar.n)

        return run_to_end(batch_steps(source, target, model, **options), show)


def _text(report: BatchReport) -> str:
    from napari_denoise.batch.reporting import summarise

    failed = [f"{record.file}: {record.error}" for record in report.failed]
    return "\n".join([*failed, summarise(report.records), f"See {report.page}."])
