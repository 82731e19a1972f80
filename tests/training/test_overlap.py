"""Parts of one image are known by their noise, wherever they lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_denoise.training.check.overlap import marks, overlapping

RNG = np.random.default_rng(0)
WHOLE = RNG.poisson(40, (300, 280)).astype(np.uint16)


@given(st.integers(0, 200), st.integers(0, 180), st.sampled_from(["u2", "f4", "f8"]))
def test_a_part_has_the_marks_of_the_whole(top, left, dtype):
    part = WHOLE[top : top + 100, left : left + 100]
    found = marks(part.astype(dtype))
    assert set(found.tolist()) <= set(marks(WHOLE).tolist())
    assert len(found) == pytest.approx(part.size / 128, rel=0.5)


def test_parts_that_share_a_quarter_overlap_and_others_do_not():
    one, other = WHOLE[:128, :128], WHOLE[64:192, 64:192]
    apart, beside = WHOLE[192:, :128], WHOLE[:128, 128:256]
    found = overlapping([marks(part) for part in (one, other, apart, beside)])
    assert found == [(0, 1), (1, 3)]


@pytest.mark.parametrize(
    "plane",
    [
        np.full((64, 64), 7),
        np.zeros((64, 8)),
        np.full((64, 64), np.nan),
        np.full((64, 64), 1e300),
        np.tile([3, 4], (64, 32)),
    ],
)
def test_what_is_the_same_everywhere_has_no_marks(plane):
    assert overlapping([marks(plane), marks(plane)]) == []


def test_no_images_overlap_not():
    assert overlapping([]) == []
