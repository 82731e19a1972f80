"""One huge image on a cluster: the same pixels, whatever dies on the way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_denoise import denoise_on_cluster, denoise_on_cluster_steps
from napari_denoise.cluster.partial import Partial
from napari_denoise.cluster.plan import Plan
from napari_denoise.errors import Cancelled, FileError
from napari_denoise.files import ImageTarget, open_image, read_mark
from napari_denoise.progress import TileDone, run_to_end
from tests.batch.conftest import photons
from tests.cluster.conftest import SHAPE, alone, kill_a_worker, pixels, write_stack

if TYPE_CHECKING:
    from pathlib import Path

    from distributed import Client

PLANES = SHAPE[0] * SHAPE[1]
KILLED = """
import os, signal, sys
from napari_denoise import denoise_on_cluster_steps
from napari_denoise.progress import TileDone
if __name__ == "__main__":
    for step in denoise_on_cluster_steps(*sys.argv[1:4], workers=2):
        if isinstance(step, TileDone):
            os.kill(os.getpid(), signal.SIGKILL)
"""
"""Dies by its own hand: another process might be too late."""


def journal(folder: Path) -> list[dict[str, Any]]:
    """Lines of blocks that are done, of the one image on its way."""
    (path,) = folder.glob(".*.cluster-*/journal.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("unet-fast", {}),
        ("unet", {"neighbours": "Z"}),
        (["unet-fast", "tikhonov"], {"strength": [0.5, 1.0], "dtype": "float32"}),
        ("tikhonov", {"noise": "none"}),
    ],
)
def test_the_same_as_on_one_machine(
    stack: Path, tmp_path: Path, scheduler: str, model: Any, options: dict[str, Any]
) -> None:
    out = tmp_path / "out.zarr"
    steps: list[Any] = []
    run = run_to_end(
        denoise_on_cluster_steps(stack, out, model, scheduler=scheduler, **options),
        steps.append,
    )
    expected = alone(stack, tmp_path / "one.zarr", model, **options)
    np.testing.assert_array_equal(pixels(out), pixels(tmp_path / "one.zarr"))
    told = dict(run.provenance)
    assert told.pop("workers") == 2
    assert {**told, "seconds": 0} == {**expected.provenance, "seconds": 0}
    assert run.warnings == expected.warnings
    assert steps[-1] == TileDone(PLANES * 64 * 64, PLANES * 64 * 64, 0.0)
    written, one = said(out), said(tmp_path / "one.zarr")
    assert written["napari_denoise"] == run.provenance
    one["ome"]["multiscales"][0]["name"] = "out"
    assert written["ome"] == one["ome"]
    assert names(tmp_path) == ["one.zarr", "out.zarr"]


def test_neighbours_are_settled_once(
    stack: Path, tmp_path: Path, scheduler: str
) -> None:
    options = {"neighbours": "auto", "noise": 14.0}
    out, one = tmp_path / "out.zarr", tmp_path / "one.zarr"
    run = denoise_on_cluster(stack, out, "unet", scheduler=scheduler, **options)
    expected = alone(stack, one, "unet", **options)
    assert run.provenance["options"] == expected.provenance["options"]
    np.testing.assert_array_equal(pixels(out), pixels(one))


def test_chunks_may_hold_several_channels_and_a_tiff_has_none(
    stack: Path, tmp_path: Path, scheduler: str
) -> None:
    counts = photons((2, 6, 48, 40), 3)
    source = write_stack(tmp_path / "raw.zarr", counts, (2, 4, 48, 40))
    out = tmp_path / "out.zarr"
    denoise_on_cluster(source, out, "tikhonov", scheduler=scheduler)
    alone(source, tmp_path / "one.zarr", "tikhonov")
    np.testing.assert_array_equal(pixels(out), pixels(tmp_path / "one.zarr"))
    tifffile.imwrite(tmp_path / "raw.tif", counts, metadata={"axes": "CZYX"}, ome=True)
    other = tmp_path / "other.zarr"
    denoise_on_cluster(tmp_path / "raw.tif", other, "tikhonov", scheduler=scheduler)
    np.testing.assert_array_equal(pixels(other), pixels(out))


def write_named(path: Path, stored: int, depth: int) -> Path:
    """Write an OME-TIFF of two named channels that lacks some of its planes."""
    rows = "".join(
        f'<TiffData IFD="{n}" FirstZ="{n // 2}" FirstC="{n % 2}" PlaneCount="1"/>'
        for n in range(stored)
    )
    names = "".join(
        f'<Channel ID="Channel:0:{n}" Name="{name}" SamplesPerPixel="1"/>'
        for n, name in enumerate(("DAPI", "GFP"))
    )
    described = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" '
        f'Type="uint16" SizeX="64" SizeY="64" SizeC="2" SizeZ="{depth}" SizeT="1">'
        f"{names}{rows}</Pixels></Image></OME>"
    )
    counts = photons((stored, 64, 64), 5)
    tifffile.imwrite(path, counts, description=described, metadata=None)
    return path


def test_what_the_file_says_and_lacks_is_told(tmp_path: Path, scheduler: str) -> None:
    source = write_named(tmp_path / "raw.ome.tif", 7, 4)
    with open_image(source) as image:
        info, notes = image.info, image.notes
    assert notes == ("1 planes are missing in the file: they are read as zeros.",)
    out, one = tmp_path / "out.zarr", tmp_path / "one.zarr"
    away = ImageTarget(out, info, mark="a mark", beside=True)
    run = denoise_on_cluster(source, away, "tikhonov", scheduler=scheduler)
    expected = alone(source, ImageTarget(one, info, mark="a mark"), "tikhonov")
    assert run.warnings == (*notes, *expected.warnings)
    beside = json.loads((tmp_path / "out.zarr.json").read_text())
    assert beside["warnings"] == list(run.warnings)
    assert read_mark(out) == read_mark(one) == "a mark"
    assert said(out)["napari_denoise"] == {**beside, "mark": "a mark"}
    channels = said(out)["ome"]["omero"]["channels"]
    assert [channel["label"] for channel in channels] == ["DAPI", "GFP"]
    assert all(channel["window"]["end"] > 0 for channel in channels)
    assert channels == said(one)["ome"]["omero"]["channels"]


def said(path: Path) -> dict[str, Any]:
    """What is written with an OME-Zarr."""
    told: dict[str, Any] = json.loads((path / "zarr.json").read_text())["attributes"]
    return told


def test_a_worker_that_is_killed_costs_nothing_but_time(
    stack: Path, tmp_path: Path, client: Client, scheduler: str
) -> None:
    out, killed = tmp_path / "out.zarr", []

    def kill_once(step: Any) -> None:
        if isinstance(step, TileDone) and not killed:
            kill_a_worker(client)
            killed.append(step)

    steps = denoise_on_cluster_steps(stack, out, "unet-fast", scheduler=scheduler)
    run_to_end(steps, kill_once)
    assert killed[0].done < killed[0].total
    alone(stack, tmp_path / "one.zarr", "unet-fast")
    np.testing.assert_array_equal(pixels(out), pixels(tmp_path / "one.zarr"))


def test_a_client_that_is_killed_goes_on(
    stack: Path, tmp_path: Path, scheduler: str
) -> None:
    out = tmp_path / "out.zarr"
    script = tmp_path / "run.py"
    script.write_text(KILLED)
    command = [sys.executable, script, stack, out, "unet-fast"]
    ended = subprocess.run(command, check=False)
    assert ended.returncode == -signal.SIGKILL
    script.unlink()
    done = journal(tmp_path)
    assert len(done) == 1
    assert names(tmp_path) == [name for name in names(tmp_path) if name[0] == "."]
    (path,) = tmp_path.glob(".*/journal.jsonl")
    with path.open("a") as file:
        file.write('{"block": 1')  # as a kill may leave it
    steps: list[Any] = []
    ways = {"scheduler": scheduler}
    run_to_end(denoise_on_cluster_steps(stack, out, "unet-fast", **ways), steps.append)
    tiles = [step for step in steps if isinstance(step, TileDone)]
    assert len(tiles) == PLANES // 4 - len(done)
    assert steps == tiles  # nothing was measured again
    alone(stack, tmp_path / "one.zarr", "unet-fast")
    np.testing.assert_array_equal(pixels(out), pixels(tmp_path / "one.zarr"))
    assert names(tmp_path) == ["one.zarr", "out.zarr"]


def test_it_stops_when_asked_to_and_anything_else_begins_anew(
    stack: Path, tmp_path: Path, scheduler: str
) -> None:
    out, done = tmp_path / "out.zarr", []

    def run(**options: Any) -> list[Any]:
        steps: list[Any] = []
        made = denoise_on_cluster_steps(
            stack, out, "unet-fast", scheduler=scheduler, **options
        )
        run_to_end(made, lambda s: (steps.append(s), done.append(s)))
        return [step for step in steps if isinstance(step, TileDone)]

    with pytest.raises(Cancelled):
        run(cancelled=lambda: any(isinstance(step, TileDone) for step in done))
    assert 0 < len(journal(tmp_path)) < PLANES // 4
    assert not out.exists()
    assert len(run(strength=0.5)) == PLANES // 4
    assert names(tmp_path) == ["out.zarr"]


def test_the_target_is_checked_first(stack: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"ending in \.zarr"):
        denoise_on_cluster(stack, tmp_path / "out.tif", workers=2)
    (tmp_path / "out.zarr").mkdir()
    with pytest.raises(FileError, match="exists already"):
        denoise_on_cluster(stack, tmp_path / "out.zarr", workers=2)


def test_what_zarr_cannot_hold_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    plan = Plan((), ())
    partial = Partial(ImageTarget(tmp_path / "out.zarr"), "0" * 64)
    with pytest.raises(FileError, match="cannot be written"):
        partial.begin(plan, (3, 8, 8), np.dtype("O"), "ZYX")
    assert not list(tmp_path.iterdir())


def test_the_image_itself_is_no_target(tmp_path: Path) -> None:
    source = write_stack(tmp_path / "raw.zarr", photons((1, 2, 8, 8), 0), (1, 1, 8, 8))
    (tmp_path / "link.zarr").symlink_to(source)
    before = pixels(source)
    pairs = [
        (source, source),
        (source, tmp_path / "x" / ".." / "raw.zarr"),
        (source, tmp_path / "link.zarr"),
        (tmp_path / "link.zarr", source),
        (source, source / "clean.zarr"),
        (source / "0", source),
    ]
    (tmp_path / "x").mkdir()
    for raw, out in pairs:
        target = ImageTarget(out, overwrite=True)
        with pytest.raises(FileError, match=r"itself would be replaced.*another name"):
            denoise_on_cluster(raw, target, "tikhonov", workers=1)
    np.testing.assert_array_equal(pixels(source), before)


def test_a_former_result_is_replaced_last_of_all(
    stack: Path, tmp_path: Path, scheduler: str
) -> None:
    out = tmp_path / "out.zarr"
    alone(stack, out, "wavelet")
    before = pixels(out)
    target = ImageTarget(out, overwrite=True, beside=True)
    for _ in denoise_on_cluster_steps(stack, target, "tikhonov", scheduler=scheduler):
        np.testing.assert_array_equal(pixels(out), before)
    assert not np.array_equal(pixels(out), before)
    assert names(tmp_path) == ["out.zarr", "out.zarr.json"]


def test_what_gets_the_name_meanwhile_is_kept(
    stack: Path, tmp_path: Path, scheduler: str
) -> None:
    out = tmp_path / "out.zarr"
    with pytest.raises(FileError, match="by another program meanwhile"):
        for s in denoise_on_cluster_steps(stack, out, "tikhonov", scheduler=scheduler):
            if isinstance(s, TileDone):
                out.mkdir(exist_ok=True)
    assert not list(out.iterdir())
    assert len(journal(tmp_path)) == PLANES // 4  # it is only named when run again
    out.rmdir()
    denoise_on_cluster(stack, out, "tikhonov", scheduler=scheduler)
    assert names(tmp_path) == ["out.zarr"]
