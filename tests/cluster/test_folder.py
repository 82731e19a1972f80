"""Folders on a cluster: what comes out is what one machine makes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
import torch

from napari_denoise import denoise_folder, load_model, save_model
from napari_denoise.batch import batch_steps
from napari_denoise.batch.events import FileDone
from napari_denoise.cluster.crew import Crew
from napari_denoise.cluster.rounds import PER_THREAD
from napari_denoise.errors import Cancelled, ClusterError, ModelError, OptionError
from napari_denoise.files import read_mark
from napari_denoise.progress import run_to_end
from tests.batch.conftest import photons, write_raw
from tests.cluster.conftest import kill_a_worker

if TYPE_CHECKING:
    from distributed import Client

    from napari_denoise.batch import BatchReport

FILES = ["a.tif", "day 1/b.tif", "day 1/c.ome.tif"]
MANY = 16


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_raw(tmp_path / "raw")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for seed in range(MANY):
        pixels = photons((2, 96, 96), seed)
        tifffile.imwrite(folder / f"{seed:02}.tif", pixels, metadata={"axes": "ZYX"})
    return folder


def told(report: BatchReport) -> list[tuple[object, ...]]:
    """What a report says, but for how long it took."""
    return [
        (r.file, r.series, r.outcome, r.output, r.error, r.mark, r.picture, r.facts)
        for r in report.records
    ]


def hidden(folder: Path) -> list[Path]:
    return list(folder.rglob(".*"))


def test_the_same_as_on_one_machine(raw: Path, tmp_path: Path, scheduler: str) -> None:
    (raw / "text.tif").write_text("no image")
    out, one = tmp_path / "out", tmp_path / "one"
    report = denoise_folder(raw, out, "unet-fast", scheduler=scheduler)
    expected = denoise_folder(raw, one, "unet-fast")
    assert (report.done, [r.file for r in report.failed]) == (3, ["text.tif"])
    assert told(report) == told(expected)
    for name in FILES:
        assert (out / name).read_bytes() == (one / name).read_bytes() or (
            np.array_equal(tifffile.imread(out / name), tifffile.imread(one / name))
        )
        assert read_mark(out / name) == read_mark(one / name)
    assert not hidden(out)


def test_begun_on_a_cluster_and_resumed_alone_and_back(
    raw: Path, tmp_path: Path, client: Client, scheduler: str
) -> None:
    out, cluster = tmp_path / "out", client.cluster
    assert denoise_folder(raw, out, "tikhonov", scheduler=cluster).done == 3
    assert denoise_folder(raw, out, "tikhonov").skipped == 3
    (out / "a.tif").unlink()
    report = denoise_folder(raw, out, "tikhonov", scheduler=scheduler)
    assert (report.done, report.skipped) == (1, 2)


def test_noise_is_shared_by_all_workers(
    many: Path, tmp_path: Path, scheduler: str
) -> None:
    options = {"noise": "shared", "pattern": "0*"}
    away, one = tmp_path / "away", tmp_path / "one"
    denoise_folder(many, away, "tikhonov", scheduler=scheduler, **options)
    denoise_folder(many, one, "tikhonov", **options)
    for path in one.glob("*.tif"):
        np.testing.assert_array_equal(
            tifffile.imread(path), tifffile.imread(away / path.name)
        )
    assert denoise_folder(many, away, "tikhonov", **options).skipped == 10


def test_relative_paths_hold_where_workers_stand_elsewhere(
    raw: Path, tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = denoise_folder(raw.name, "out", "tikhonov", scheduler=scheduler)
    assert report.done == 3
    assert (tmp_path / "out" / "a.tif").is_file()


def test_a_worker_that_is_killed_costs_nothing_but_time(
    many: Path, tmp_path: Path, client: Client, scheduler: str
) -> None:
    out = tmp_path / "out"
    steps = batch_steps(many, out, "unet-fast", scheduler=scheduler, assess="none")
    killed = False
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            report = end.value
            break
        if isinstance(step, FileDone) and not killed:
            kill_a_worker(client)
            killed = True
    assert killed
    assert (report.done + report.skipped, report.failed) == (MANY, ())
    # What the worker had finished, but not told, is found to be there.
    assert report.skipped <= PER_THREAD * 2
    assert denoise_folder(many, out, "unet-fast", assess="none").skipped == MANY


def test_a_file_that_kills_every_worker_is_told(
    client: Client, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As an option of Dask's says, three by default: each worker takes a second.
    monkeypatch.setattr(client.cluster.scheduler, "allowed_failures", 1)
    crew = Crew(client)
    ended = dict(crew.work_off(die_of_three, range(6), None))
    assert "died one after the other" in str(ended.pop(3))
    assert ended == {number: number for number in (0, 1, 2, 4, 5)}


def die_of_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), 9)
    return number


def test_it_stops_when_asked_to(many: Path, tmp_path: Path, scheduler: str) -> None:
    out, done = tmp_path / "out", []
    steps = batch_steps(
        many, out, "unet-fast", scheduler=scheduler, cancelled=lambda: bool(done)
    )
    with pytest.raises(Cancelled):
        run_to_end(steps, lambda s: done.append(s) if isinstance(s, FileDone) else None)
    assert "report.html" in {path.name for path in out.iterdir()}
    report = denoise_folder(many, out, "unet-fast", scheduler=scheduler)
    assert report.done + report.skipped == MANY
    assert 1 <= report.skipped < MANY
    assert not hidden(out)


def test_another_model_under_the_same_name_is_told(
    raw: Path, tmp_path: Path, scheduler: str
) -> None:
    path = tmp_path / "own.safetensors"
    save_model(load_model("unet-fast"), path)
    model = load_model(path)
    assert denoise_folder(raw, tmp_path / "out", path, scheduler=scheduler).done == 3
    with torch.no_grad():
        next(model.network.parameters()).mul_(1.01)
    with pytest.raises(ClusterError, match="another model there"):
        denoise_folder(raw, tmp_path / "out", model, scheduler=scheduler)


def test_a_model_in_memory_is_refused(
    raw: Path, tmp_path: Path, scheduler: str, tiny: object
) -> None:
    with pytest.raises(ModelError, match="save_model"):
        denoise_folder(raw, tmp_path / "out", tiny, scheduler=scheduler)


def test_paths_that_workers_do_not_see_are_told(
    tmp_path: Path, client: Client, scheduler: str
) -> None:
    with (
        pytest.raises(ClusterError, match=r"does not see .*nowhere.*share") as caught,
        Crew(client) as crew,
    ):
        crew.check(Path("/nowhere"), tmp_path, [], "auto")
    assert "(1 more are in trouble, too.)" in str(caught.value)
    assert not hidden(tmp_path)


def test_no_scheduler_is_told(raw: Path, tmp_path: Path) -> None:
    for address in ("tcp://127.0.0.1:1", "nonsense://1"):
        with pytest.raises(ClusterError, match="No Dask scheduler answers"):
            denoise_folder(raw, tmp_path / "out", scheduler=address)
    with pytest.raises(OptionError, match="either"):
        denoise_folder(raw, tmp_path / "out", scheduler="tcp://x:1", workers=2)
    with pytest.raises(OptionError, match="from 1 on"):
        denoise_folder(raw, tmp_path / "out", workers=0, noise="shared")
    assert not (tmp_path / "out").exists()
