"""Denoise microscopy images with pretrained networks, in counts and offline.

Names are loaded when they are first used: importing the package imports neither torch
nor napari.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from napari_denoise._napari.layers import denoise_layer
    from napari_denoise._napari.measuring.regions import background_region
    from napari_denoise.batch import BatchReport, batch_steps, denoise_folder
    from napari_denoise.cluster import denoise_on_cluster, denoise_on_cluster_steps
    from napari_denoise.denoising import denoise, denoise_steps
    from napari_denoise.errors import DenoiseError
    from napari_denoise.models import (
        Model,
        ModelCard,
        list_models,
        load_model,
        new_model,
        save_model,
    )
    from napari_denoise.noise import Measure, NoiseModel, estimate_noise
    from napari_denoise.quality import Metrics, evaluate
    from napari_denoise.training.augmentation import Augmentation
    from napari_denoise.training.check import PairReport, check_pairs
    from napari_denoise.training.fine_tuning import fine_tune, fine_tune_steps
    from napari_denoise.trust.assessment import assess, assess_steps
    from napari_denoise.trust.ranking import rank_models, rank_steps
    from napari_denoise.trust.verdict import Assessment

__all__ = [
    "Assessment",
    "Augmentation",
    "BatchReport",
    "DenoiseError",
    "Measure",
    "Metrics",
    "Model",
    "ModelCard",
    "NoiseModel",
    "PairReport",
    "__version__",
    "assess",
    "assess_steps",
    "background_region",
    "batch_steps",
    "check_pairs",
    "denoise",
    "denoise_folder",
    "denoise_layer",
    "denoise_on_cluster",
    "denoise_on_cluster_steps",
    "denoise_steps",
    "estimate_noise",
    "evaluate",
    "fine_tune",
    "fine_tune_steps",
    "list_models",
    "load_model",
    "new_model",
    "rank_models",
    "rank_steps",
    "save_model",
]

_HOMES = {
    "Assessment": "trust.verdict",
    "Augmentation": "training.augmentation",
    "BatchReport": "batch",
    "DenoiseError": "errors",
    "Measure": "noise",
    "Metrics": "quality",
    "Model": "models",
    "ModelCard": "models",
    "NoiseModel": "noise",
    "PairReport": "training.check",
    "assess": "trust.assessment",
    "assess_steps": "trust.assessment",
    "background_region": "_napari.measuring.regions",
    "batch_steps": "batch",
    "check_pairs": "training.check",
    "denoise": "denoising",
    "denoise_folder": "batch",
    "denoise_layer": "_napari.layers",
    "denoise_on_cluster": "cluster",
    "denoise_on_cluster_steps": "cluster",
    "denoise_steps": "denoising",
    "estimate_noise": "noise",
    "evaluate": "quality",
    "fine_tune": "training.fine_tuning",
    "fine_tune_steps": "training.fine_tuning",
    "list_models": "models",
    "load_model": "models",
    "new_model": "models",
    "rank_models": "trust.ranking",
    "rank_steps": "trust.ranking",
    "save_model": "models",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("napari-denoise")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
