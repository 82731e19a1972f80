"""What a cluster costs and gains on one machine: writes ``cluster.md``.

Workers are started, and have loaded torch and the model, before anything is timed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
import torch
import zarr

from napari_denoise import denoise_folder, denoise_on_cluster
from napari_denoise.cluster.connecting import connect
from napari_denoise.cluster.crew import Crew
from napari_denoise.denoising import denoise_steps
from napari_denoise.files import open_image
from napari_denoise.progress import run_to_end
from napari_denoise.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client

CORES = len(os.sched_getaffinity(0))
ROUNDS = 3
EMPTY = 500
SMALL, TINY = 100, 64
PLANES, SIDE = 12, 512
MODEL, FAST = "unet-fast", "tikhonov"


def photons(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Bright bars on a dark ground, with photon noise of gain 2 on an offset of 100."""
    clean = 20 + 60.0 * (np.arange(shape[-1]) // 8 % 2) * np.ones(shape)
    return (2 * np.random.default_rng(seed).poisson(clean) + 100).astype(np.uint16)


def write_files(folder: Path, count: int, side: int) -> Path:
    """Write a folder of TIFF files of one plane."""
    folder.mkdir()
    for seed in range(count):
        tifffile.imwrite(folder / f"{seed:04}.tif", photons((side, side), seed))
    return folder


def write_stack(path: Path, count: int, side: int) -> Path:
    """Write a Zarr array of planes, a chunk each."""
    array = zarr.create_array(
        path,
        shape=(count, side, side),
        chunks=(1, side, side),
        dtype="uint16",
        dimension_names=["z", "y", "x"],
    )
    array[...] = photons((count, side, side), 0)
    return path


def seconds(task: Callable[[Path], object], out: Path) -> float:
    """Time a task that makes a result, and remove it."""
    began = time.perf_counter()
    task(out)
    took = time.perf_counter() - began
    shutil.rmtree(out)
    return took


def alone(source: Path, out: Path, model: str) -> None:
    """Denoise an image in this process, with all cores."""
    with open_image(source) as image:
        pixels = Source(image.data, image.axes, str(source))
        run_to_end(denoise_steps(pixels, model, out=out))


def same(number: int) -> int:
    """Do nothing."""
    return number


def empty_tasks(client: Client) -> float:
    """Milliseconds for a task that does nothing."""
    began = time.perf_counter()
    for _ in Crew(client).work_off(same, range(EMPTY), None):
        pass
    return 1e3 * (time.perf_counter() - began) / EMPTY


Ways = dict[str, dict[str, Any]]


def compare(
    jobs: dict[str, Callable[[Path, dict[str, Any]], object]], ways: Ways, out: Path
) -> dict[str, dict[str, float]]:
    """Median seconds of each job in each way, taken in turn; the first round warms."""
    taken: dict[str, dict[str, list[float]]] = {}
    for _ in range(ROUNDS + 1):
        for job, task in jobs.items():
            for way, where in ways.items():
                took = seconds(lambda path: task(path, where), out)  # noqa: B023
                taken.setdefault(job, {}).setdefault(way, []).append(took)
    return {
        job: {way: median(times[1:]) for way, times in found.items()}
        for job, found in taken.items()
    }


def folder_job(source: Path, model: str) -> Callable[[Path, dict[str, Any]], object]:
    """Denoise a folder, assessing nothing."""
    return lambda out, where: denoise_folder(source, out, model, assess="none", **where)


def image_job(source: Path, model: str) -> Callable[[Path, dict[str, Any]], object]:
    """Denoise one image."""
    return lambda out, where: (
        denoise_on_cluster(source, out.with_suffix(".zarr"), model, **where)
        and out.with_suffix(".zarr").rename(out)
        if where
        else (
            alone(source, out.with_suffix(".zarr"), model),
            out.with_suffix(".zarr").rename(out),
        )
    )


def main() -> None:
    """Measure and write the table."""
    torch.set_num_threads(CORES)
    with tempfile.TemporaryDirectory() as kept, ExitStack() as opened:
        folder = Path(kept)
        clients = [opened.enter_context(connect(workers=n)) for n in (1, 2)]
        ways: Ways = {"no cluster": {}}
        for number, client in enumerate(clients, 1):
            name = f"{number} worker{'s' * (number > 1)}"
            ways[name] = {"scheduler": client.scheduler.address}
        jobs = {
            f"{SMALL} files of {TINY}², {FAST}": folder_job(
                write_files(folder / "small", SMALL, TINY), FAST
            ),
            f"{PLANES} files of {SIDE}², {MODEL}": folder_job(
                write_files(folder / "files", PLANES, SIDE), MODEL
            ),
            f"one Zarr of {PLANES} × {SIDE}², {MODEL}": image_job(
                write_stack(folder / "raw.zarr", PLANES, SIDE), MODEL
            ),
        }
        found = compare(jobs, ways, folder / "out")
        empty = [median(empty_tasks(client) for _ in range(3)) for client in clients]
    write(found, list(ways), empty)


def write(
    found: dict[str, dict[str, float]], ways: list[str], empty: list[float]
) -> None:
    """Write the table."""
    rows = []
    for job, times in found.items():
        first = times[ways[0]]
        cells = [f"{times[way]:.2f} s ({first / times[way]:.2f} ×)" for way in ways]
        rows.append(" | ".join(["", job, *cells, ""]).strip())
    small = next(iter(found.values()))
    extra = [1e3 * (small[way] - small[ways[0]]) / SMALL for way in ways[1:]]
    text = f"""# Cost and gain of workers on one machine

Made by `python benchmarks/cluster.py` on {CORES} cores. Medians of {ROUNDS} rounds, \
all ways in turn in each; workers share the cores and had loaded the model before. In \
brackets: how many times as fast as without a cluster, where one process has all cores.

| job | {" | ".join(ways)} |
| --- |{" --- |" * len(ways)}
{chr(10).join(rows)}

A task that does nothing takes {empty[0]:.1f} ms with one worker and \
{empty[1]:.1f} ms with two: submitted, run, its result fetched. A small file costs \
{extra[0]:+.0f} ms against no cluster with one worker, {extra[1]:+.0f} ms with two.
"""
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
