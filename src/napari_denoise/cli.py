"""The command line: ``napari-denoise``."""

from __future__ import annotations

import json
import math
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_denoise.arguments import parse_noise, parse_tile
from napari_denoise.errors import DenoiseError, FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_denoise.models import ModelCard

BAD_INPUT = 2
REPORTED = ("model", "axes", "shape", "noise", "tile", "halo", "device", "seconds")
UsageError: Any = typer.BadParameter.__base__
"""Missing, unknown and unreadable arguments; typer does not export it."""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Denoise microscopy images.",
)

ImagePath = Annotated[Path, typer.Argument(help="TIFF image", metavar="IN")]
Axes = Annotated[
    str | None, typer.Option(help="letters of TCZYXS, one per axis of the image")
]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]


@app.command()
def denoise(
    source: ImagePath,
    target: Annotated[Path, typer.Argument(help=".tif or .zarr", metavar="OUT")],
    model: Annotated[str, typer.Option(help="a name or a model file")] = "unet",
    axes: Axes = None,
    noise: Annotated[
        str, typer.Option(help="auto, none, SIGMA, or GAIN,OFFSET,READ in counts")
    ] = "auto",
    strength: Annotated[float, typer.Option(help="0 to 2; 1 is full")] = 1.0,
    neighbours: Annotated[str, typer.Option(help="none, Z, T or auto")] = "none",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    tile: Annotated[str, typer.Option(help="auto, or a side in pixels")] = "auto",
    dtype: Annotated[
        str | None, typer.Option(help="type of the result; by default the source's")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="replace OUT if it exists")] = False,
    as_json: AsJson = False,
) -> None:
    """Denoise a TIFF image into a TIFF or OME-Zarr; axes and calibration are kept."""
    with _reporting(as_json):
        from napari_denoise.files import OmeZarr, pixel_spacing, read_tiff, write_tiff
        from napari_denoise.output import check_target, describe_output, is_zarr

        facts_file = Path(f"{target}.json")
        for path in (target, facts_file):
            if path.exists() and not overwrite:
                raise FileError(
                    f"{path} exists already: choose another name, or --overwrite."
                )
        check_target(target, overwrite=overwrite)
        image = read_tiff(source)
        letters = _chosen_axes(image.data.shape, axes, image.axes)
        out = None
        if is_zarr(target):
            out = OmeZarr(target, *pixel_spacing(image, letters), overwrite=overwrite)
        result = _run(
            image.data,
            model,
            axes=letters,
            noise=parse_noise(noise),
            strength=strength,
            neighbours=neighbours,
            device=device,
            tile=parse_tile(tile),
            dtype=dtype,
            out=out,
        )
        facts = {**result.provenance, "source": str(source)}
        if out is None:
            write_tiff(target, result.data, facts["axes"], image)
        else:
            describe_output(out, facts)
        _write_whole(facts_file, json.dumps(facts, indent=2))
        told = [*image.notes, *result.warnings]
        for warning in told:
            typer.echo(f"Note: {warning}", err=True)
        report: dict[str, Any] = {"input": str(source), "output": str(target)}
        report |= {name: facts[name] for name in REPORTED}
        pixels = facts["options"]["dtype"] or facts["dtype"]
        report |= {"dtype": pixels, "warnings": told}
        along = facts["options"]["neighbours"]
        looked = f", neighbours along {along}" if along != "none" else ""
        text = f"Wrote {target} in {facts['seconds']:.1f} s: {facts['model']}{looked}."
        _show(report, as_json, text)


