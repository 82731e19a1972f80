"""How well noise is measured, and what the error costs: writes ``noise.md``.

Noise is drawn with numpy alone, on high-SNR samples whose brightness spans 20-fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_denoise import NoiseModel, denoise, estimate_noise, evaluate
from napari_denoise.files import read_tiff
from napari_denoise.samples import PAIRS, pair_paths

PEAKS = (1, 10, 100, 1000, 10000)
CAMERAS = ((1.0, 0.0, 0.0), (2.5, 100.0, 5.0))
"""Gain, offset and read noise in counts."""
BLURS = (0.0, 0.5, 1.0)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Trial:
    """One image: errors of σ (factor at five levels) and gain, and dB lost by them."""

    blur: float
    peak: float
    sigma_factors: tuple[float, ...]
    gain_factor: float
    lost_db: float


def clean_images() -> list[np.ndarray]:
    """Smoothed high-SNR samples, 256², between 0.05 and 1."""
    images = []
    for stem in PAIRS.values():
        pixels = read_tiff(pair_paths(stem)[1]).data[128:384, 128:384]
        smooth = gaussian_filter(pixels.astype(float), 1)
        low, high = np.percentile(smooth, (0.5, 99.8))
        images.append(0.05 + 0.95 * np.clip((smooth - low) / (high - low), 0, 1))
    return images


def run(
    clean: np.ndarray, peak: float, camera: tuple[float, ...], blur: float
) -> Trial:
    """Draw one noisy image, measure it, denoise it with both noise models."""
    gain, offset, read = camera
    rng = np.random.default_rng(int(peak + 10 * blur))
    photons = clean * peak
    error = gain * (rng.poisson(photons) - photons) + rng.normal(0, read, clean.shape)
    if blur:
        impulse = gaussian_filter(np.eye(1, 41, 20)[0], blur)
        error = gaussian_filter(error, blur) / np.sum(impulse**2)
    truth = gain * photons + offset
    noisy = (truth + error).astype(np.float32)
    true_model = NoiseModel(gain, offset, read, 2 * blur)
    measured = estimate_noise(noisy)
    levels = np.quantile(truth, QUANTILES)
    psnr = [
        evaluate(denoise(noisy, noise=n), truth).psnr for n in (true_model, measured)
    ]
    factors = tuple(measured.std(levels) / true_model.std(levels))
    return Trial(blur, peak, factors, measured.gain / gain, psnr[0] - psnr[1])


def table(trials: list[Trial]) -> str:
    """Medians and 90th percentiles by correlation and photon level."""
    lines = [
        "# Noise measured from the image alone",
        "",
        "Made by `python benchmarks/noise.py`: five samples, two cameras a row. Error "
        "of σ: |factor − 1|, pooled over five brightness levels. Lost: PSNR of the "
        "U-Net with the true noise model minus with the measured one.",
        "",
        "| noise | peak photons | σ error, median | 90 % | gain factor, median "
        "| dB lost, median | 90 % |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for blur, peak in product(BLURS, PEAKS):
        row = [t for t in trials if (t.blur, t.peak) == (blur, peak)]
        errors = np.abs(np.array([t.sigma_factors for t in row]) - 1)
        lost = [t.lost_db for t in row]
        kind = f"blurred by {blur} px" if blur else "white"
        lines.append(
            f"| {kind} | {peak} | {100 * np.median(errors):.1f} % | "
            f"{100 * np.percentile(errors, 90):.1f} % | "
            f"{np.median([t.gain_factor for t in row]):.2f} | {np.median(lost):.2f} | "
            f"{np.percentile(lost, 90):.2f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    grid = product(clean_images(), PEAKS, CAMERAS, BLURS)
    Path(__file__).with_suffix(".md").write_text(table([run(*cell) for cell in grid]))
