"""What a fine-tuned model says of itself."""

from __future__ import annotations

import copy
import hashlib
import math
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save

from napari_denoise.models import NetworkModel, Training
from napari_denoise.models.halo import measure_halo
from napari_denoise.training.examples import noise_of
from napari_denoise.training.targets import ALONE, TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from napari_denoise.networks import DenoisingNetwork
    from napari_denoise.noise import Scaling
    from napari_denoise.training.course import Course
    from napari_denoise.training.history import History
    from napari_denoise.training.material import Material
    from napari_denoise.training.validation import Window

SUFFIX = "-tuned"


def weights_digest(network: DenoisingNetwork) -> str:
    """Return twelve hexadecimal digits that tell networks' weights apart."""
    weights = {
        name: value.detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    return hashlib.sha256(save(weights)).hexdigest()[:12]


def describe_training(
    start: NetworkModel,
    course: Course,
    material: Material,
    history: History,
    device: torch.device,
    seconds: float,
    share: float,
    warnings: list[str],
) -> dict[str, Any]:
    """Tell how a model was fine-tuned: plain data, for its file.

    Parameters
    ----------
    start : NetworkModel
        What it started from.
    course : Course
        As it was asked for.
    material : Material
        What it was trained and judged on.
    history : History
        How it went.
    device : torch.device
        What it was trained on.
    seconds : float
        Of training.
    share : float
        Weight of what was learned; the rest is that of the start.
    warnings : list of str
        What the user should know besides.

    Returns
    -------
    dict
    """
    warnings = [*material.warnings, *warnings]
    kept, best = not history.is_surely_better, history.points[history.best]
    first, chosen = history.points[0], history.points[0 if kept else history.best]
    step = history.points[-1].step
    patches = material.cutter.batch * material.cutter.side**2
    is_part = material.cutter.split.strip is not None
    images = len({window.scene for window in material.held_out})
    where = "held-out data" if images > 1 else "one held-out image"
    where = "a held-out part of the same image" if is_part else where
    told = summarise(history, where, is_estimate=course.target in ALONE)
    return {
        "method": TARGETS[course.target],
        "data": _data_in_words(material),
        "material": material.facts,
        "noise": _noise(material.held_out + material.seen),
        "course": course.to_dict(),
        "patch": material.cutter.side,
        "share_learned": round(share, 3),
        "start": _decibels(first.validation),
        "best": _decibels(chosen.validation),
        "gain_db": 0.0 if kept else best.gain_db,
        "gain_error_db": 0.0 if kept else best.gain_error_db,
        "best_step": chosen.step,
        "kept_start": kept,
        "verdict": history.verdict,
        "summary": " ".join([told, *warnings]),
        "warnings": [
            *warnings,
            *material.fields.warnings,
            *(f"Left out: {why}" for why in material.left_out.values()),
        ],
        "curves": [asdict(point) for point in history.points],
        "steps": step,
        "minutes": round(seconds / 60, 2),
        "megapixels": round(step * patches / 1e6, 1),
        "started_from": f"{start.name} ({weights_digest(start.network)})",
        "start_licence": start.spec.training.licence,
        "seed": course.seed,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def summarise(
    history: History, where: str = "held-out data", *, is_estimate: bool = False
) -> str:
    """Say in a sentence what came of it, and where that was found.

    Without clean images the gain is estimated well, what is left of the noise is not.
    """
    best, point = history.best_gain, history.points[history.best]
    if not history.is_surely_better:
        why = history.verdict.rstrip(".")
        return f"The start was kept, because nothing was surely better: {why}."
    than_noisy = "" if is_estimate else _than_noisy(point.validation)
    return (
        f"{best.decibels:.2f} ± {best.error:.2f} dB better than the start on "
        f"{where}, after {_steps(point.step)}{than_noisy}."
    )


def tuned_model(
    start: NetworkModel, weights: dict[str, Tensor] | None, report: dict[str, Any]
) -> NetworkModel:
    """Put weights and report into a model; the start's weights if there are none.

    Parameters
    ----------
    start : NetworkModel
        Not changed.
    weights : dict of str to Tensor, or None
        Of the best point.
    report : dict
        From :func:`describe_training`.

    Returns
    -------
    NetworkModel
    """
    network = copy.deepcopy(start.network).cpu()
    spec, quality = start.spec, start.spec.quality
    if weights is not None:
        network.load_state_dict(weights)
        quality = {"held-out gain dB": round(report["gain_db"], 3)}
    network = network.eval()
    halo = measure_halo(network, spec.sigma_range[1]) if weights else spec.halo
    name = start.name if start.name.endswith(SUFFIX) else start.name + SUFFIX
    changes = {
        "hyperparameters": network.hyperparameters(),
        "halo": halo,
        "summary": f"Fine-tuned from {start.name}: {report['summary']}",
        "training": Training.model_validate(report),
        "quality": quality,
        "parent": report["started_from"],
        "software_version": version("napari-denoise"),
    }
    return NetworkModel(name, spec.model_copy(update=changes), network)


def _than_noisy(share: float) -> str:
    better = _decibels(share)
    return "" if better is None else f"; {better:.1f} dB better than the noisy images"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _decibels(share: float) -> float | None:
    """Improvement over the noisy images; None where it could not be estimated."""
    return round(-10 * math.log10(share), 3) if share > 0 else None


def _data_in_words(material: Material) -> str:
    facts = material.facts
    planes, pairs = facts["planes"], facts["pairs"]
    listed = ", ".join(facts["names"])
    unnamed = pairs - len(facts["names"])
    more = f" and {unnamed} more" if unnamed else ""
    images = "1 image" if pairs == 1 else f"{pairs} images"
    of_planes = "1 plane" if planes == 1 else f"{planes} planes"
    return f"{images} of the user's own, {of_planes}: {listed}{more}"


def _noise(windows: Sequence[Window]) -> list[dict[str, Any]]:
    """List the different noise models, the first few."""
    seen: dict[int, Scaling] = {id(w.scaling): w.scaling for w in windows}
    models = [noise_of(scaling).to_dict() for scaling in seen.values()]
    keys = ("gain", "offset", "read_std", "correlation_length", "kind")
    return [{key: model[key] for key in keys} for model in models[:20]]
