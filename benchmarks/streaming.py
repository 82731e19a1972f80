"""Memory over length, waiting for disks, many small files: writes ``streaming.md``.

    python benchmarks/streaming.py FOLDER [memory] [identity] [overlap] [files]

FOLDER takes files of up to 16 GB. Each part adds its rows to ``streaming.csv``, in
place of those that it had; the page is made of all rows.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import tifffile

HERE = Path(__file__).parent
TABLE, PAGE = HERE / "streaming.csv", HERE / "streaming.md"
SIDE = 1024
LENGTHS = (0.1e9, 0.4e9, 1.6e9)
"""Bytes of the stacks that the U-Net denoises, of float32."""
IDENTITY_LENGTHS = (0.5e9, 2e9, 8e9)
ROUNDS = 3
SMALL_FILES = 1000
SMALL_SIDE = 128

ALONE = "import resource, torch; print(resource.getrusage(0).ru_maxrss)"
STREAMED = """
import resource, sys
from napari_denoise import denoise
from napari_denoise.files import ImageTarget, open_image
source, target, model = sys.argv[1:]
if model == "identity":
    from napari_denoise.models.untrained import new_model
    from dataclasses import replace
    from torch import nn

    class Identity(nn.Module):
        ndim, stride, z_radius, z_held = 2, 1, 0, 0
        receptive_radius, floats_per_pixel, uses_sigma = 0, 1.0, True
        def forward(self, noisy, sigma):
            return noisy

    unet = new_model("unet")
    spec = unet.spec.model_copy(update={"halo": 0, "stride": 1})
    model = replace(unet, name="identity", spec=spec, network=Identity())
with open_image(source) as image:
    denoise(image.data, model, axes="ZYX", out=ImageTarget(target, image.info))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak / 1e3)
"""


def write_stack(path: Path, size: float, dtype: str = "float32") -> None:
    """Write planes of photon noise on smooth structure, one at a time."""
    rng = np.random.default_rng(0)
    planes = max(1, round(size / (SIDE * SIDE * np.dtype(dtype).itemsize)))
    y, x = np.mgrid[:SIDE, :SIDE] / 40
    clean = 20 + 15 * np.sin(x) * np.sin(y)
    noisy = [2 * rng.poisson(clean) + 100 for _ in range(min(planes, 4))]
    tifffile.imwrite(
        path,
        (noisy[number % len(noisy)].astype(dtype) for number in range(planes)),
        shape=(planes, SIDE, SIDE),
        dtype=dtype,
        bigtiff=True,
        metadata={"axes": "ZYX"},
    )


def memory(
    folder: Path, model: str, sizes: tuple[float, ...], longest_zarr: float = 0.0
) -> list[dict[str, Any]]:
    """Peak memory of the whole way from file to file, above Python with torch."""
    alone = int(subprocess.check_output([sys.executable, "-c", ALONE])) / 1e3
    rows = []
    for size in sizes:
        source = folder / "stack.tif"
        write_stack(source, size)
        for target in (folder / "out.tif", folder / "out.zarr"):
            if target.suffix == ".zarr" and size not in (sizes[0], longest_zarr):
                continue  # the same way, but for the last step
            words = [sys.executable, "-c", STREAMED, source, target, model]
            peak = float(subprocess.check_output(words))
            rows.append(
                {
                    "part": "memory",
                    "what": f"{model} to {target.suffix}",
                    "size_gb": size / 1e9,
                    "above_torch_mb": round(peak - alone),
                }
            )
            tell(rows[-1])
            remove(target)
        source.unlink()
    return rows


def overlap(folder: Path) -> list[dict[str, Any]]:
    """Time from compressed file to file, over that of the bare network."""
    from napari_denoise import denoise, load_model
    from napari_denoise.devices import choose_device
    from napari_denoise.files import ImageTarget, open_image
    from napari_denoise.inference import TileRunner

    model = load_model("unet")
    runner = TileRunner(model, choose_device("cpu"))
    source = folder / "stack.tif"
    write_stack(source, 8 * SIDE * SIDE * 2, "uint16")
    packed = folder / "packed.tif"
    pixels = tifffile.imread(source)
    tifffile.imwrite(
        packed, pixels, compression="zlib", tile=(256, 256), metadata={"axes": "ZYX"}
    )
    seen = (pixels.astype(np.float32) - 100) / 100

    def bare() -> None:
        for plane in seen:
            for _ in runner.run(plane[None], 0.1):
                pass

    rows = []
    for target in (folder / "out.tif", folder / "out.zarr"):
        ratios, network, whole = [], [], []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            bare()
            network.append(time.perf_counter() - began)
            began = time.perf_counter()
            with open_image(packed) as image:
                denoise(image.data, model, axes="ZYX", out=ImageTarget(target))
            whole.append(time.perf_counter() - began)
            ratios.append(whole[-1] / network[-1])
            remove(target)
        rows.append(
            {
                "part": "overlap",
                "what": f"packed TIFF to {target.suffix}",
                "network_seconds": round(median(network), 2),
                "seconds": round(median(whole), 2),
                "ratio": round(median(ratios), 3),
            }
        )
        tell(rows[-1])
    return rows


def files(folder: Path) -> list[dict[str, Any]]:
    """Files per second of a batch, against one start of the program for each."""
    raw, out = folder / "raw", folder / "denoised"
    raw.mkdir()
    rng = np.random.default_rng(0)
    for number in range(SMALL_FILES):
        noisy = 2 * rng.poisson(20, (SMALL_SIDE, SMALL_SIDE)) + 100
        tifffile.imwrite(raw / f"{number:04}.tif", noisy.astype(np.uint16))
    program = Path(sys.executable).with_name("napari-denoise")
    began = time.perf_counter()
    one = [program, "denoise", raw / "0000.tif", folder / "one.tif"]
    subprocess.run(one, check=True, capture_output=True)
    alone = time.perf_counter() - began
    rows = []
    for what, words in (
        ("batch", ["--assess", "none"]),
        ("batch, again", ["--assess", "none"]),
        ("batch with quick assessment", ["--no-recursive"]),
    ):
        if what == "batch with quick assessment":
            shutil.rmtree(out)
        began = time.perf_counter()
        subprocess.run(
            [program, "batch", raw, out, *words], check=True, capture_output=True
        )
        seconds = time.perf_counter() - began
        rows.append(
            {
                "part": "files",
                "what": what,
                "seconds": round(seconds, 1),
                "files_per_second": round(SMALL_FILES / seconds, 2),
                "ratio": round(SMALL_FILES * alone / seconds, 1),
            }
        )
        tell(rows[-1])
    shutil.rmtree(raw)
    shutil.rmtree(out)
    return rows


def tell(row: dict[str, Any]) -> None:
    """Show a row while the rest is measured."""
    sys.stdout.write(f"{row}\n")
    sys.stdout.flush()


def remove(path: Path) -> None:
    """Remove a result, a file or a folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


