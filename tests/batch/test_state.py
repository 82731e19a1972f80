"""Changes of an image are seen wherever its files lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from napari_denoise import denoise_folder
from napari_denoise.batch.items import find_items
from napari_denoise.batch.state import bytes_of, extent_of, state_of

MODEL = "tikhonov"


@pytest.mark.skipif(os.name == "nt", reason="links take rights of their own there")
def test_a_level_that_is_a_link_is_looked_into(raw: Path, tmp_path: Path) -> None:
    stores, out = tmp_path / "stores", tmp_path / "out"
    denoise_folder(raw, stores, MODEL, pattern="a.tif", form="zarr")
    (stores / "a.zarr" / "0").rename(tmp_path / "elsewhere")
    (stores / "a.zarr" / "0").symlink_to(tmp_path / "elsewhere", True)
    assert denoise_folder(stores, out, MODEL).done == 1
    assert denoise_folder(stores, out, MODEL).skipped == 1
    chunk = max((tmp_path / "elsewhere").rglob("*"), key=lambda path: len(path.parts))
    os.utime(chunk, (10**9, 10**9))
    assert denoise_folder(stores, out, MODEL).done == 1


@pytest.mark.skipif(os.name == "nt", reason="links take rights of their own there")
def test_links_that_form_a_ring_are_followed_once(tmp_path: Path) -> None:
    for name, other in (("a.zarr", "b"), ("b", "a.zarr")):
        (tmp_path / name / "0").mkdir(parents=True)
        (tmp_path / name / "0" / "chunk").write_bytes(b"12")
        (tmp_path / name / "link").symlink_to(tmp_path / other, True)
        (tmp_path / name / "0" / "up").symlink_to(tmp_path / name, True)
    found = {Path(name).as_posix() for name, _, _ in state_of(tmp_path / "a.zarr")}
    assert found == {"0/chunk", "link/0/chunk"}
    assert bytes_of(tmp_path / "a.zarr") == 4
    assert extent_of(tmp_path / "a.zarr") == [2, 4]


def test_sizes_are_counted_once(raw: Path, tmp_path: Path) -> None:
    items = find_items(raw, tmp_path / "out")
    counted = [item.bytes for item in items]
    (raw / "a.tif").unlink()
    assert [item.bytes for item in items] == counted
