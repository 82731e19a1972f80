"""Sentences of the report name a file by its name, and no other file wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_denoise import denoise_folder
from napari_denoise.batch.wording import shortened


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("/data/a.tif", "/data/a.tif is cut.", "a.tif is cut."),
        ("/data/a.tif", "There is no file /data/a.tif.", "There is no file a.tif."),
        ("/data/a.tif", "No “/data/a.tif”.", "No “a.tif”."),
        ("/data/a.tif", "/mnt/data/a.tif is there.", "/mnt/data/a.tif is there."),
        ("/data/a.tif", "/data/a.tif.json is there.", "/data/a.tif.json is there."),
        ("/data/a.zarr", "/data/a.zarr/0 is lost.", "a.zarr/0 is lost."),
        ("/data/x/../a.tif", "/data/a.tif is cut.", "a.tif is cut."),
    ],
)
def test_only_whole_paths_are_shortened(path: str, text: str, told: str) -> None:
    assert shortened(text, Path(path)) == told


def test_a_folder_named_from_where_one_stands(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = (raw / "a.tif").read_bytes()[:3000]
    (raw / "a.tif").write_bytes(cut)
    monkeypatch.chdir(tmp_path)
    told = [
        denoise_folder(source, f"out {number}", "tikhonov").failed[0].error
        for number, source in enumerate(("raw", Path("raw/day 1/.."), raw))
    ]
    assert told == [told[0]] * 3
    assert told[0].startswith("a.tif is truncated")
