"""Models: cards, files; bundled, own and classical ones in one list."""

from napari_denoise.models.card import ModelCard, Spec, Training
from napari_denoise.models.depth import choose_depth
from napari_denoise.models.files import save_model
from napari_denoise.models.model import ClassicalModel, Model, NetworkModel
from napari_denoise.models.own import own_models, save_own_model
from napari_denoise.models.registry import bundled_models, list_models, load_model
from napari_denoise.models.untrained import new_model

__all__ = [
    "ClassicalModel",
    "Model",
    "ModelCard",
    "NetworkModel",
    "Spec",
    "Training",
    "bundled_models",
    "choose_depth",
    "list_models",
    "load_model",
    "new_model",
    "own_models",
    "save_model",
    "save_own_model",
]
