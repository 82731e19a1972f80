"""Processes of this machine: they share its cores, and none is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
import tifffile
import torch

from napari_denoise.cluster.connecting import connect, share_cores
from tests.batch.conftest import photons, write_raw
from tests.cluster.conftest import alone, pixels, wait_for, write_long
from tests.conftest import FOREGROUND

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "napari_denoise.cli"]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_workers_share_the_cores() -> None:
    assert [share_cores(8, n) for n in (1, 2, 3, 16)] == [8, 4, 2, 1]
    with connect(workers=1) as client:
        (threads,) = client.run(torch.get_num_threads).values()
        (process,) = map(psutil.Process, client.run(os.getpid).values())
    assert threads == len(os.sched_getaffinity(0))
    assert not is_alive(process)


def test_commands(stack: Path, tmp_path: Path, scheduler: str) -> None:
    out = tmp_path / "out.zarr"
    words = ("--model", "tikhonov", "--scheduler", scheduler, "--json")
    ended = run("denoise", stack, out, *words)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["model"] == "tikhonov"
    assert json.loads((tmp_path / "out.zarr.json").read_text())["workers"] == 2
    alone(stack, tmp_path / "one.zarr", "tikhonov")
    np.testing.assert_array_equal(pixels(out), pixels(tmp_path / "one.zarr"))
    raw = write_raw(tmp_path / "raw")
    ended = run("batch", raw, tmp_path / "results", *words)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["done"] == 3


@pytest.mark.parametrize(
    "command", ["batch", pytest.param("denoise", marks=pytest.mark.slow)]
)
def test_ctrl_c_leaves_no_process_and_no_partial_file(
    stack: Path, tmp_path: Path, command: str
) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    places = (raw, out)
    if command == "batch":
        write_long(raw, 2)
    else:
        places = (tmp_path / "long.tif", tmp_path / "out.zarr")
        counts = photons((160, 256, 256), 1)
        tifffile.imwrite(places[0], counts, metadata={"axes": "ZYX"})
    words = [*FOREGROUND, command, *places, "--workers", "2", "--model", "unet"]
    with subprocess.Popen(
        words, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        wait_for(lambda: list(tmp_path.glob("out/*.tif")) or blocks(tmp_path))
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "The same command does what is missing." in told
    assert "Traceback" not in told
    psutil.wait_procs(children, timeout=30)  # those of Python itself end after all
    assert not [child for child in children if is_alive(child)]
    assert not list(out.rglob(".*"))


def test_damaged_files_are_told_in_our_own_words_alone(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw")
    tifffile.imwrite(raw / "cut.tif", photons((9, 40, 48), 1), compression="zlib")
    os.truncate(raw / "cut.tif", (raw / "cut.tif").stat().st_size // 2)
    words = ("--workers", "1", "--model", "tikhonov")
    ended = run("batch", raw, tmp_path / "out", *words)
    assert ended.returncode == 1
    assert "cut.tif: " in ended.stdout
    assert "tifffile" not in ended.stderr.lower()


def is_alive(process: psutil.Process) -> bool:
    """Whether a process is more than an entry that nobody has fetched."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def blocks(folder: Path) -> bool:
    """Whether a block of an image is done."""
    found = list(folder.glob(".*.cluster-*/journal.jsonl"))
    return bool(found) and len(found[0].read_text().splitlines()) > 1
