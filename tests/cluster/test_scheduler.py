"""A scheduler of its own, which dies half-way."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from napari_denoise import denoise_on_cluster_steps
from napari_denoise.cluster.connecting import connect
from napari_denoise.cluster.crew import Crew
from napari_denoise.errors import ClusterError
from napari_denoise.progress import TileDone, run_to_end
from tests.cluster.conftest import SHAPE, wait_for, write_long

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Process = subprocess.Popen[bytes]


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[tuple[str, Process]]:
    """Address and process of a scheduler with one worker."""
    told = tmp_path / "scheduler.json"

    def start(kind: str, *words: object) -> Process:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words]
        command += ["--no-dashboard", "--scheduler-file", told]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        opened.callback(process.wait)
        opened.callback(process.kill)
        return process

    with ExitStack() as opened:
        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
        start("worker", "--nthreads", "1", "--no-nanny")
        wait_for(lambda: told.exists() and told.read_text().endswith("}"))
        yield json.loads(told.read_text())["address"], scheduler


def test_an_image_says_so_and_goes_on_elsewhere(
    stack: Path, tmp_path: Path, mortal: tuple[str, Process], scheduler: str
) -> None:
    out = tmp_path / "out.zarr"
    handlers = logging.getLogger("distributed").handlers
    levels = [handler.level for handler in handlers]

    def kill(step: Any) -> None:
        if isinstance(step, TileDone):
            mortal[1].kill()

    steps = denoise_on_cluster_steps(stack, out, "unet-fast", scheduler=mortal[0])
    with pytest.raises(ClusterError, match=r"has gone.*the same call does what is"):
        run_to_end(steps, kill)
    assert [handler.level for handler in handlers] == levels
    rest = list(denoise_on_cluster_steps(stack, out, "unet-fast", scheduler=scheduler))
    assert {type(step) for step in rest} == {TileDone}  # nothing was measured again
    assert len(rest) < SHAPE[0] * SHAPE[1] // 4
    assert out.is_dir()


def test_a_crew_says_so_whatever_it_does(mortal: tuple[str, Process]) -> None:
    with connect(mortal[0]) as client:
        crew = Crew(client)
        ended = crew.work_off(time.sleep, [0.0, *[60.0] * 5], None)
        assert next(ended) == (0.0, None)
        mortal[1].kill()
        with pytest.raises(ClusterError, match="has gone"):
            next(ended)
        with pytest.raises(ClusterError, match="has gone"):
            next(crew.work_off(time.sleep, [0.0], None))


def test_an_error_of_a_task_is_told_as_it_is(scheduler: str) -> None:
    with connect(scheduler) as client, pytest.raises(FileNotFoundError, match="none"):
        next(Crew(client).work_off(open, ["/none"], None))


def test_a_command_ends_with_a_sentence(
    tmp_path: Path, mortal: tuple[str, Process]
) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    write_long(raw, 1)
    command = [sys.executable, "-m", "napari_denoise.cli", "batch", raw, out]
    command += ["--model", "unet", "--scheduler", mortal[0]]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: list(out.glob("*.tif")))
        mortal[1].kill()
        _, told = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "Error: The scheduler has gone." in told
    assert "Traceback" not in told
