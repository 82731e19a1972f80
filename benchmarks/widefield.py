"""Real widefield pairs (W2S), and photon noise drawn on their clean images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from skimage.io import imread

from napari_denoise import NoiseModel
from napari_denoise.noise import simulate

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LAST_FIELD_TRAINED_ON = 10
DETECTOR = NoiseModel(gain=2.0, offset=100.0, read_std=3.0)
PHOTONS = 15
"""At the 99.9th percentile of a simulated image."""


@dataclass(frozen=True)
class Field:
    """One field and stain.

    Attributes
    ----------
    name : str
    folder : Path
        Of W2S.
    is_simulated : bool
    """

    name: str
    folder: Path
    is_simulated: bool

    @property
    def is_trained_on(self) -> bool:
        """Whether it is one of the first ten fields."""
        return int(self.name[:3]) <= LAST_FIELD_TRAINED_ON

    @cached_property
    def clean(self) -> NDArray[Any]:
        """The clean image, as the camera would have counted it."""
        image = imread(next((self.folder / "clean").glob(f"{self.name}.*")))
        if not self.is_simulated:
            return np.asarray(image)
        unit = image.astype(np.float32) / np.percentile(image, 99.9)
        return np.asarray(DETECTOR.offset + DETECTOR.gain * PHOTONS * unit, np.float32)

    def noisy(self, frame: int = 0) -> NDArray[Any]:
        """Return a noisy image of it; any number of frames where it is simulated."""
        if not self.is_simulated:
            return np.asarray(
                imread(next((self.folder / "noisy").glob(f"{self.name}.*")))
            )
        seed = [frame, *map(ord, self.name)]
        counts = simulate(self.clean, DETECTOR, np.random.default_rng(seed))
        return counts.round().clip(0, 65535).astype(np.uint16)


def fields(data: Path, kind: str, stain: str) -> list[Field]:
    """List all fields of a set, of one stain or all."""
    folder = data / "dev" / "w2s"
    names = sorted(path.stem for path in (folder / "noisy").iterdir())
    names = [name for name in names if stain in ("all", name[-1])]
    return [Field(name, folder, kind == "simulated") for name in names]
