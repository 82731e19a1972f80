"""Results written to OME-Zarr: plane by plane, whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import dask.array
import numpy as np
import pytest
import tifffile
import yaozarrs
import zarr
from typer.testing import CliRunner

from napari_denoise import denoise, denoise_steps
from napari_denoise.cli import app
from napari_denoise.denoising import TileDone, run_to_end
from napari_denoise.errors import Cancelled, FileError, OptionError
from napari_denoise.files import ImageInfo, ImageTarget, open_ome_zarr
from tests.conftest import draw, synthetic_scene
from tests.test_files import HYPERSTACK, PIXELS

IMAGES = {
    "YX": ((50, 40), "uint16"),
    "XY": ((50, 40), "uint16"),
    "TCZYX": ((2, 2, 3, 40, 30), ">u2"),
    "CYX": ((2, 1100, 40), "float16"),
    "ZCYX": ((2, 3, 40, 30), "float32"),
    "XYZT": ((40, 30, 2, 3), "float64"),
    "YXS": ((40, 30, 4), "uint8"),
}


def counts(shape, dtype):
    return np.random.default_rng(0).poisson(90, shape).astype(dtype)


def attributes(path):
    return json.loads((path / "zarr.json").read_text())["attributes"]


def multiscale(path):
    (only,) = attributes(path)["ome"]["multiscales"]
    return only


def transformations(path):
    (level,) = multiscale(path)["datasets"]
    return level["coordinateTransformations"]


@pytest.mark.parametrize("axes", IMAGES)
def test_a_path_that_ends_in_zarr_becomes_an_ome_zarr(axes, tmp_path):
    image = counts(*IMAGES[axes])
    path = tmp_path / "result.zarr"
    assert denoise(image, "tikhonov", axes=axes, out=path) == path
    expected = denoise(image, "tikhonov", axes=axes)
    yaozarrs.validate_zarr_store(str(path))
    result = open_ome_zarr(path, axes)
    assert result.shape == image.shape
    assert result.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(np.asarray(result[...]), expected)
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.zarr"]


def test_on_disk_axes_are_in_omes_order(tmp_path):
    image = counts((2, 3, 40, 30), "uint16")
    denoise(image, "tikhonov", axes="ZCYX", out=tmp_path / "a.ome.zarr")
    pixels = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")["0"]
    expected = denoise(image, "tikhonov", axes="ZCYX").swapaxes(0, 1)
    np.testing.assert_array_equal(pixels[:], expected)
    assert pixels.metadata.dimension_names == ("c", "z", "y", "x")
    described = multiscale(tmp_path / "a.ome.zarr")
    assert [a["name"] for a in described["axes"]] == ["c", "z", "y", "x"]
    assert [a["type"] for a in described["axes"]] == ["channel", *["space"] * 3]


def test_chunks_are_planes_or_parts_of_them(tmp_path):
    image = np.zeros((2, 1500, 60), np.uint8)
    with pytest.warns(UserWarning, match="No noise"):
        denoise(image, "tikhonov", out=tmp_path / "a.zarr")
    assert open_ome_zarr(tmp_path / "a.zarr", "ZYX").chunks == (1, 1024, 60)


def test_provenance_is_an_attribute(noisy, tmp_path):
    out = ImageTarget(tmp_path / "a.zarr")
    steps = denoise_steps(noisy, "tikhonov", strength=0.5, out=out)
    result = run_to_end(steps)
    assert result.data is out
    kept = attributes(tmp_path / "a.zarr")["napari_denoise"]
    assert kept == json.loads(json.dumps(result.provenance))
    assert kept["options"]["strength"] == 0.5


def test_scale_and_units_follow_their_axes(tmp_path):
    image = counts((2, 3, 40, 30), "uint16")
    info = ImageInfo(
        "cells",
        spacing={"Z": 0.3, "T": 2, "Y": 0.11, "X": 0.12},
        units={"Z": "µm", "T": "pixel", "Y": "micrometer"},
        origin={"Z": 5, "Y": 6, "X": 7},
    )
    path = tmp_path / "a.zarr"
    denoise(image, "tikhonov", axes="ZTYX", out=ImageTarget(path, info))
    yaozarrs.validate_zarr_store(str(path))
    axes = multiscale(path)["axes"]
    assert [axis["name"] for axis in axes] == ["t", "z", "y", "x"]
    units = [axis.get("unit") for axis in axes]
    assert units == [None, "micrometer", "micrometer", None]
    assert multiscale(path)["name"] == "cells"
    assert transformations(path) == [
        {"type": "scale", "scale": [2, 0.3, 0.11, 0.12]},
        {"type": "translation", "translation": [0, 5, 6, 7]},
    ]


def test_channels_and_colours_at_once_have_no_room(tmp_path):
    image = counts((2, 20, 20, 3), "uint8")
    with pytest.raises(OptionError, match="channels"):
        denoise(image, "tikhonov", axes="CYXS", out=tmp_path / "a.zarr")
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_refused_and_kept(noisy, tmp_path):
    folder, file = tmp_path / "folder.zarr", tmp_path / "file.zarr"
    folder.mkdir()
    (folder / "diary.txt").write_text("precious")
    file.write_text("precious")
    for path in (folder, file):
        with pytest.raises(FileError, match="exists already"):
            denoise(noisy, "tikhonov", out=path)
        with pytest.raises(FileError, match="no Zarr"):
            denoise(noisy, "tikhonov", out=ImageTarget(path, overwrite=True))
    assert (folder / "diary.txt").read_text() == file.read_text() == "precious"
    with pytest.raises(FileError, match="no folder"):
        denoise(noisy, "tikhonov", out=tmp_path / "nowhere" / "a.zarr")
    with pytest.raises(FileError, match=r"ending in \.tif or \.zarr"):
        denoise(noisy, "tikhonov", out=ImageTarget(tmp_path / "a.png"))
    assert {entry.name for entry in tmp_path.iterdir()} == {folder.name, file.name}


def test_a_former_result_is_replaced_only_by_a_complete_one(noisy, tmp_path):
    path = tmp_path / "a.zarr"
    denoise(noisy, "tikhonov", out=path)
    before = open_ome_zarr(path, "YX")[:]
    again = ImageTarget(path, overwrite=True)
    steps = denoise_steps(noisy, "tv", out=again)
    while not isinstance(next(steps), TileDone):
        pass
    steps.close()
    np.testing.assert_array_equal(open_ome_zarr(path, "YX")[:], before)
    denoise(noisy, "tv", out=again)
    np.testing.assert_array_equal(open_ome_zarr(path, "YX")[:], denoise(noisy, "tv"))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("after", [0, 1, 40])
def test_cancel_leaves_nothing(after, tiny, tmp_path):
    looks = []

    def cancelled():
        looks.append(1)
        return len(looks) > after

    image = np.random.default_rng(0).random((3, 200, 200), np.float32)
    out = tmp_path / "a.zarr"
    with pytest.raises(Cancelled):
        run_to_end(denoise_steps(image, tiny, out=out, tile=64, cancelled=cancelled))
    assert list(tmp_path.iterdir()) == []


def test_a_closed_run_leaves_nothing(noisy, tiny, tmp_path):
    steps = denoise_steps(noisy, tiny, out=tmp_path / "a.zarr", tile=16)
    while not isinstance(next(steps), TileDone):
        pass
    (entry,) = tmp_path.iterdir()
    assert entry.name.startswith(".a.zarr.part-")
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_two_runs_to_one_name_leave_each_other_alone(noisy, tiny, tmp_path):
    path = tmp_path / "a.zarr"
    first = denoise_steps(noisy, tiny, out=path, tile=16)
    while not isinstance(next(first), TileDone):
        pass
    second = denoise_steps(noisy, tiny, out=path, tile=16)
    while not isinstance(next(second), TileDone):
        pass
    first.close()  # given up late: the folder of the second stays
    run_to_end(second)
    assert list(tmp_path.iterdir()) == [path]
    yaozarrs.validate_zarr_store(str(path))


LONG_RUN = """
import sys
import numpy as np
from napari_denoise import denoise
image = np.random.default_rng(0).normal(9, 1, (400, 200, 200)).astype(np.float32)
denoise(image, "tikhonov", noise=1.0, out=sys.argv[1])
"""


def test_a_killed_run_leaves_no_result_and_does_not_hinder_the_next(noisy, tmp_path):
    path = tmp_path / "a.zarr"

    def pixels():
        return list(tmp_path.glob(".a.zarr.part-*/0/c"))

    with subprocess.Popen([sys.executable, "-c", LONG_RUN, path]) as process:
        until = time.monotonic() + 60
        while not pixels() and time.monotonic() < until:
            time.sleep(0.02)
        process.kill()
    assert process.returncode != 0  # it did not end by itself
    assert pixels()
    assert not path.exists()
    denoise(noisy, "tikhonov", out=path)
    assert list(tmp_path.iterdir()) == [path]
    yaozarrs.validate_zarr_store(str(path))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_folder_that_cannot_be_written_to_is_told(noisy):
    # Not even root may make a folder there.
    with pytest.raises(FileError, match="cannot be written"):
        denoise(noisy, "tikhonov", out="/proc/a.zarr")


@pytest.mark.parametrize("missing", ["zarr", "yaozarrs"])
def test_without_the_extra_it_is_told_how_to_get_it(
    missing, noisy, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, missing, None)  # as if it were not installed
    with pytest.raises(OptionError, match=r"pip install “napari-denoise\[zarr\]”"):
        denoise(noisy, "tikhonov", out=tmp_path / "a.zarr")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_read_before_it_is_needed(tmp_path):
    image = counts((3, 2, 40, 30), "uint16")
    denoise(image, "tikhonov", axes="ZCYX", out=tmp_path / "turned.zarr")
    denoise(image, "tikhonov", axes="TCYX", out=tmp_path / "straight.zarr")
    lazy = open_ome_zarr(tmp_path / "turned.zarr", "ZCYX")
    assert isinstance(lazy, dask.array.Array)
    assert isinstance(open_ome_zarr(tmp_path / "straight.zarr", "TCYX"), zarr.Array)
    expected = denoise(image, "tikhonov", axes="ZCYX")
    np.testing.assert_array_equal(lazy[2, 1].compute(), expected[2, 1])


# The command line -----------------------------------------------------------


def command_line(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def hyperstack(tmp_path):
    clean = np.broadcast_to(synthetic_scene(32), (2, 3, 2, 32, 32))
    noisy, _ = draw(clean, peak=200, gain=2, offset=20)
    stack = noisy.clip(0).astype(np.uint16)
    tifffile.imwrite(
        tmp_path / "in.tif",
        stack,
        imagej=True,
        resolution=(8, 4),
        metadata=HYPERSTACK,
    )
    return stack


def test_the_command_line_keeps_the_calibration(hyperstack, tmp_path):
    source, target = tmp_path / "in.tif", tmp_path / "out.zarr"
    arguments = ("denoise", source, target, "--model", "tikhonov", "--json")
    result = command_line(*arguments, "--dtype", "float32")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["output"], report["dtype"]) == (str(target), "float32")
    expected = denoise(hyperstack, "tikhonov", axes="TZCYX", dtype="float32")
    written = np.asarray(open_ome_zarr(target, "TZCYX"))
    np.testing.assert_array_equal(written, expected)
    yaozarrs.validate_zarr_store(str(target))
    assert transformations(target)[0]["scale"] == [2.5, 1, 0.5, 0.25, 0.125]
    units = {a["name"]: a.get("unit") for a in multiscale(target)["axes"]}
    lengths = dict.fromkeys("zyx", "micrometer")
    assert units == {"t": "second", "c": None, **lengths}
    facts = json.loads(Path(f"{target}.json").read_text())
    assert attributes(target)["napari_denoise"] == facts
    assert facts["source"] == str(source)


def test_the_command_line_reads_omes_calibration(tmp_path):
    stack = counts((2, 2, 3, 32, 32), "uint16")
    tifffile.imwrite(tmp_path / "in.ome.tif", stack, ome=True, metadata=PIXELS)
    target = tmp_path / "out.zarr"
    done = command_line(
        "denoise", tmp_path / "in.ome.tif", target, "--model", "tikhonov"
    )
    assert done.exit_code == 0, done.output
    assert transformations(target)[0]["scale"] == [2, 1, 0.3, 0.12, 0.11]


def test_the_command_line_replaces_a_result_when_told(hyperstack, tmp_path):
    source, target = tmp_path / "in.tif", tmp_path / "out.zarr"
    run = ("denoise", source, target, "--model")
    assert command_line(*run, "tikhonov").exit_code == 0
    before = open_ome_zarr(target, "TCZYX")[:]
    refused = command_line(*run, "tv")
    assert refused.exit_code == 2
    assert "--overwrite" in refused.stderr
    np.testing.assert_array_equal(open_ome_zarr(target, "TCZYX")[:], before)
    assert command_line(*run, "tv", "--overwrite").exit_code == 0
    expected = denoise(hyperstack, "tv", axes="TZCYX")
    written = np.asarray(open_ome_zarr(target, "TZCYX"))
    np.testing.assert_array_equal(written, expected)
