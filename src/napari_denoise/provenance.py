"""What is kept beside a result: enough to run it again."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from napari_denoise.files.creating import facts_path
from napari_denoise.noise import Measure, NoiseModel
from napari_denoise.options import AUTO

if TYPE_CHECKING:
    from pathlib import Path

    from napari_denoise.noise import Scaling
    from napari_denoise.sources import Source
    from napari_denoise.treatment import Treatment

SOFTWARE = "napari-denoise"


def describe_run(
    source: Source,
    axes: str,
    treatments: list[Treatment],
    request: dict[str, Any],
    scalings: list[Scaling],
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
    treatments : list of Treatment
        One per channel. Where they differ, ``"channels"`` tells them one by one.
    request : dict
        The options as they were given, but those that are told of each treatment.
    scalings : list of Scaling
        Noise, shift and scale of each channel.
    warnings : tuple of str
        What the user was told.
    seconds : float
        Duration of the run.

    Returns
    -------
    dict
        Takes JSON.
    """
    ways = [describe_treatment(treatment) for treatment in treatments]
    return describe_ways(
        source, axes, ways, request, scalings, warnings, seconds=seconds
    )


def describe_ways(
    source: Source,
    axes: str,
    ways: list[dict[str, Any]],
    request: dict[str, Any],
    scalings: list[Scaling],
    warnings: tuple[str, ...],
    *,
    seconds: float,
) -> dict[str, Any]:
    """Describe a run whose treatments were described where it ran.

    Parameters
    ----------
    source, axes, request, scalings, warnings, seconds
        As :func:`describe_run` takes them.
    ways : list of dict
        As :func:`describe_treatment` gives them, one per channel.

    Returns
    -------
    dict
        Takes JSON.
    """
    first = next((way for way in ways if way["tile"]), ways[0])
    strengths = [way["strength"] for way in ways]
    used = {
        "neighbours": _in_common([way["neighbours"] for way in ways]) or AUTO,
        "strength": strengths if _in_common(strengths) is None else strengths[0],
    }
    description = {
        "software": SOFTWARE,
        "version": version("napari-denoise"),
        "source": source.name,
        "model": ", ".join(dict.fromkeys(way["model"] for way in ways)),
        "model_file": first["model_file"],
        "axes": axes,
        "shape": list(source.data.shape),
        "dtype": source.dtype.name,
        "options": {**request, **used, "noise": plain_noise(request["noise"])},
        "noise": [s.noise.to_dict() for s in scalings if s.noise is not None],
        "ranges": [
            {"shift": s.shift, "scale": s.scale, "sigma": s.sigma} for s in scalings
        ],
        "tile": first["tile"],
        "halo": first["halo"],
        "device": first["device"],
        "seconds": seconds,
        "warnings": list(warnings),
    }
    differ = any(way != ways[0] for way in ways)
    return description | ({"channels": ways} if differ else {})


def _in_common(values: list[Any]) -> Any:
    """Return what all channels have; None if they differ."""
    return values[0] if len(set(values)) == 1 else None


def describe_treatment(treatment: Treatment) -> dict[str, Any]:
    """Describe how a channel was treated, in plain data that takes JSON."""
    engine: Any = treatment.engine
    workload = getattr(engine, "workload", None)
    path = getattr(engine.model, "path", None)
    return {
        "model": engine.model.card.name,
        "model_file": str(path) if path else None,
        "neighbours": treatment.neighbours,
        "strength": treatment.strength,
        "tile": list(engine.tile) if workload else None,
        "halo": list(engine.halo) if workload else None,
        "device": workload.device.type if workload else "cpu",
    }


def plain_noise(noise: Any) -> Any:
    """Tell the option `noise` in plain data that takes JSON."""
    if isinstance(noise, NoiseModel | Measure):
        return noise.to_dict()
    if isinstance(noise, list | tuple):
        return [plain_noise(model) for model in noise]
    return noise if isinstance(noise, str) else float(noise)


def read_provenance(target: Path) -> dict[str, Any]:
    """Read how a result came about from the file that lies beside it.

    Parameters
    ----------
    target : Path
        Of the result.

    Returns
    -------
    dict
        Empty if there is no such file, or it is none of napari-denoise.
    """
    try:
        told = json.loads(facts_path(target).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    ours = isinstance(told, dict) and told.get("software") == SOFTWARE
    return dict(told) if ours else {}
