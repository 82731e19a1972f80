"""The command that fine-tunes a model on one's own images."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_denoise.arguments import parse_noise
from napari_denoise.cli.options import AsJson, Axes, typed_path
from napari_denoise.cli.reporting import STOPPED, reporting, show_report
from napari_denoise.errors import FileError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_denoise.training.events import FineTuned

SUFFIX = ".safetensors"
CHECKPOINT = ".checkpoint"


def finetune(
    noisy: Annotated[
        Path,
        typer.Argument(
            help="image, or folder of images", metavar="NOISY", parser=typed_path
        ),
    ],
    clean: Annotated[
        Path | None,
        typer.Argument(
            help="the same, clean; without it, no clean data are needed",
            metavar="CLEAN",
            parser=typed_path,
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="model file to write",
            metavar="FILE",
            parser=typed_path,
        ),
    ] = Path("tuned.safetensors"),
    model: Annotated[str, typer.Option(help="what to start from")] = "unet",
    axes: Axes = None,
    noise: Annotated[
        str, typer.Option(help="auto, none, SIGMA, or GAIN,OFFSET,READ in counts")
    ] = "auto",
    target: Annotated[
        str, typer.Option(help="clean, mean, frames, recorrupted or blind")
    ] = "clean",
    steps: Annotated[int | None, typer.Option(help="steps to train")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="minutes to train; 5 by default")
    ] = None,
    loss: Annotated[
        str, typer.Option(help="mse, l1, charbonnier, ssim or perceptual")
    ] = "mse",
    train: Annotated[str, typer.Option(help="all, decoder or ends")] = "all",
    augmentation: Annotated[
        str, typer.Option(help="default, none or strong")
    ] = "default",
    validation: Annotated[float, typer.Option(help="share that is held out")] = 0.2,
    validation_noisy: Annotated[
        Path | None,
        typer.Option(
            help="judged on these instead of a share",
            metavar="PATH",
            parser=typed_path,
        ),
    ] = None,
    validation_clean: Annotated[
        Path | None,
        typer.Option(
            help="clean images of --validation-noisy",
            metavar="PATH",
            parser=typed_path,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="of everything random")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="gone on with after a stop; by default beside the model",
            metavar="FILE",
            parser=typed_path,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option(help="replace the model file if it exists")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on pairs of images, or on noisy images alone.

    A model that is not surely better on held-out data is not kept: then the file holds
    the start. After a stop or a kill, the same command goes on.
    """
    with reporting(as_json):
        began = time.perf_counter()
        target_file = _target_file(output, overwrite=overwrite)
        kept = checkpoint or target_file.with_name(target_file.name + CHECKPOINT)
        tuned = _run(
            model,
            str(noisy),
            str(clean) if clean else None,
            axes=axes,
            noise=parse_noise(noise),
            target=target,
            steps=steps,
            minutes=minutes,
            loss=loss,
            train=train,
            augmentation=augmentation,
            validation=_held_out(validation, validation_noisy, validation_clean),
            seed=seed,
            device=device,
            checkpoint=kept,
            tell=None if as_json else typer.echo,
        )
        from napari_denoise.models import save_model

        save_model(tuned.model, target_file)
        if checkpoint is None:
            kept.unlink(missing_ok=True)
        told = ("start", "best", "best_step", "kept_start")
        report: dict[str, Any] = {"model": str(target_file)}
        report |= {name: tuned.report[name] for name in told}
        report["seconds"] = round(time.perf_counter() - began, 1)
        show_report(report, as_json, f"{tuned.summary}\nWrote {target_file}.")


def _target_file(output: Path, *, overwrite: bool) -> Path:
    """Return the model's file, checked before hours of training."""
    target = output if output.suffix == SUFFIX else Path(f"{output}{SUFFIX}")
    if target.exists() and not overwrite:
        raise FileError(
            f"{target} exists already: choose another name, or --overwrite."
        )
    if not target.parent.is_dir():
        raise FileError(
            f"There is no folder {target.parent} to write the model to: make it, or "
            "choose another one."
        )
    return target


def _held_out(
    share: float, noisy: Path | None, clean: Path | None
) -> float | tuple[str, str | None]:
    """Return the share that is held out, or the images to judge on."""
    if noisy is None and clean is not None:
        raise OptionError(
            "--validation-clean needs the noisy images that belong to it: give "
            "--validation-noisy as well."
        )
    return share if noisy is None else (str(noisy), str(clean) if clean else None)


def _run(
    model: str,
    noisy: str,
    clean: str | None,
    *,
    tell: Callable[[str], None] | None,
    **options: Any,
) -> FineTuned:
    """Drive the steps under a progress bar."""
    from tqdm import tqdm

    from napari_denoise.progress import run_to_end
    from napari_denoise.training.events import EpochDone, PairsChecked, StepDone
    from napari_denoise.training.fine_tuning import fine_tune_steps

    with (
        _stoppable(options["checkpoint"]),
        tqdm(total=100, unit="%", disable=None, leave=False) as bar,
    ):

        def show(event: Any) -> None:
            if isinstance(event, PairsChecked) and tell:
                found = [finding.sentence for finding in event.report.findings]
                tell("\n".join([event.report.summary, *found]))
            if isinstance(event, StepDone):
                bar.update(round(100 * event.progress, 1) - bar.n)
            if isinstance(event, EpochDone):
                bar.set_postfix_str(event.verdict)

        return run_to_end(fine_tune_steps(model, noisy, clean, **options), show)


@contextmanager
def _stoppable(checkpoint: Path) -> Iterator[None]:
    """Say after Ctrl+C how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        there = f" from {checkpoint}" if checkpoint.exists() else ", from its beginning"
        typer.echo(f"Stopped. The same command goes on{there}.", err=True)
        sys.exit(STOPPED)
