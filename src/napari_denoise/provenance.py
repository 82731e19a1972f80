"""What is kept beside a result: enough to run it again."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from napari_denoise.noise import Measure, NoiseModel

if TYPE_CHECKING:
    from napari_denoise.models import Model
    from napari_denoise.noise import Scaling
    from napari_denoise.sources import Source


def describe_run(
    source: Source,
    axes: str,
    model: Model,
    request: dict[str, Any],
    scalings: list[Scaling],
    engine: Any,
    warnings: tuple[str, ...],
    *,
    seconds: float,
) -> dict[str, Any]:
    """Describe a run in plain data.

    Parameters
    ----------
    source : Source
        What was denoised.
    axes : str
        Letters of TCZYXS.
    model : Model
        By its card.
    request : dict
        The options as they were given.
    scalings : list of Scaling
        Noise, shift and scale of each channel.
    engine : TileRunner or WholePlanes
        Says tile, halo and device, where there are any.
    warnings : tuple of str
        What the user was told.
    seconds : float
        Duration of the run.

    Returns
    -------
    dict
        Takes JSON.
    """
    workload = getattr(engine, "workload", None)
    return {
        "software": "napari-denoise",
        "version": version("napari-denoise"),
        "source": source.name,
        "model": model.card.name,
        "model_file": str(path) if (path := getattr(model, "path", None)) else None,
        "axes": axes,
        "shape": list(source.data.shape),
        "dtype": source.dtype.name,
        "options": {**request, "noise": _plain(request["noise"])},
        "noise": [s.noise.to_dict() for s in scalings if s.noise is not None],
        "ranges": [
            {"shift": s.shift, "scale": s.scale, "sigma": s.sigma} for s in scalings
        ],
        "tile": list(engine.tile) if workload else None,
        "halo": list(engine.halo) if workload else None,
        "device": workload.device.type if workload else "cpu",
        "seconds": seconds,
        "warnings": list(warnings),
    }


def _plain(noise: Any) -> Any:
    if isinstance(noise, NoiseModel | Measure):
        return noise.to_dict()
    if isinstance(noise, list | tuple):
        return [_plain(model) for model in noise]
    return noise if isinstance(noise, str) else float(noise)
