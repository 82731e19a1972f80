"""Results that lost something are made again; what is only told of them is told so."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from napari_denoise import denoise_folder
from napari_denoise.files import read_mark
from tests.batch.conftest import photons

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = "tikhonov"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def cut(out: Path) -> None:
    whole = (out / "a.tif").read_bytes()
    (out / "a.tif").write_bytes(whole[: len(whole) // 2])


def cut_by_a_byte(out: Path) -> None:
    whole = (out / "a.tif").read_bytes()
    (out / "a.tif").write_bytes(whole[:-1])


def cut_without_records(out: Path) -> None:
    cut(out)
    shutil.rmtree(out / "report_files")


@pytest.mark.parametrize("damage", [cut, cut_by_a_byte, cut_without_records])
def test_a_result_that_is_cut_is_made_again(
    raw: Path, out: Path, damage: Callable[[Path], None]
) -> None:
    denoise_folder(raw, out, MODEL)
    before = tifffile.imread(out / "a.tif")
    damage(out)
    again = denoise_folder(raw, out, MODEL)
    assert (again.done, again.skipped, again.failed) == (1, 2, ())
    np.testing.assert_array_equal(tifffile.imread(out / "a.tif"), before)
    assert denoise_folder(raw, out, MODEL).skipped == 3


@pytest.mark.parametrize("lost", ["folder", "chunk", "half a chunk"])
def test_a_result_without_some_of_its_chunks_is_made_again(
    raw: Path, out: Path, lost: str
) -> None:
    denoise_folder(raw, out, MODEL, form="zarr")
    (out / "a.zarr" / ".DS_Store").write_bytes(bytes(10_000))
    assert denoise_folder(raw, out, MODEL, form="zarr").skipped == 3
    chunks = out / "day 1" / "b.zarr" / "0" / "c"
    before = {p: p.read_bytes() for p in chunks.rglob("*") if p.is_file()}
    chunk = max(before)
    if lost == "folder":
        shutil.rmtree(chunks)
    elif lost == "chunk":
        chunk.unlink()
    else:
        chunk.write_bytes(before[chunk][:100])
    again = denoise_folder(raw, out, MODEL, form="zarr")
    assert (again.done, again.skipped, again.failed) == (1, 2, ())
    assert {p: p.read_bytes() for p in chunks.rglob("*") if p.is_file()} == before


def test_how_it_was_made_is_told_again(raw: Path, out: Path) -> None:
    denoise_folder(raw, out, MODEL)
    told = (out / "a.tif.json").read_text()
    written = (out / "a.tif").stat().st_mtime_ns
    (out / "a.tif.json").unlink()
    assert denoise_folder(raw, out, MODEL).skipped == 3
    assert json.loads((out / "a.tif.json").read_text()) == json.loads(told)
    assert (out / "a.tif").stat().st_mtime_ns == written
    # With the records gone, too, nobody knows it any more.
    (out / "a.tif.json").unlink()
    shutil.rmtree(out / "report_files")
    again = denoise_folder(raw, out, MODEL)
    assert (again.done, again.skipped) == (1, 2)
    assert (out / "a.tif.json").exists()


def test_a_result_that_cannot_be_shown_is_done(raw: Path, out: Path) -> None:
    out.mkdir()
    (out / "report_files").write_text("no folder")
    report = denoise_folder(raw, out, MODEL)
    assert (report.done, report.skipped, report.failed) == (3, 0, ())
    for record in report.records:
        assert record.facts["assessment"]["whiteness"] > 0
        picture, kept = record.facts["warnings"][-2:]
        assert "picture" in picture
        assert "kept" in kept
    again = denoise_folder(raw, out, MODEL)
    assert (again.done, again.skipped, again.failed) == (0, 3, ())
    assert "picture" in again.records[0].facts["warnings"][-2]
    (out / "report_files").unlink()
    last = denoise_folder(raw, out, MODEL)
    assert last.skipped == 3
    assert all((out / record.picture).is_file() for record in last.records)
    assert "picture" not in str([record.facts for record in last.records])


def test_results_of_what_a_file_was_before_are_told_of(raw: Path, out: Path) -> None:
    (raw / "day 1" / "b.tif").unlink()
    denoise_folder(raw, out, MODEL)
    (raw / "a.tif").write_text("junk")
    with tifffile.TiffWriter(raw / "day 1" / "c.ome.tif") as file:
        for seed in (1, 2):
            file.write(photons((40, 48), seed), metadata={"axes": "YX"})
    junk, first, second = denoise_folder(raw, out, MODEL).records
    assert "still a.tif:" in junk.error
    assert "still c.ome.tif:" in first.facts["warnings"][-1]
    assert "earlier" not in str(second.facts["warnings"])
    assert read_mark(out / "a.tif")
    (out / "day 1" / "c.ome.tif").unlink()
    tifffile.imwrite(raw / "day 1" / "c.ome.tif", photons((40, 48), 3))
    (raw / "a.tif").unlink()
    (one,) = denoise_folder(raw, out, MODEL).records
    assert "still c_0.ome.tif, c_1.ome.tif:" in one.facts["warnings"][-1]


def test_results_of_other_files_are_not_told_of(raw: Path, out: Path) -> None:
    tifffile.imwrite(raw / "a_0.tif", photons((40, 48), 4))
    denoise_folder(raw, out, MODEL)
    (record,) = denoise_folder(raw, out, MODEL, pattern="a.tif").records
    assert "earlier" not in str(record.facts["warnings"])
