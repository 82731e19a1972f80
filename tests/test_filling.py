"""Files that are looked at while they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_denoise import denoise
from napari_denoise.denoising import OutputOpened, TileDone, denoise_steps, run_to_end
from napari_denoise.filling import Filling
from napari_denoise.output import open_output

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = {
    "YX": (6, 8),
    "XY": (6, 8),
    "ZYX": (3, 6, 8),
    "YXS": (6, 8, 3),
    "ZCYX": (3, 2, 6, 8),
    "CXZY": (2, 8, 3, 6),
}
PARTS = (
    (),
    (...,),
    (0,),
    (slice(1, 3),),
    (..., 2),
    (..., slice(None, None, 2), slice(4, 1, -1)),
    (-1, slice(0, 1), ...),
)


def planes_of(axes: str, shape: tuple[int, ...]) -> list[tuple[Any, ...]]:
    outside = [n if a not in "YX" else 1 for a, n in zip(axes, shape, strict=True)]
    return [
        tuple(slice(None) if a in "YX" else n for a, n in zip(axes, place, strict=True))
        for place in np.ndindex(*outside)
    ]


@pytest.mark.parametrize("name", ["a.zarr", "a.tif"])
@pytest.mark.parametrize("axes", SHAPES)
def test_planes_that_are_there_are_seen(axes: str, name: str, tmp_path: Path) -> None:
    shape = SHAPES[axes]
    image = np.arange(1, np.prod(shape) + 1, dtype=np.uint16).reshape(shape)
    seen = np.zeros_like(image)
    with open_output(tmp_path / name, shape, image.dtype, axes) as target:
        assert isinstance(target, Filling)
        assert (target.shape, target.ndim, target.size) == (
            shape,
            len(shape),
            seen.size,
        )
        for index in planes_of(axes, shape):
            target[index] = image[index]
            seen[index] = image[index]
            np.testing.assert_array_equal(np.asarray(target), seen)
            for part in PARTS:
                if len([p for p in part if p is not ...]) <= len(shape):
                    np.testing.assert_array_equal(target[part], seen[part])
    assert target[...].shape == shape  # its file is closed: this is no time to fail


def test_who_looked_is_told_once(tmp_path: Path) -> None:
    plane = np.ones((4, 4), np.uint8)
    with open_output(tmp_path / "a.zarr", (3, 4, 4), plane.dtype, "ZYX") as target:
        every = slice(None), slice(None)
        target[(0, *every)] = plane
        assert not target.take_change()  # nobody has looked
        assert not target[1].any()
        target[(2, *every)] = plane
        assert not target.take_change()  # another one
        target[(1, *every)] = plane
        assert target.take_change()
        assert not target.take_change()
        assert target[1].all()


@pytest.mark.parametrize("name", ["a.zarr", "a.tif"])
def test_a_run_opens_its_file_first(name: str, tmp_path: Path) -> None:
    image = np.random.default_rng(0).poisson(50, (3, 40, 48)).astype(np.uint16)
    steps: list[Any] = []
    run = denoise_steps(image, "tikhonov", noise=7.0, out=tmp_path / name)
    run_to_end(run, steps.append)
    assert [isinstance(step, OutputOpened) for step in steps].index(True) == 0
    assert sum(isinstance(step, OutputOpened) for step in steps) == 1
    steps.clear()
    run_to_end(denoise_steps(image, "tikhonov", noise=7.0), steps.append)
    assert not any(isinstance(step, OutputOpened) for step in steps)


def test_what_is_seen_on_the_way_is_the_result(tmp_path: Path) -> None:
    image = np.random.default_rng(0).poisson(50, (8, 40, 48)).astype(np.uint16)
    expected = denoise(image, "tikhonov", noise=7.0)
    targets, between = [], 0
    for step in denoise_steps(image, "tikhonov", noise=7.0, out=tmp_path / "a.zarr"):
        if isinstance(step, OutputOpened):
            targets.append(step.target)
        elif isinstance(step, TileDone):
            now = targets[0][...]
            there = [bool(plane.any()) for plane in now]
            assert there == sorted(there, reverse=True)  # the first ones
            np.testing.assert_array_equal(now[there], expected[there])
            between += 0 < sum(there) < len(there)
    assert between > 0
