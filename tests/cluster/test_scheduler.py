"""A scheduler of its own, which dies half-way."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tifffile

import napari_denoise
from napari_denoise import denoise_on_cluster_steps
from napari_denoise.batch import batch_steps
from napari_denoise.batch.events import FileDone
from napari_denoise.cluster.connecting import connect
from napari_denoise.cluster.crew import Crew
from napari_denoise.errors import ClusterError
from napari_denoise.progress import TileDone, run_to_end
from tests.batch.conftest import photons
from tests.cluster.conftest import SHAPE, wait_for, write_long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Process = subprocess.Popen[bytes]
ONE = ("--nthreads", "1", "--no-nanny")


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Where a scheduler says its address."""
    return tmp_path / "scheduler.json"


@pytest.fixture
def start(told: Path) -> Iterator[Callable[..., Process]]:
    """Start a scheduler, or a worker of it."""

    def start(kind: str, *words: object, **variables: object) -> Process:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words]
        command += ["--no-dashboard", "--scheduler-file", told]
        process = subprocess.Popen(
            command,
            stderr=subprocess.DEVNULL,
            env=os.environ | {name: str(value) for name, value in variables.items()},
        )
        opened.callback(process.wait)
        opened.callback(process.kill)
        return process

    with ExitStack() as opened:
        yield start


@pytest.fixture
def mortal(start: Callable[..., Process], told: Path) -> tuple[str, Process]:
    """Address and process of a scheduler with one worker."""
    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
    start("worker", *ONE)
    wait_for(lambda: told.exists() and told.read_text().endswith("}"))
    return json.loads(told.read_text())["address"], scheduler


@pytest.fixture
def another(tmp_path: Path) -> str:
    """What makes Python find another version of napari-denoise."""
    information = tmp_path / "other" / "napari_denoise-0.0.1.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: napari-denoise\nVersion: 0.0.1\n"
    )
    ours = Path(napari_denoise.__file__).parents[1]
    return os.pathsep.join(map(str, (information.parent, ours)))


def test_a_worker_that_comes_later_and_lacks_something_is_left_out(
    tmp_path: Path,
    mortal: tuple[str, Process],
    start: Callable[..., Process],
    another: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    for seed in range(20):
        tifffile.imwrite(raw / f"{seed:02}.tif", photons((96, 96), seed))
    steps = batch_steps(raw, out, "unet-fast", scheduler=mortal[0], assess="none")
    while not isinstance(next(steps), FileDone):
        pass
    start("worker", *ONE, "--name", "late", PYTHONPATH=another)
    with connect(mortal[0]) as client:
        client.wait_for_workers(2, timeout=60)
    report = run_to_end(steps)
    assert (report.done, report.failed) == (20, ())
    (said,) = [r.getMessage() for r in caplog.records if "left out" in r.getMessage()]
    assert "It has napari-denoise 0.0.1" in said
    assert not list(out.glob(".*"))


def test_a_crew_of_which_none_is_fit_any_more_says_so(
    tmp_path: Path,
    mortal: tuple[str, Process],
    start: Callable[..., Process],
    another: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("napari_denoise.cluster.crew.GRACE", 1.0)
    with connect(mortal[0]) as client, Crew(client) as crew:
        crew.check(tmp_path, tmp_path, [], "cpu")
        ended = crew.work_off(time.sleep, [0.2] * 60, None)
        next(ended)
        (fit,) = client.nthreads()
        start("worker", *ONE, PYTHONPATH=another)
        client.wait_for_workers(2, timeout=60)
        client.retire_workers([fit])
        with pytest.raises(ClusterError, match=r"cannot do the work.*0\.0\.1"):
            list(ended)


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
