"""Images that are known exactly, and noise drawn with numpy alone."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import settings
from scipy.ndimage import convolve1d, gaussian_filter

from napari_denoise.files import read_tiff
from napari_denoise.models import NetworkModel, Spec
from napari_denoise.models.halo import measure_halo
from napari_denoise.models.names import FOLDER_VARIABLE
from napari_denoise.networks import ARCHITECTURES
from napari_denoise.samples import PAIRS, pair_paths

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Image = NDArray[Any]

# The models of whoever runs the tests are no part of them, nor of their processes.
os.environ[FOLDER_VARIABLE] = os.devnull

# The same examples every time, however busy the machine is.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

HIGHEST_SIGMA = 75 / 255
DIMMEST = 0.05
"""Scenes span a 20-fold range of brightness, DIMMEST to 1."""


def spanned(image: Image) -> Image:
    """Bring an image to the range DIMMEST to 1."""
    low, high = image.min(), image.max()
    return DIMMEST + (1 - DIMMEST) * (image - low) / (high - low)


@cache
def synthetic_scene(side: int = 256) -> Image:
    """Blobs, filaments and a gradient, sharp where a microscope is sharp."""
    rng = np.random.default_rng(11)
    y, x = np.mgrid[:side, :side] / side
    seeds = np.zeros((side, side))
    seeds[tuple(rng.integers(0, side, (2, side // 8)))] = 1
    spots, cells = (gaussian_filter(seeds, w, mode="wrap") for w in (1.5, 9.0))
    waves = np.sin(30 * x + 4 * np.sin(5 * y)) ** 16
    return spanned(
        0.4 * spots / spots.max() + cells / cells.max() + 0.4 * waves * y + 0.5 * x * y
    )


@cache
def real_scene(stem: str) -> Image:
    """A sample image of high signal, its remaining noise smoothed away."""
    clean = read_tiff(pair_paths(stem)[1]).data[:384, :384].astype(float)
    return spanned(gaussian_filter(clean, 2.0))


def scene(name: str) -> Image:
    """Clean image by name: ``"synthetic"``, or a key of PAIRS."""
    return synthetic_scene() if name == "synthetic" else real_scene(PAIRS[name])


def correlated(error: Image, width: float) -> Image:
    """Blur white noise along Y and X and give it back its variance."""
    if width == 0:
        return error
    taps = np.exp(-0.5 * (np.arange(-6, 7) / width) ** 2)
    taps /= np.sqrt(np.sum(taps**2))
    for axis in (-2, -1):
        error = convolve1d(error, taps, axis, mode="wrap")
    return error


def draw(
    clean: Image,
    *,
    peak: float,
    gain: float = 1.0,
    offset: float = 0.0,
    read: float = 0.0,
    blur: float = 0.0,
    seed: int = 0,
) -> tuple[Image, Image]:
    """Draw Poisson-Gaussian noise with numpy itself.

    Returns the noisy image and its expectation, both in counts, float64.
    """
    rng = np.random.default_rng(seed)
    photons = peak * clean
    error = gain * (rng.poisson(photons) - photons) + rng.normal(0, read, clean.shape)
    mean = gain * photons + offset
    return mean + correlated(error, blur), mean


@pytest.fixture(scope="session")
def noisy() -> Image:
    """Camera-like frame of 96 × 80 pixels, uint16, gain 2, offset 100."""
    counts, _ = draw(synthetic_scene()[:96, :80], peak=100, gain=2, offset=100, read=3)
    return np.rint(counts).astype(np.uint16)


@pytest.fixture(scope="session")
def pair() -> tuple[Image, Image]:
    """Noisy and clean in counts, float32, 128 × 128, peak 100 photons."""
    noisy, mean = draw(synthetic_scene()[64:192, 64:192], peak=100, gain=2, offset=50)
    return noisy.astype(np.float32), mean.astype(np.float32)


def random_model(architecture: str, **hyperparameters: Any) -> NetworkModel:
    """Network with random weights that do something, as `save_model` describes it."""
    torch.manual_seed(0)
    network = ARCHITECTURES[architecture](**hyperparameters).eval()
    for weight in network.parameters():
        if weight.ndim > 1:
            torch.nn.init.kaiming_normal_(weight, nonlinearity="relu")
    spec = Spec(
        architecture=architecture,
        hyperparameters=network.hyperparameters(),
        ndim=network.ndim,
        sigma_range=(0.0, HIGHEST_SIGMA),
        receptive_radius=network.receptive_radius,
        halo=measure_halo(network, HIGHEST_SIGMA),
        stride=network.stride,
    )
    return NetworkModel(architecture, spec, network)


@pytest.fixture(scope="session")
def tiny() -> NetworkModel:
    """U-Net of few channels with random weights: fast, and no two tiles alike."""
    return random_model("unet", widths=(4, 8), blocks=1)


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of one's own models, not made yet."""
    folder = tmp_path / "my models"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


FOREGROUND = [
    sys.executable,
    "-c",
    "import signal\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from napari_denoise.cli import main\n"
    "main()",
]
"""The command line as a terminal starts it: what runs in the background hears no
Ctrl+C, nor does what is started from there."""
