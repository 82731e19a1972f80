"""A batch that is killed, at any moment, and run again."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from napari_denoise import denoise_folder
from tests.batch.conftest import photons

if TYPE_CHECKING:
    from pathlib import Path

FILES = 24
RUN = """
import sys
from napari_denoise.batch import batch_steps
from napari_denoise.batch.events import FileDone
for step in batch_steps(sys.argv[1], sys.argv[2], "tikhonov", form=sys.argv[3]):
    if isinstance(step, FileDone) and step.records[0].outcome == "done":
        print("done", flush=True)
        sys.stdin.readline()  # no further until one is told to: see `kill_after`
    elif not isinstance(step, FileDone):
        print(type(step).__name__, flush=True)
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    for seed in range(FILES):
        path = folder / f"plate {seed % 3}" / f"{seed:02}.tif"
        path.parent.mkdir(exist_ok=True)
        tifffile.imwrite(path, photons((2, 64, 72), seed), metadata={"axes": "ZYX"})
    return folder


@pytest.fixture(scope="module", params=["same", "zarr"])
def undisturbed(
    request: pytest.FixtureRequest, many: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, np.ndarray], float]:
    """Results of a run that nobody kills, and the seconds that it takes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    began = time.perf_counter()
    assert denoise_folder(many, folder, "tikhonov", form=request.param).done == FILES
    return request.param, pixels(folder), time.perf_counter() - began


def pixels(folder: Path) -> dict[str, np.ndarray]:
    """Read whatever has a final name."""
    import zarr

    found = {}
    for path in sorted(folder.glob("plate */*")):
        name = path.relative_to(folder).as_posix()
        if path.name.startswith(".") or path.suffix == ".json":
            continue
        if path.suffix == ".zarr":
            found[name] = np.asarray(zarr.open_array(path / "0", mode="r")[:])
        else:
            found[name] = tifffile.imread(path)
    return found


def kill_after(
    files: int, seconds: float, source: Path, target: Path, form: str
) -> None:
    """Start a batch, and kill it so long after it has done so many files.

    However slow the machine, it does one more file at most until it is killed.
    """
    command = [sys.executable, "-c", RUN, str(source), str(target), form]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "FolderRead\n"
        while files:
            line = process.stdout.readline()
            assert line, "it ended by itself"
            if line == "done\n":
                files -= 1
                process.stdin.write("\n")
                process.stdin.flush()
        time.sleep(seconds)
        process.kill()


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(found[name], expected[name]) for name in found)


def kill_and_resume(
    times: int,
    many: Path,
    undisturbed: tuple[str, dict[str, np.ndarray], float],
    target: Path,
) -> None:
    form, expected, seconds = undisturbed
    rng = random.Random(times)
    sure = FILES - times - 1  # so many are surely done, and one is surely not
    for number in range(times):
        files = sure * (number + 1) // times - sure * number // times
        kill_after(files, rng.uniform(0, 3 * seconds / FILES), many, target, form)
        assert same(pixels(target), expected)
    before = len(pixels(target))
    assert sure <= before < FILES
    report = denoise_folder(many, target, "tikhonov", form=form)
    assert not report.failed
    assert report.skipped == before
    assert report.done == FILES - before
    found = pixels(target)
    assert found.keys() == expected.keys()
    assert same(found, expected)
    assert not [path for path in target.rglob(".*") if ".part" in path.name]
    assert all((target / record.picture).is_file() for record in report.records)


def test_a_killed_batch_goes_on(
    many: Path,
    undisturbed: tuple[str, dict[str, np.ndarray], float],
    tmp_path: Path,
) -> None:
    kill_and_resume(3, many, undisturbed, tmp_path / "out")


@pytest.mark.slow
def test_a_batch_killed_twenty_times_goes_on(
    many: Path,
    undisturbed: tuple[str, dict[str, np.ndarray], float],
    tmp_path: Path,
) -> None:
    kill_and_resume(20, many, undisturbed, tmp_path / "out")
