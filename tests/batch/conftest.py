"""A folder of small images, as a microscope might leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

if TYPE_CHECKING:
    from pathlib import Path


def photons(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Bright bars on a dark ground, with photon noise of gain 2 on an offset of 100."""
    columns = np.arange(shape[-1])
    clean = 20 + 60.0 * (columns // 8 % 2) * np.ones(shape)
    noisy = np.random.default_rng(seed).poisson(clean)
    return (2 * noisy + 100).astype(np.uint16)


def write_raw(folder: Path) -> Path:
    """Write a plane, an ImageJ stack and an OME-TIFF with two channels."""
    (folder / "day 1").mkdir(parents=True)
    tifffile.imwrite(folder / "a.tif", photons((40, 48), 1))
    tifffile.imwrite(
        folder / "day 1" / "b.tif",
        photons((3, 40, 48), 2),
        imagej=True,
        metadata={"axes": "ZYX", "spacing": 0.5, "unit": "um"},
    )
    tifffile.imwrite(
        folder / "day 1" / "c.ome.tif",
        photons((2, 40, 48), 3),
        metadata={"axes": "CYX", "Channel": {"Name": ["DNA", "actin"]}},
    )
    return folder


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_raw(tmp_path / "raw")
