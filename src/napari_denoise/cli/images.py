"""Commands on an image: denoise it, measure its noise, compare it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_denoise.arguments import parse_noise, parse_tile
from napari_denoise.cli.options import (
    AsJson,
    Axes,
    ImagePath,
    Scheduler,
    Series,
    Workers,
    chosen_axes,
    typed_path,
)
from napari_denoise.cli.reporting import reporting, show_report, stoppable
from napari_denoise.errors import FileError

if TYPE_CHECKING:
    from napari_denoise.files import ImageTarget
    from napari_denoise.progress import Denoised, Progress
    from napari_denoise.sources import Source

if TYPE_CHECKING:
    from napari_denoise.files import ImageFile

NAMED = 5
"""So many other series are named."""
REPORTED = ("model", "axes", "shape", "noise", "tile", "halo", "device", "seconds")


def denoise(
    source: ImagePath,
    target: Annotated[
        Path, typer.Argument(help=".tif or .zarr", metavar="OUT", parser=typed_path)
    ],
    model: Annotated[str, typer.Option(help="a name or a model file")] = "unet",
    axes: Axes = None,
    noise: Annotated[
        str, typer.Option(help="auto, none, SIGMA, or GAIN,OFFSET,READ in counts")
    ] = "auto",
    strength: Annotated[float, typer.Option(help="0 to 2; 1 is full")] = 1.0,
    neighbours: Annotated[str, typer.Option(help="none, Z, T or auto")] = "none",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    tile: Annotated[str, typer.Option(help="auto, a side in pixels, or Y,X")] = "auto",
    dtype: Annotated[
        str | None, typer.Option(help="type of the result; by default the source's")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="replace OUT if it exists")] = False,
    series: Series = 0,
    scheduler: Scheduler = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Denoise an image plane by plane; axes, calibration and channels are kept.

    On a Dask cluster (--scheduler) or in several processes (--workers) OUT is a .zarr;
    after a stop or a kill the same command goes on.
    """
    alone = scheduler is None and workers is None
    advice = ("Nothing was changed.",) if alone else ()
    with reporting(as_json), stoppable(*advice):
        from napari_denoise.files import ImageTarget, open_image
        from napari_denoise.files.apart import check_apart
        from napari_denoise.files.creating import check_target, facts_path
        from napari_denoise.sources import Source

        check_apart(source, target)
        for path in (target, facts_path(target)):
            if path.exists() and not overwrite:
                raise FileError(
                    f"{path} exists already: choose another name, or --overwrite."
                )
        check_target(target, overwrite=overwrite)
        with open_image(source, series) as image:
            letters = chosen_axes(image.data.shape, axes, image.axes)
            out = ImageTarget(target, image.info, overwrite=overwrite, beside=True)
            away = {"scheduler": scheduler, "workers": workers, "series": series}
            steps = _steps(
                Source(image.data, letters, str(source)),
                out,
                away,
                model=model,
                axes=letters,
                noise=parse_noise(noise),
                strength=strength,
                neighbours=neighbours,
                device=device,
                tile=parse_tile(tile),
                dtype=dtype,
            )
            result = _run(steps)
        others = _other_series(source, series)
        told = list(dict.fromkeys([*image.notes, *others, *result.warnings]))
        for warning in told:
            typer.echo(f"Note: {warning}", err=True)
        facts = result.provenance
        report: dict[str, Any] = {"input": str(source), "output": str(target)}
        report |= {name: facts[name] for name in REPORTED}
        kind = facts["options"]["dtype"] or facts["dtype"]
        report |= {"dtype": kind, "warnings": told}
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
    series: Series = 0,
    as_json: AsJson = False,
) -> None:
    """Measure the noise of an image, channel by channel."""
    with reporting(as_json):
        from napari_denoise.files import open_image
        from napari_denoise.noise import NoiseModel, estimate_noise

        with open_image(source, series) as image:
            letters = chosen_axes(image.data.shape, axes, image.axes)
            measured = estimate_noise(image.data, axes=letters, offset=offset)
        models = [measured] if isinstance(measured, NoiseModel) else measured
        lines = [f"channel {i}: {_describe(m)}" for i, m in enumerate(models)]
        report = {"channels": [model.to_dict() for model in models]}
        show_report(report, as_json, "\n".join(lines))


def evaluate(
    image: Annotated[
        Path,
        typer.Argument(help="image to judge", metavar="IMAGE", parser=typed_path),
    ],
    clean: Annotated[
        Path,
        typer.Argument(
            help="clean image of the same field", metavar="CLEAN", parser=typed_path
        ),
    ],
    affine: Annotated[
        bool, typer.Option("--affine", help="fit brightness and contrast first")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare an image with a clean reference: PSNR, SSIM, error."""
    with reporting(as_json):
        from napari_denoise.files import open_image
        from napari_denoise.quality import evaluate as compare

        with open_image(image) as judged, open_image(clean) as true:
            pixels = _in_order_of(true, judged)
            metrics = compare(pixels[...], true.data[...], affine=affine)
        text = (
            f"PSNR {metrics.psnr:.2f} dB, SSIM {metrics.ssim:.4f}, "
            f"NRMSE {metrics.nrmse:.4f} (range {metrics.data_range:g})"
        )
        # JSON knows no infinity: the PSNR of identical images is null.
        numbers = metrics.to_dict().items()
        report = {name: x if math.isfinite(x) else None for name, x in numbers}
        show_report(report, as_json, text)


def _in_order_of(true: ImageFile, judged: ImageFile) -> Any:
    """Turn an image as another one; where axes are named otherwise, shapes decide."""
    from napari_denoise.files.turned import in_order

    try:
        return in_order(judged, true.axes)
    except FileError:
        return judged.data


def _other_series(source: Path, series: int) -> list[str]:
    """Say which images of the file were left out."""
    from napari_denoise.files import series_names

    names = series_names(source)
    others = [f"{i} “{name}”" for i, name in enumerate(names) if i != series]
    if not others:
        return []
    listed = ", ".join(others[:NAMED]) + (", …" if len(others) > NAMED else "")
    return [
        f"The file holds {len(names)} image series; only number {series} was read. "
        f"Choose another one with --series: {listed}."
    ]


def _steps(
    source: Source, out: ImageTarget, away: dict[str, Any], **options: Any
) -> Progress:
    """Choose who does the work: this process, or those of a cluster."""
    if away["scheduler"] is None and away["workers"] is None:
        from napari_denoise.denoising import denoise_steps

        return denoise_steps(source, out=out, **options)
    from napari_denoise.cluster import denoise_on_cluster_steps

    return denoise_on_cluster_steps(str(source.name), out, **away, **options)


def _run(steps: Progress) -> Denoised:
    """Drive the steps under a progress bar."""
    from tqdm import tqdm

    from napari_denoise.progress import TileDone, run_to_end

    with tqdm(unit="px", unit_scale=True, disable=None, leave=False) as bar:

        def show(step: Any) -> None:
            if isinstance(step, TileDone):
                bar.total = step.total
                bar.update(max(step.done - bar.n, 0))

        return run_to_end(steps, show)


def _describe(model: Any) -> str:
    assumed = " (assumed)" if model.offset_assumed else ""
    numbers = (
        f"gain {model.gain:.4g}, offset {model.offset:.4g}{assumed}, read noise "
        f"{model.read_std:.4g}, σ {model.sigma:.4g} at the mean ({model.kind})"
    )
    return "\n  ".join([numbers, *model.warnings])
