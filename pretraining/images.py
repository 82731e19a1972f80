"""Clean training images, and patches of them sampled by content."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter, zoom
from skimage.io import imread
from tifffile import imread as read_stack

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NOISY = "noisy"
"""Folder of stacks that are no clean truth."""
PATCHES_LOOKED_AT = 4
"""Of so many random patches, one is drawn by its share of the contrast."""


@dataclass(frozen=True)
class CleanImage:
    """One training image, or stack, with the range its intensities are scaled by.

    Attributes
    ----------
    pixels : ndarray of uint8 or uint16, shape ([Z,] Y, X)
    low, high : float
        1st and 99.9th percentile of the pixels.
    """

    pixels: NDArray[np.integer]
    low: float
    high: float


@dataclass(frozen=True)
class Collection:
    """Training images by kind, and a few of them held out for validation; stacks."""

    training: dict[str, list[CleanImage]]
    validation: list[CleanImage]
    stacks: list[CleanImage]


def load_collection(folder: Path, max_noise: float, validate_every: int) -> Collection:
    """Read the images that `MANIFEST.csv` lists.

    Parameters
    ----------
    folder : Path
        Holds the manifest, one folder per kind, and maybe ``stacks``: TIFF files of
        one channel, those in a folder ``noisy`` left out.
    max_noise : float
        Images with more noise (% of their range, as the manifest measures it) are
        left out.
    validate_every : int
        Every n-th image of each kind is held out.

    Returns
    -------
    Collection
    """
    if not (folder / "MANIFEST.csv").exists():
        raise FileNotFoundError(
            f"{folder} has no MANIFEST.csv: it lists the images to train on."
        )
    training: dict[str, list[CleanImage]] = {}
    validation: list[CleanImage] = []
    counts: dict[str, int] = {}
    with (folder / "MANIFEST.csv").open(newline="") as manifest:
        rows = [r for r in csv.DictReader(manifest) if _usable(r, max_noise)]
    for row in rows:
        kind = row["file"].split("/")[0]
        image = _ranged(imread(folder / row["file"]))
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] % validate_every == 0:
            validation.append(image)
        else:
            training.setdefault(kind, []).append(image)
    return Collection(training, validation, _load_stacks(folder / "stacks"))


def draw_patch(
    image: CleanImage, side: int, max_shrink: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Cut a random patch, by content, shrunk by up to `max_shrink`, flipped, turned.

    Parameters
    ----------
    image : CleanImage
        Where the patch is cut.
    side : int
        Side of the patch in pixels.
    max_shrink : float
        Largest shrinking factor; the patch is cut larger and resampled.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, shape (side, side)
        Relative intensity: 0 at the image's 1st, 1 at its 99.9th percentile.
    """
    height, width = image.pixels.shape
    limit = min(max_shrink, height / side, width / side)
    shrink = rng.uniform(1, limit) if limit > 1 and rng.random() < 0.5 else 1.0
    cut = min(round(side * shrink), height, width)
    patches = [_cut(image, cut, rng) for _ in range(PATCHES_LOOKED_AT)]
    contrast = np.array([patch.std() for patch in patches]) + 0.01
    patch = patches[rng.choice(len(patches), p=contrast / contrast.sum())]
    if cut != side:
        blurred = gaussian_filter(patch, (cut / side - 1) / 2)  # or detail aliases
        patch = zoom(blurred, side / cut, order=3)
    if rng.random() < 0.5:
        patch = patch[::-1]
    return np.ascontiguousarray(np.rot90(patch, int(rng.integers(4))), np.float32)


def _usable(row: dict[str, str], max_noise: float) -> bool:
    large = min(int(row["height"]), int(row["width"])) >= 96
    return large and float(row["noise_percent"]) <= max_noise


def _load_stacks(folder: Path) -> list[CleanImage]:
    paths = (p for p in folder.rglob("*.tif") if NOISY not in p.parts)
    return [_ranged(read_stack(path)) for path in sorted(paths)]


def _ranged(pixels: NDArray[np.integer]) -> CleanImage:
    low, high = np.percentile(pixels, (1, 99.9))
    return CleanImage(pixels, float(low), float(max(high, low + 1)))


def _cut(image: CleanImage, side: int, rng: np.random.Generator) -> NDArray[np.float32]:
    top, left = (rng.integers(0, n - side + 1) for n in image.pixels.shape)
    patch = image.pixels[top : top + side, left : left + side].astype(np.float32)
    return (patch - image.low) / (image.high - image.low)