COLUMNS = ("part", "what", "size_gb", "above_torch_mb")
COLUMNS += ("network_seconds", "seconds", "files_per_second", "ratio")


def read_rows() -> list[dict[str, str]]:
    """Rows of parts that were measured before."""
    if not TABLE.exists():
        return []
    with TABLE.open(newline="") as text:
        return list(csv.DictReader(text))


def write_page(rows: list[dict[str, str]]) -> None:
    """Make the page of all rows."""
    told = {part: [r for r in rows if r["part"] == part] for part in PARTS}
    lines = [
        "# Large data",
        "",
        f"Made by `python benchmarks/streaming.py` on {os.cpu_count()} cores.",
        "",
        "## Memory over the length of a stack",
        "",
        f"Planes of {SIDE}², float32, from file to file; above Python with torch.",
        "",
        "| model and format | stack | peak memory |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {r['what']} | {float(r['size_gb']):g} GB | {r['above_torch_mb']} MB |"
        for r in told["memory"] + told["identity"]
    ]
    lines += [
        "",
        "## Waiting for disks",
        "",
        f"Eight planes of {SIDE}², uint16, zlib in tiles of 256², U-Net. The bare "
        "network takes the same planes from memory, in the same tiles; medians of "
        f"{ROUNDS} in turn.",
        "",
        "| way | bare network | file to file | ratio |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {r['what']} | {r['network_seconds']} s | {r['seconds']} s | {r['ratio']} |"
        for r in told["overlap"]
    ]
    lines += [
        "",
        "## Many small files",
        "",
        f"{SMALL_FILES} files of {SMALL_SIDE}², uint16, U-Net, thumbnails and report "
        "included. *Gain*: how many times faster than one start of `napari-denoise "
        "denoise` for each.",
        "",
        "| way | time | files a second | gain |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {r['what']} | {r['seconds']} s | {r['files_per_second']} | {r['ratio']} |"
        for r in told["files"]
    ]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


PARTS = {
    "memory": lambda folder: memory(folder, "unet", LENGTHS),
    "identity": lambda folder: [
        {**row, "part": "identity"}
        for row in memory(folder, "identity", IDENTITY_LENGTHS, IDENTITY_LENGTHS[-1])
    ],
    "overlap": overlap,
    "files": files,
}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for part in sys.argv[2:] or PARTS:
        measured = PARTS[part](folder)
        rows = [row for row in read_rows() if row["part"] != part] + measured
        with TABLE.open("w", newline="") as text:
            writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        write_page(read_rows())
