"""Only a part of an image denoised, with the noise of all of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from napari_denoise.preview import Preview, never
from napari_denoise.progress import Denoised, NoiseMeasured
from napari_denoise.provenance import describe_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_denoise.progress import Progress
    from napari_denoise.surroundings import Part


def denoise_part_steps(
    image: Any,
    part: Part,
    model: Any = "unet",
    *,
    axes: str | None = None,
    noise: Any = "auto",
    strength: Any = 1.0,
    neighbours: str = "none",
    device: str = "auto",
    cancelled: Callable[[], bool] = never,
) -> Progress:
    """Denoise a rectangle of one plane as a run over the whole image would.

    Parameters
    ----------
    image : array-like or napari image layer
        As `denoise` takes it; only read.
    part : Part
        Which plane, rows and columns.
    model, axes, noise, strength, neighbours, device, cancelled
        As :func:`~napari_denoise.denoising.denoise_steps` takes them.

    Yields
    ------
    NoiseMeasured, TileDone

    Returns
    -------
    Denoised
        With ``data`` of shape (rows, columns) or (rows, columns, samples), and what
        was seen of the image in ``provenance["part"]``.

    Raises
    ------
    DenoiseError
        As `denoise`; `Cancelled` if `cancelled` became true.
    """
    began = time.perf_counter()
    preview = Preview(image, axes=axes, noise=noise, cancelled=cancelled)
    ways = preview.treatments(
        part.place, model, strength, neighbours, device, cancelled
    )
    scalings = [preview.scalings[number] for number in ways]
    models = tuple(s.noise for s in scalings if s.noise is not None)
    for number, found in enumerate(models):
        yield NoiseMeasured(number, len(models), found)
    pixels = yield from preview.part_steps(part, ways, cancelled)
    engines = [remark for way in ways.values() for remark in way.engine.warnings]
    remarks = [remark for found in models for remark in found.warnings]
    request = {
        "axes": axes,
        "noise": noise,
        "device": device,
    }
    provenance = describe_run(
        preview.source,
        preview.layout.axes,
        list(ways.values()),
        request,
        scalings,
        tuple(dict.fromkeys([*engines, *remarks])),
        seconds=time.perf_counter() - began,
    )
    provenance["part"] = {
        "place": dict(part.place),
        "rows": list(part.rows),
        "columns": list(part.columns),
    }
    return Denoised(pixels, models, tuple(provenance["warnings"]), provenance)
