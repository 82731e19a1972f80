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
import re, sys
{0}
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
ALONE = "import torch, tifffile, scipy.ndimage"
RUN = """from napari_denoise.cli import app
app(["denoise", *sys.argv[1:]], standalone_mode=False)"""


def stack(depth: int) -> np.ndarray:
    """Noisy uint16 planes of a bundled image that drifts by a quarter pixel a plane."""
    clean = read_tiff(sample_path("gigadb_mito-60x-noise1_high_crop512.tif")).data
    rng = np.random.default_rng(0)
    planes = [rng.poisson(np.roll(clean, z // 4, axis=1) / 8.0) for z in range(depth)]
    return np.stack(planes).astype(np.uint16)


def peak_and_seconds(program: str, *arguments: object) -> tuple[float, float]:
    """Largest resident memory of a fresh interpreter in MB, and its duration."""
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
        f"`napari-denoise denoise IN OUT --axes ZYX --neighbours …` with the U-Net on "
        f"TIFF stacks of {SIDE}² uint16, start to end. Memory is the peak above the "
        f"{alone:.0f} MB of an interpreter with torch; the time is what is left of it "
        f"without the {importing:.1f} s that importing takes.",
        "",
        "| planes | way | memory | time a plane |",
        "| --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for depth in DEPTHS:
            source, target = Path(folder, "in.tif"), Path(folder, "out.tif")
            tifffile.imwrite(source, stack(depth))
            for way, name in WAYS.items():
                peak, seconds = peak_and_seconds(
                    RUN,
                    *(source, target, "--axes", "ZYX", "--neighbours", way),
                    "--overwrite",
                )
                each = (seconds - importing) / depth
                lines.append(
                    f"| {depth} | {name} | {peak - alone:.0f} MB | {each:.2f} s |"
                )
    Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
