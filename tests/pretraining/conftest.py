"""Small recipes, small images, and the folder that training reads them from."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from skimage.io import imsave

from pretraining.images import load_collection
from pretraining.patches import PatchStream
from pretraining.phantoms import draw_phantom
from pretraining.recipe import Recipe
from pretraining.trainer import Trainer

if TYPE_CHECKING:
    from pathlib import Path

    from pretraining.images import Collection

CPU = torch.device("cpu")
SMALL: dict[str, dict[str, Any]] = {
    "unet": {"widths": [4, 8], "blocks": 1},
    "dncnn": {"depth": 4, "width": 6, "norm": True},
    "autoencoder": {"widths": [4, 8], "blocks": 1},
}
MAX_NOISE = 2.0
COLUMNS = ("file", "height", "width", "noise_percent", "source", "licence")


def small_recipe(architecture: str = "unet", **more: Any) -> Recipe:
    """Build a recipe that takes milliseconds a step."""
    options = {
        "hyperparameters": SMALL[architecture],
        "kinds": {"cells": 0.5, "phantom": 0.5},
        "patch": 16,
        "batch": 2,
        "muon": True,
        "bfloat16": False,
        "max_noise": MAX_NOISE,
    }
    return Recipe(architecture, **{**options, **more})


def new_trainer(architecture: str = "unet", **more: Any) -> Trainer:
    """Build a trainer on the CPU, its weights not those of the one before."""
    return Trainer(small_recipe(architecture, **more), CPU)


def equal_states(one: Any, other: Any) -> bool:
    """Whether two state dicts hold the same tensors and numbers."""
    if isinstance(one, dict):
        keys = one.keys()
        return keys == other.keys() and all(equal_states(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return all(equal_states(a, b) for a, b in zip(one, other, strict=True))
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Draw the same weights whichever tests are run."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold train/: 21 usable images of a kind, one noisy and one small."""
    folder: Path = tmp_path_factory.mktemp("data")
    (folder / "train/cells").mkdir(parents=True)
    rng, rows = np.random.default_rng(0), list[dict[str, Any]]()
    sides = {f"{number:02}": (96 + number, 2.0) for number in range(21)}
    for name, (side, noise) in {**sides, "noisy": (98, 2.1), "tiny": (95, 1)}.items():
        file = f"cells/{name}.png"
        pixels = (255 * draw_phantom(int(side), rng)).astype(np.uint8)
        imsave(folder / "train" / file, pixels, check_contrast=False)
        values = (file, side, side, noise, "drawn", "CC0")
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    with (folder / "train/MANIFEST.csv").open("w", newline="") as manifest:
        writer = csv.DictWriter(manifest, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="session")
def collection(data: Path) -> Collection:
    """Read what is usable; every fifth image is held out."""
    return load_collection(data / "train", MAX_NOISE, validate_every=5)


@pytest.fixture
def stream(collection: Collection) -> PatchStream:
    """Draw small batches."""
    return PatchStream(collection, small_recipe(), seed=7)
