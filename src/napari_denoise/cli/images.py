"""Commands on an image: denoise it, measure its noise, compare it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from napari_denoise.arguments import parse_noise, parse_tile
from napari_denoise.cli.options import AsJson, Axes, ImagePath, chosen_axes
from napari_denoise.cli.reporting import reporting, show_report, write_whole
from napari_denoise.errors import FileError

REPORTED = ("model", "axes", "shape", "noise", "tile", "halo", "device", "seconds")


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
    with reporting(as_json):
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
        letters = chosen_axes(image.data.shape, axes, image.axes)
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
        write_whole(facts_file, json.dumps(facts, indent=2))
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
        show_report(report, as_json, text)


def noise(
    source: ImagePath,
    axes: Axes = None,
    offset: Annotated[
        float | None, typer.Option(help="what the camera gives in the dark, in counts")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the noise of a TIFF image, channel by channel."""
    with reporting(as_json):
        from napari_denoise.files import read_tiff
        from napari_denoise.noise import NoiseModel, estimate_noise

        image = read_tiff(source)
        letters = chosen_axes(image.data.shape, axes, image.axes)
        measured = estimate_noise(image.data, axes=letters, offset=offset)
        models = [measured] if isinstance(measured, NoiseModel) else measured
        lines = [f"channel {i}: {_describe(m)}" for i, m in enumerate(models)]
        report = {"channels": [model.to_dict() for model in models]}
        show_report(report, as_json, "\n".join(lines))


def evaluate(
    image: Annotated[Path, typer.Argument(help="TIFF image to judge")],
    clean: Annotated[Path, typer.Argument(help="clean TIFF image of the same field")],
    affine: Annotated[
        bool, typer.Option("--affine", help="fit brightness and contrast first")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare an image with a clean reference: PSNR, SSIM, error."""
    with reporting(as_json):
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
        show_report(report, as_json, text)


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


def _describe(model: Any) -> str:
    assumed = " (assumed)" if model.offset_assumed else ""
    numbers = (
        f"gain {model.gain:.4g}, offset {model.offset:.4g}{assumed}, read noise "
        f"{model.read_std:.4g}, σ {model.sigma:.4g} at the mean ({model.kind})"
    )
    return "\n  ".join([numbers, *model.warnings])
