"""Time and memory of the whole way against the bare network: writes ``speed.md``."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import tifffile
import torch
from scipy.ndimage import zoom

from napari_denoise import denoise, load_model
from napari_denoise.files import read_tiff
from napari_denoise.samples import sample_path

SIDE = 2048
ROUNDS = 5
TORCH_ALONE = "import resource, torch; print(resource.getrusage(0).ru_maxrss)"


def image() -> np.ndarray:
    """Noisy uint16 image of 2048², from a bundled image, photon noise at gain 2."""
    small = read_tiff(sample_path("gigadb_mito-60x-noise1_high_crop512.tif")).data
    photons = np.clip(
        zoom(small.astype(float), SIDE / small.shape[0], order=1), 0, None
    )
    return (2 * np.random.default_rng(0).poisson(photons) + 100).astype(np.uint16)


def times(name: str, noisy: np.ndarray) -> tuple[float, float]:
    """Median seconds of the bare network and of the whole way, taken in turn."""
    network = load_model(name).network
    pixels = torch.from_numpy(noisy.astype(np.float32) / noisy.max())[None, None]
    sigma = torch.tensor([0.1])
    bare, whole = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with torch.inference_mode():
            network(pixels, sigma)
        bare.append(time.perf_counter() - began)
        began = time.perf_counter()
        denoise(noisy, name)
        whole.append(time.perf_counter() - began)
    return median(bare), median(whole)


def command_line(noisy: np.ndarray) -> tuple[float, float, float]:
    """Seconds of ``napari-denoise denoise``, peak memory, and torch's alone (MB)."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "noisy.tif")
        tifffile.imwrite(source, noisy)
        program = Path(sys.executable).with_name("napari-denoise")
        alone = subprocess.run(
            [sys.executable, "-c", TORCH_ALONE], capture_output=True, check=True
        )
        began = time.perf_counter()
        command = [program, "denoise", source, Path(folder, "out.tif")]
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, peak / 1e3, int(alone.stdout) / 1e3


if __name__ == "__main__":
    noisy = image()
    seconds, peak, alone = command_line(noisy)
    lines = [
        "# Time and memory",
        "",
        f"Made by `python benchmarks/speed.py` on {os.cpu_count()} cores: {SIDE}² "
        f"uint16, float32 on the CPU, medians of {ROUNDS} in turn. The bare network "
        "takes the same pixels as one tile.",
        "",
        "| model | bare network | `denoise` | ratio |",
        "| --- | --- | --- | --- |",
    ]
    for name in ("unet", "unet-fast", "autoencoder"):
        bare, whole = times(name, noisy)
        lines.append(f"| {name} | {bare:.2f} s | {whole:.2f} s | {whole / bare:.2f} |")
    lines += [
        "",
        f"`napari-denoise denoise` with the U-Net, process start to end: "
        f"{seconds:.1f} s, peak memory {peak:.0f} MB, of which the interpreter with "
        f"torch {alone:.0f} MB.",
    ]
    Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n")
