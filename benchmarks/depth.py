"""Memory and time by the depth of a stack, plane by plane and in 3D: ``depth.md``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

from napari_denoise.files import read_tiff
from napari_denoise.samples import sample_path

SIDE = 512
DEPTHS = (8, 32, 128)
WAYS = {"none": "plane by plane", "Z": "with neighbours", "auto": "automatic"}
MEASURED = """
import re, sys, threading, time
peak = 0
def watch():
    global peak
    while True:  # mapped files are no memory that is missing elsewhere
        status = open("/proc/self/status").read()
        peak = max(peak, int(re.search(r"RssAnon:\\s+(\\d+)", status)[1]))
        time.sleep(0.02)
threading.Thread(target=watch, daemon=True).start()
{0}
time.sleep(0.1)
print(peak)
"""
ALONE = "import torch, tifffile, scipy.ndimage"
RUN = """from tifffile import memmap
from napari_denoise import denoise
source, target, way = sys.argv[1:]
denoise(memmap(source), axes="ZYX", neighbours=way, out=target)"""


def stack(depth: int) -> np.ndarray:
    """Noisy uint16 planes of a bundled image that drifts by a quarter pixel a plane."""
    clean = read_tiff(sample_path("gigadb_mito-60x-noise1_high_crop512.tif")).data
    rng = np.random.default_rng(0)
    planes = [rng.poisson(np.roll(clean, z // 4, axis=1) / 8.0) for z in range(depth)]
    return np.stack(planes).astype(np.uint16)


def peak_and_seconds(program: str, *arguments: object) -> tuple[float, float]:
    """Largest memory of a fresh interpreter in MB, and its duration in seconds."""
    command = [sys.executable, "-c", MEASURED.format(program), *map(str, arguments)]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return int(done.stdout.split()[-1]) / 1e3, time.perf_counter() - began


def main() -> None:
    """Measure and write the page."""
    alone, importing = peak_and_seconds(ALONE)
    lines = [
        "# Depth",
        "",
        f"Made by `python benchmarks/depth.py` on {os.cpu_count()} cores: "
        '`denoise(memmap(IN), axes="ZYX", neighbours=…, out=OUT)` with the U-Net on '
        f"TIFF stacks of {SIDE}² uint16. Memory is the peak of what is no file, above "
        f"the {alone:.0f} MB of an interpreter with torch; the time is without the "
        f"{importing:.1f} s that importing takes.",
        "",
        "| planes | way | memory | time a plane |",
        "| --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for depth in DEPTHS:
            source, target = Path(folder, "in.tif"), Path(folder, "out.tif")
            tifffile.imwrite(source, stack(depth))
            for way, name in WAYS.items():
                target.unlink(missing_ok=True)
                peak, seconds = peak_and_seconds(RUN, source, target, way)
                each = (seconds - importing) / depth
                lines.append(
                    f"| {depth} | {name} | {peak - alone:.0f} MB | {each:.2f} s |"
                )
    Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
