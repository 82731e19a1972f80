"""What the models are judged on: noise drawn on clean images, and real pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.io import imread

from napari_denoise.files import read_tiff
from napari_denoise.noise import NoiseModel, simulate
from napari_denoise.samples import PAIRS, pair_paths
from pretraining.scenes import SCENES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SIGMAS = (15, 25, 50)
PEAKS = (1, 2, 5, 10, 30, 100)
"""Photons of the brightest pixel."""
CAMERA = NoiseModel(read_std=13.0, correlation_length=1.44)
"""Noise of a resampled camera frame: its autocorrelation at a lag of a pixel is 0.6."""
DIMMEST = 0.02
SIDE = 256


@dataclass(frozen=True)
class Case:
    """One image to be denoised.

    Attributes
    ----------
    test : str
        Name of the test set.
    image : str
    noisy, clean : ndarray, shape (Y, X)
    noise : str, float or NoiseModel
        Option of `denoise`.
    counted : ndarray of bool, shape (Y, X), optional
        Where the structure's counts are summed.
    background : float
        Counts under the structure, which do not count.
    """

    test: str
    image: str
    noisy: NDArray[Any]
    clean: NDArray[Any]
    noise: str | float | NoiseModel = "auto"
    counted: NDArray[np.bool_] | None = None
    background: float = 0.0


def cases(data: Path) -> Iterator[Case]:
    """All test images; `data` holds ``dev/set12``, ``dev/fmd`` and ``dev/w2s``.

    Parameters
    ----------
    data : Path
        Folder that holds ``dev/``.

    Yields
    ------
    Case
    """
    yield from _gaussian(data)
    for name in ("fmd", "w2s"):
        for path in sorted((data / "dev" / name / "noisy").iterdir()):
            partner = path.parents[1] / "clean" / path.name
            yield Case(name, path.stem, imread(path), imread(partner))
    for title, stem in PAIRS.items():
        low, high = (read_tiff(path).data for path in pair_paths(stem))
        yield Case("samples", title, low, high)
    yield from _camera(data)
    yield from _photons()
    yield from _structures()


def _gaussian(data: Path) -> Iterator[Case]:
    rng = np.random.default_rng(0)
    for path in sorted((data / "dev/set12").glob("*.png")):
        clean = imread(path)
        unit = rng.standard_normal(clean.shape)
        for sigma in SIGMAS:
            noisy = (clean + sigma * unit).astype(np.float32)
            for noise in (float(sigma), "auto"):
                yield Case(f"set12_{sigma}", path.stem, noisy, clean, noise)


def _camera(data: Path) -> Iterator[Case]:
    rng = np.random.default_rng(1)
    images = [("camera", title, 255 * image) for title, image in _clean_samples()]
    for path in sorted((data / "dev/set12").glob("*.png")):
        images.append(("camera_set12", path.stem, imread(path)))
    for test, title, clean in images:
        noisy = simulate(clean, CAMERA, rng)
        for noise in (CAMERA, "auto"):
            yield Case(test, title, noisy, clean, noise)


def _photons() -> Iterator[Case]:
    rng = np.random.default_rng(2)
    for peak in PEAKS:
        detector = NoiseModel(gain=2.0, offset=100.0, read_std=1.0)
        for title, relative in _clean_samples():
            clean = detector.offset + detector.gain * peak * relative
            noisy = simulate(clean, detector, rng)
            for noise in (detector, "auto"):
                yield Case(f"photons_{peak}", title, noisy, clean, noise)


def _structures() -> Iterator[Case]:
    rng = np.random.default_rng(3)
    counter = NoiseModel(gain=1.0)
    for peak in PEAKS:
        for title, draw in SCENES.items():
            scene = draw()
            clean = peak * scene.image
            noisy = simulate(clean, counter, rng)
            for noise in (counter, "auto"):
                yield Case(
                    f"structure_{peak}",
                    title,
                    noisy,
                    clean,
                    noise,
                    scene.counted,
                    peak * scene.background,
                )


def _clean_samples() -> Iterator[tuple[str, NDArray[np.float64]]]:
    # Smoothed: what noise is left in them is not to be restored. DIMMEST to 1.
    for title, stem in PAIRS.items():
        clean = read_tiff(pair_paths(stem)[1]).data[:SIDE, :SIDE]
        smooth = gaussian_filter(clean.astype(np.float64), 1.0)
        relative = (smooth - smooth.min()) / np.ptp(smooth)
        yield title, DIMMEST + (1 - DIMMEST) * relative
