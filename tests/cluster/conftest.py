"""Two worker processes, and a stack in a Zarr folder whose chunks hold four planes."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_denoise.cluster.connecting import connect
from napari_denoise.denoising import denoise_steps
from napari_denoise.files import open_image
from napari_denoise.progress import Denoised, run_to_end
from napari_denoise.sources import Source
from tests.batch.conftest import photons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from distributed import Client

    from napari_denoise.files import ImageTarget

SHAPE = (2, 24, 64, 64)


@pytest.fixture(scope="package")
def client() -> Iterator[Client]:
    with connect(workers=2) as client:
        yield client


@pytest.fixture
def scheduler(client: Client) -> str:
    """Address of a cluster with two workers."""
    client.wait_for_workers(2)  # one of them may just have been killed
    return str(client.scheduler.address)


def kill_a_worker(client: Client) -> None:
    """Kill the process of a worker without a warning."""
    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


def write_stack(folder: Path, pixels: np.ndarray, chunks: tuple[int, ...]) -> Path:
    """Write an OME-Zarr image of axes CZYX."""
    scale = {"type": "scale", "scale": [1, 1, 1, 1]}
    axes = [{"name": "c", "type": "channel"}]
    axes += [{"name": name, "type": "space"} for name in "zyx"]
    datasets = [{"path": "0", "coordinateTransformations": [scale]}]
    ome = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    group = zarr.create_group(folder, attributes={"ome": ome})
    array = group.create_array(
        "0",
        shape=pixels.shape,
        chunks=chunks,
        dtype=pixels.dtype,
        dimension_names=list("czyx"),
    )
    array[...] = pixels
    return folder


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stack") / "raw.zarr"
    return write_stack(folder, photons(SHAPE, 7), (1, 4, 64, 64))


def write_long(folder: Path, workers: int) -> None:
    """Write a small image, and one for each worker that takes it minutes."""
    folder.mkdir()
    tifffile.imwrite(folder / "0.tif", photons((64, 64), 0))
    for number in range(1, workers + 1):
        counts = photons((256, 256, 256), number)
        tifffile.imwrite(folder / f"{number}.tif", counts, metadata={"axes": "ZYX"})


def alone(path: Path, out: Path | ImageTarget, model: str, **options: Any) -> Denoised:
    """Denoise on this machine, without a cluster."""
    with open_image(path) as image:
        source = Source(image.data, image.axes, str(path))
        return run_to_end(denoise_steps(source, model, out=out, **options))


def pixels(path: Path) -> np.ndarray:
    return np.asarray(zarr.open_array(path / "0", mode="r")[:])


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so; some minutes, where the machine is busy."""
    end = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
