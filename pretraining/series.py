"""Stacks and movies that models are judged on, with their neighbours or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.io import imread

from napari_denoise.noise import NoiseModel, estimate_noise, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

CLEAN = {
    "flybrain": ("dev/stacks/flybrain_zyx.tif", "Z"),
    "lysosomes": ("dev/stacks/lysosome_2_tyx.tif", "T"),
}
NOISY = {
    "nuclei": ("train/stacks/noisy/nuclei_noisy_zyx.tif", "Z"),
    "time-lapse": ("train/stacks/noisy/timelapse_tyx.tif", "T"),
}
PEAKS = (2, 5, 10, 30)
"""Photons at the peak."""
USUAL = 5
STEPS = (2, 3, 4)
"""Of the fly brain every n-th plane is left: planes further apart than before."""
SPEEDS = (0, 0.5, 1, 2, 4, 8)
"""Of moving spots, pixels a frame."""
FRAMES, SIDE, SPOTS, WIDTH = 24, 192, 40, 1.5
BACKGROUND = 0.1
COUNTER = NoiseModel(gain=1.0)


@dataclass(frozen=True)
class Series:
    """Planes that follow one another, with noise of their own.

    Attributes
    ----------
    test, name : str
        Kind of test, and which series.
    noisy : ndarray, shape (planes, Y, X)
        Counts.
    clean : ndarray of the same shape, or None
        The truth, where it is known.
    along : {"Z", "T"}
        What the first axis is.
    noise : NoiseModel
        As given to `denoise`.
    measured : bool
        Whether it was measured on `noisy`.
    """

    test: str
    name: str
    noisy: NDArray[Any]
    clean: NDArray[np.float64] | None
    along: str
    noise: NoiseModel
    measured: bool = False


def series(data: Path) -> Iterator[Series]:
    """All series, one by one.

    Parameters
    ----------
    data : Path
        Folder that holds ``dev/stacks``, ``dev/set12`` and ``train/stacks/noisy``.

    Yields
    ------
    Series
        Simulated noise comes twice where `PEAKS` vary: known, and measured.
    """
    rng = np.random.default_rng(4)
    for name, (file, along) in CLEAN.items():
        clean = _relative(imread(data / file))
        for peak in PEAKS:
            noisy = simulate(peak * clean, COUNTER, rng)
            test = f"photons_{peak}"
            yield Series(test, name, noisy, peak * clean, along, COUNTER)
            yield _measured(test, name, noisy, peak * clean, along)
    brain = _relative(imread(data / CLEAN["flybrain"][0]))
    for step in STEPS:
        yield _simulated(f"every_{step}", "flybrain", brain[::step], "Z", rng)
    for speed in SPEEDS:
        yield _simulated(f"speed_{speed:g}", "spots", moving_spots(speed), "T", rng)
    yield _simulated("unlike", "Set12", _unlike(data), "Z", rng)
    for name, (file, along) in NOISY.items():
        yield _measured("real", name, imread(data / file), None, along)


def moving_spots(speed: float, spots: int = SPOTS) -> NDArray[np.float64]:
    """Draw a movie of spots that all move at one speed, each its own way.

    Parameters
    ----------
    speed : float
        Pixels a frame.
    spots : int
        How many.

    Returns
    -------
    ndarray of float64, shape (`FRAMES`, `SIDE`, `SIDE`)
        A tenth to about 1; spots leave on one side and come back on the other.
    """
    rng = np.random.default_rng(6)
    angle = rng.uniform(0, 2 * np.pi, spots)
    velocity = speed * np.stack([np.sin(angle), np.cos(angle)])
    frames = np.zeros((FRAMES, SIDE, SIDE))
    start = rng.uniform(0, SIDE, (2, spots))
    for number, frame in enumerate(frames):
        y, x = np.rint(start + number * velocity).astype(int) % SIDE
        np.add.at(frame, (y, x), 2 * np.pi * WIDTH**2)
    blurred = gaussian_filter(frames, (0, WIDTH, WIDTH), mode="wrap")
    return np.asarray(BACKGROUND + (1 - BACKGROUND) * blurred)


def _unlike(data: Path) -> NDArray[np.float64]:
    """Planes that tell nothing of one another: photographs."""
    images = [imread(path) for path in sorted((data / "dev/set12").glob("*.png"))]
    return np.stack([image[:256, :256] / 255 for image in images])


def _relative(pixels: NDArray[Any]) -> NDArray[np.float64]:
    low, high = np.percentile(pixels.astype(np.float64), (0.5, 99.9))
    return np.asarray(np.maximum((pixels - low) / (high - low), 0))


def _simulated(
    test: str,
    name: str,
    relative: NDArray[np.float64],
    along: str,
    rng: np.random.Generator,
) -> Series:
    clean = USUAL * relative
    noisy = simulate(clean, COUNTER, rng)
    return Series(test, name, noisy, clean, along, COUNTER)


def _measured(
    test: str,
    name: str,
    noisy: NDArray[Any],
    clean: NDArray[np.float64] | None,
    along: str,
) -> Series:
    noise = estimate_noise(noisy, axes=f"{along}YX")
    return Series(test, name, noisy, clean, along, noise, measured=True)
