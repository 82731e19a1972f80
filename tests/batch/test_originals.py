"""No result replaces an image, or lies among the images, whatever folders are named."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import tifffile

from napari_denoise import denoise_folder
from napari_denoise.errors import FileError
from tests.batch.conftest import photons

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "tikhonov"


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("linked", [False, True])
def test_results_never_lie_among_the_images(
    tmp_path: Path, overwrite: bool, linked: bool
) -> None:
    out = tmp_path / "out"
    raw = out / "raw"
    (raw / "raw").mkdir(parents=True)
    tifffile.imwrite(raw / "x.tif", photons((40, 48), 1))
    tifffile.imwrite(raw / "raw" / "x.tif", photons((40, 48), 2))
    tifffile.imwrite(raw / "raw" / "y.tif", photons((40, 48), 3))
    before = contents(tmp_path)
    source = raw
    if linked:
        source = tmp_path / "link"
        source.symlink_to(raw, target_is_directory=True)
    with pytest.raises(FileError, match="apart"):
        denoise_folder(source, out, MODEL, overwrite=overwrite)
    assert contents(tmp_path) == before


def test_results_may_lie_above_the_images(raw: Path) -> None:
    before = contents(raw)
    assert denoise_folder(raw, raw.parent, MODEL).done == 3
    assert (raw.parent / "day 1" / "b.tif").is_file()
    assert contents(raw) == before
    assert denoise_folder(raw, raw.parent, MODEL).skipped == 3


def test_images_that_links_lead_to_are_safe(raw: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    (chosen / "other name.tif").symlink_to(raw / "a.tif")
    before = contents(raw)
    with pytest.raises(FileError, match="apart"):
        denoise_folder(chosen, raw, MODEL, overwrite=True)
    shutil.rmtree(chosen)
    chosen.mkdir()
    (chosen / "day 1").symlink_to(raw / "day 1", target_is_directory=True)
    with pytest.raises(FileError, match="apart"):
        denoise_folder(chosen, raw, MODEL, overwrite=True, form="tif")
    assert contents(raw) == before


def test_no_result_lies_in_an_image_that_is_a_folder(raw: Path, tmp_path: Path) -> None:
    denoise_folder(raw, tmp_path / "zarr", MODEL, form="zarr")
    (tmp_path / "zarr" / "a.zarr").rename(raw / "a.zarr")
    before = contents(raw)
    with pytest.raises(FileError, match="apart"):
        denoise_folder(raw, raw / "a.zarr" / "results", MODEL)
    assert contents(raw) == before


def test_links_to_results_are_no_images(raw: Path) -> None:
    out = raw / "denoised"
    denoise_folder(raw, out, MODEL)
    (raw / "link").symlink_to(out / "day 1", target_is_directory=True)
    assert len(denoise_folder(raw, out, MODEL).records) == 3
