"""From a checkpoint to a model file in the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

import napari_denoise
from napari_denoise.models import NetworkModel, Spec, Training, save_model
from napari_denoise.networks import ARCHITECTURES

if TYPE_CHECKING:
    from pathlib import Path

    from pretraining.recipe import Recipe

LICENCE = (
    "CC0, CC-BY, CC-BY-SA, BSD-3-Clause, MIT and public domain images, by source in "
    "pretraining/README.md"
)
AVERAGED = "module."


def export(recipe: Recipe, checkpoint: Path, target: Path) -> Path:
    """Write the averaged weights of a checkpoint as a model file.

    Parameters
    ----------
    recipe : Recipe
        The one that the checkpoint was trained by.
    checkpoint : Path
        As :func:`pretraining.training.save` wrote it.
    target : Path
        Replaced once the new file is complete.

    Returns
    -------
    Path
    """
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    network = ARCHITECTURES[recipe.architecture](**recipe.hyperparameters)
    average = state["average"].items()
    network.load_state_dict(
        {k.removeprefix(AVERAGED): v for k, v in average if k.startswith(AVERAGED)}
    )
    spec = Spec(
        architecture=recipe.architecture,
        hyperparameters=network.hyperparameters(),
        ndim=network.ndim,
        sigma_range=(0.0, recipe.degradation.max_sigma),
        receptive_radius=network.receptive_radius,
        halo=network.receptive_radius,
        stride=network.stride,
        summary=recipe.summary,
        training=Training(
            data=recipe.data,
            licence=LICENCE,
            minutes=round(state["seconds"] / 60, 1),
            megapixels=round(state["pixels"] / 1e6),
        ),
        software_version=napari_denoise.__version__,
    )
    return save_model(NetworkModel(recipe.architecture, spec, network.eval()), target)
