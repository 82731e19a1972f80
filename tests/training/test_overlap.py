"""Parts of one image are known by their noise, wherever they lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_denoise.training.overlap import find_overlaps, mark

RNG = np.random.default_rng(0)
WHOLE = RNG.poisson(40, (300, 280)).astype(np.uint16)


def overlapping(*images):
    found = find_overlaps([mark([image]) for image in images])
    return {(each.one, each.other) for each in found if not each.is_copy}


def copies(*images):
    found = find_overlaps([mark([image]) for image in images])
    return {(each.one, each.other) for each in found if each.is_copy}


@given(st.integers(0, 200), st.integers(0, 180), st.sampled_from(["u2", "f4", "f8"]))
def test_a_part_has_the_marks_of_the_whole(top, left, dtype):
    part = WHOLE[top : top + 100, left : left + 100]
    whole, found = mark([WHOLE]), mark([part.astype(dtype)])
    seen = found.ranks < whole.limit
    assert set(found.values[seen].tolist()) <= set(whole.values.tolist())
    assert len(found.values) == pytest.approx(part.size / 8, rel=0.3)


@pytest.mark.parametrize("photons", [1.5, 4, 40])
@pytest.mark.parametrize(("rows", "columns"), [(0, 40), (40, 0), (30, -30), (44, 30)])
def test_parts_that_share_a_quarter_or_so_overlap(rows, columns, photons):
    whole = np.random.default_rng(1).poisson(photons, (200, 200)).astype(np.uint16)
    one, other = whole[60:124, 60:124], whole[60 + rows :, 60 + columns :][:64, :64]
    assert overlapping(one, other) == {(0, 1)}
    assert overlapping(whole, other) == {(0, 1)}


def test_tiles_that_share_a_narrow_border_overlap():
    assert overlapping(WHOLE[:128, :128], WHOLE[:128, 104:232]) == {(0, 1)}
    assert overlapping(WHOLE[:128, :128], WHOLE[120:248, :128]) == {(0, 1)}


def test_tiles_next_to_each_other_do_not_overlap():
    tiles = [WHOLE[y : y + 64, x : x + 64] for y in (0, 64) for x in (0, 64, 128)]
    assert overlapping(*tiles) == set()


def test_the_same_image_is_a_copy_whatever_its_type():
    assert copies(WHOLE, WHOLE.astype(np.float32)) == {(0, 1)}
    assert overlapping(WHOLE, WHOLE.astype(np.float32)) == set()


def test_a_label_on_dark_images_is_no_overlap():
    label = RNG.integers(0, 255, (24, 200)) * (RNG.random((24, 200)) < 0.3)
    images = []
    for _ in range(4):
        image = np.zeros((256, 256), np.uint8)
        y, x = RNG.integers(0, 200, 2)
        image[y : y + 40, x : x + 40] = RNG.poisson(20, (40, 40))
        image[-24:, :200] = label
        images.append(image)
    assert find_overlaps([mark([image]) for image in images]) == []


def test_smooth_images_repeat_themselves_and_do_not_overlap():
    y, x = np.mgrid[:256, :256]
    images = [
        (20 + 10 * np.sin(x / a) + 8 * np.cos(y / b)).astype(np.uint8)
        for a, b in ((20, 31), (23, 27), (29, 22), (33, 40))
    ]
    assert find_overlaps([mark([image]) for image in images]) == []


def test_equal_spots_in_two_images_are_no_overlap():
    y, x = np.mgrid[:32, :32] - 16.0
    spot = 100 * np.exp(-(x**2 + y**2) / 18)
    images = []
    for top, left in ((20, 30), (120, 70)):
        image = np.zeros((200, 200))
        image[top : top + 32, left : left + 32] = spot
        images.append(image)
    assert find_overlaps([mark([image]) for image in images]) == []


@pytest.mark.parametrize(
    "plane",
    [
        np.full((64, 64), 7),
        np.zeros((64, 8)),
        np.zeros((64, 1)),
        np.full((64, 64), np.nan),
        np.full((64, 64), 1e300),
        np.tile([3, 4], (64, 32)),
    ],
)
def test_what_is_the_same_everywhere_has_no_marks(plane):
    assert find_overlaps([mark([plane]), mark([plane])]) == []


def test_no_images_overlap_not():
    assert find_overlaps([]) == []
