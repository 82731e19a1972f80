"""Noise that is measured once for all files."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_denoise import denoise_folder
from napari_denoise.files import ImageFile, ImageInfo
from tests.batch.conftest import photons

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = "tikhonov"


def remembered(raw: Path, out: Path, **options: Any) -> bool:
    """Whether a run took the noise of the one before."""
    kept = out / "report_files" / "shared_noise.json"
    before = kept.stat().st_mtime_ns
    denoise_folder(raw, out, MODEL, noise="shared", **options)
    return kept.stat().st_mtime_ns == before


def test_one_search_is_known_by_all_its_names(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    denoise_folder(raw, out, MODEL, noise="shared")
    assert remembered(raw, out, pattern=["*"])
    assert not remembered(raw, out, pattern=["A*", "b.tif"])
    assert remembered(raw, out, pattern=("B.tif", "a*", "a*"))


def test_folders_below_are_another_search(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    denoise_folder(raw, out, MODEL, noise="shared")
    assert not remembered(raw, out, recursive=False)
    assert remembered(raw, out, recursive=False)
    assert not remembered(raw, out)


class Broken:
    """An array that is read lazily, and cannot be."""

    shape, dtype, ndim, size = (40, 48), np.dtype("u2"), 2, 40 * 48

    def __getitem__(self, index: Any) -> Any:
        raise ValueError("chunk broken")


class Lazy:
    """Reads arrays that numpy saved; some of them are broken."""

    def is_image(self, path: Path) -> bool:
        return path.suffix == ".npy"

    def series_names(self, path: Path) -> list[str]:
        return ["one"]

    @contextmanager
    def open_image(self, path: Path, series: int = 0) -> Iterator[ImageFile]:
        data = Broken() if "broken" in path.name else np.load(path)
        yield ImageFile(path, data, "YX", ImageInfo())


@pytest.mark.parametrize("noise", ["auto", "shared"])
def test_a_file_that_breaks_does_not_stop_the_others(
    tmp_path: Path, noise: str
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("a", "broken", "c"):
        np.save(raw / f"{name}.npy", photons((64, 64), 1))
    report = denoise_folder(raw, tmp_path / "out", MODEL, reader=Lazy(), noise=noise)
    assert report.done == 2
    (failed,) = report.failed
    assert failed.file == "broken.npy"
    assert "chunk broken" in failed.error
