"""Models: cards, files, the bundled ones and the classical ones, in one list."""

from napari_denoise.models.card import ModelCard, Spec, Training
from napari_denoise.models.depth import choose_depth
from napari_denoise.models.files import save_model
from napari_denoise.models.model import ClassicalModel, Model, NetworkModel
from napari_denoise.models.registry import list_models, load_model

__all__ = [
    "ClassicalModel",
    "Model",
    "ModelCard",
    "NetworkModel",
    "Spec",
    "Training",
    "choose_depth",
    "list_models",
    "load_model",
    "save_model",
]