@app.command()
def noise(
    source: ImagePath,
    axes: Axes = None,
    offset: Annotated[
        float | None, typer.Option(help="what the camera gives in the dark, in counts")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the noise of a TIFF image, channel by channel."""
    with _reporting(as_json):
        from napari_denoise.files import read_tiff
        from napari_denoise.noise import NoiseModel, estimate_noise

        image = read_tiff(source)
        letters = _chosen_axes(image.data.shape, axes, image.axes)
        measured = estimate_noise(image.data, axes=letters, offset=offset)
        models = [measured] if isinstance(measured, NoiseModel) else measured
        lines = [f"channel {i}: {_describe(m)}" for i, m in enumerate(models)]
        report = {"channels": [model.to_dict() for model in models]}
        _show(report, as_json, "\n".join(lines))


@app.command()
def evaluate(
    image: Annotated[Path, typer.Argument(help="TIFF image to judge")],
    clean: Annotated[Path, typer.Argument(help="clean TIFF image of the same field")],
    affine: Annotated[
        bool, typer.Option("--affine", help="fit brightness and contrast first")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare an image with a clean reference: PSNR, SSIM, error."""
    with _reporting(as_json):
        from napari_denoise.files import read_tiff
        from napari_denoise.quality import evaluate as compare

        metrics = compare(read_tiff(image).data, read_tiff(clean).data, affine=affine)
        text = (
            f"PSNR {metrics.psnr:.2f} dB, SSIM {metrics.ssim:.4f}, "
            f"NRMSE {metrics.nrmse:.4f} (range {metrics.data_range:g})"
        )
        # JSON knows no infinity: the PSNR of identical images is null.
        numbers = metrics.to_dict().items()
        report = {name: x if math.isfinite(x) else None for name, x in numbers}
        _show(report, as_json, text)


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="show one model's card")] = None,
    as_json: AsJson = False,
) -> None:
    """List the models, or show one model's card."""
    with _reporting(as_json):
        from napari_denoise.models import list_models, load_model
        from napari_denoise.models.own import read_shelf

        cards = [load_model(name).card] if name else list_models()
        width = max(12, *(len(card.name) for card in cards))
        rows = [_card_text(c) if name else _card_line(c, width) for c in cards]
        for remark in () if name else read_shelf().remarks:
            typer.echo(f"Note: {remark}", err=True)
        _show([card.to_dict() for card in cards], as_json, "\n".join(rows))


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="folder for table and picture")] = Path(
        "demo"
    ),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    as_json: AsJson = False,
) -> None:
    """Denoise the bundled real images with every model and compare."""
    with _reporting(as_json):
        from napari_denoise.demo import format_table, run_demo

        rows, pictures = run_demo(output, device)
        names = "\n".join(f"Picture: {path}" for path in pictures)
        report = {"rows": rows, "pictures": [str(path) for path in pictures]}
        _show(report, as_json, f"{format_table(rows)}\n\n{names}")


def main() -> None:
    """Run the command line; bad usage is one line, or one object with ``--json``."""
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except UsageError as error:
        _complain("UsageError", error.format_message(), as_json="--json" in sys.argv)
        code = BAD_INPUT
    sys.exit(code or 0)


def _run(image: Any, model: str, **options: Any) -> Any:
    """Drive the steps under a progress bar."""
    from tqdm import tqdm

    from napari_denoise.denoising import TileDone, denoise_steps, run_to_end

    with tqdm(unit="px", unit_scale=True, disable=None, leave=False) as bar:

        def show(step: Any) -> None:
            if isinstance(step, TileDone):
                bar.total = step.total
                bar.update(max(step.done - bar.n, 0))

        return run_to_end(denoise_steps(image, model, **options), show)


def _chosen_axes(shape: tuple[int, ...], axes: str | None, labels: str) -> str:
    from napari_denoise.axes import resolve_axes

    return resolve_axes(shape, axes, labels)


def _write_whole(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


@contextmanager
def _reporting(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong into one line and exit code 2."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (DenoiseError, OSError, MemoryError) as error:
        _complain(type(error).__name__, str(error), as_json=as_json)
        sys.exit(BAD_INPUT)


def _complain(kind: str, message: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"error": kind, "message": message}))
    else:
        typer.echo(f"Error: {message}", err=True)


def _show(report: Any, as_json: bool, text: str) -> None:
    typer.echo(json.dumps(report) if as_json else text)


def _describe(model: Any) -> str:
    assumed = " (assumed)" if model.offset_assumed else ""
    numbers = (
        f"gain {model.gain:.4g}, offset {model.offset:.4g}{assumed}, read noise "
        f"{model.read_std:.4g}, σ {model.sigma:.4g} at the mean ({model.kind})"
    )
    return "\n  ".join([numbers, *model.warnings])


def _card_line(card: ModelCard, width: int = 12) -> str:
    size = f"{card.bytes / 1e6:.1f} MB" if card.bytes else "–"
    return f"{card.name:{width}} {card.kind:10} {card.ndim}D {size:>8}  {card.summary}"


def _card_text(card: ModelCard) -> str:
    lines = [_card_line(card)]
    lines += [f"  {key}: {value}" for key, value in card.quality.items()]
    lines += [f"  training {key}: {value}" for key, value in card.training.items()]
    return "\n".join(lines)
