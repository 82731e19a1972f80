"""The arrays of a comparison, without a viewer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_denoise._napari.comparing.pair import Pair, convert, is_volume, whole_key
from napari_denoise._napari.comparing.pictures import (
    BlinkPicture,
    CurtainPicture,
    DifferencePicture,
    symmetric_limits,
)

INK = (0.0, 1000.0)


def random_pair(corner: tuple[int, ...] = (1, 2, 3), rgb: bool = False) -> Pair:
    rng = np.random.default_rng(2)
    colours = (3,) if rgb else ()
    big = tuple(n + c for n, c in zip((4, 10, 12), corner, strict=True))
    reference = rng.integers(100, 900, big + colours).astype(np.uint16)
    result = rng.integers(100, 900, (4, 10, 12, *colours)).astype(np.uint16)
    return Pair(result, reference, corner, rgb)


moves = st.lists(
    st.tuples(st.integers(-3, 15), st.sampled_from([1, 2, 4, 6])), min_size=1
)


@given(moves, st.sampled_from([1, 2]), st.booleans())
def test_a_strip_is_as_good_as_a_whole_picture(
    steps: list[tuple[int, int]], axis: int, rgb: bool
) -> None:
    """Whatever way the line came, the picture is that of a line put there."""
    pair = random_pair(rgb=rgb)
    moved = CurtainPicture(pair, axis)
    plane = moved[2]
    for at, width in steps:
        moved.move(at)
        moved.draw_line(width, INK)
    fresh = CurtainPicture(pair, axis)
    fresh.move(steps[-1][0])
    fresh.draw_line(steps[-1][1], INK)
    np.testing.assert_array_equal(moved[2], fresh[2])
    assert moved[2] is plane  # what a viewer shows is that array


@pytest.mark.parametrize("axis", [1, 2])
def test_curtain_beside_the_line(axis: int) -> None:
    pair = random_pair()
    picture = CurtainPicture(pair, axis)
    picture.move(5)
    picture.draw_line(2, INK)
    plane = np.moveaxis(picture[3], axis - 1, 0)
    reference = np.moveaxis(pair.reference[4, 2:, 3:], axis - 1, 0)
    result = np.moveaxis(pair.result[3], axis - 1, 0)
    np.testing.assert_array_equal(plane[:4], reference[:4])
    assert (plane[4] == 0).all()
    assert (plane[5] == 1000).all()
    np.testing.assert_array_equal(plane[6:], result[6:])


def test_thick_planes() -> None:
    """napari may project several planes onto one; they are all compared."""
    pair = random_pair()
    slab = CurtainPicture(pair, 2)[1:3, :, :]
    np.testing.assert_array_equal(slab[..., :4], pair.reference[2:4, 2:, 3:7])
    np.testing.assert_array_equal(slab[..., -4:], pair.result[1:3, :, -4:])


def test_asked_for_everything() -> None:
    pair = random_pair()
    picture = DifferencePicture(pair)
    plane = picture[1].copy()
    whole = pair.reference[1:, 2:, 3:].astype(float) - pair.result
    np.testing.assert_array_equal(np.asarray(picture), whole)
    np.testing.assert_array_equal(picture[1], plane)
    assert picture[:, :, :].size == 1


def test_blink() -> None:
    pair = random_pair()
    picture = BlinkPicture(pair)
    np.testing.assert_array_equal(picture[0], pair.result[0])
    picture.show_original(True)
    np.testing.assert_array_equal(picture[0], pair.reference[1, 2:, 3:])
    np.testing.assert_array_equal(picture[1], pair.reference[2, 2:, 3:])
    picture.show_original(False)
    np.testing.assert_array_equal(picture[1], pair.result[1])


@pytest.mark.parametrize(
    "key", [0, -1, (0,), (1, ...), (..., 3), np.s_[1:, 2], np.s_[-2:, :, 1:5], ...]
)
def test_an_index_is_spelt_out(key: Any) -> None:
    array = np.arange(4 * 5 * 6).reshape(4, 5, 6)
    spelt = whole_key(key, array.shape)
    assert len(spelt) == 3
    np.testing.assert_array_equal(array[spelt], array[key])


def test_volumes() -> None:
    assert is_volume((slice(None),) * 3)
    assert not is_volume((1, slice(None), slice(None)))
    assert not is_volume((slice(0, 9), slice(None), slice(None)))


def test_whole_numbers_are_rounded_and_clipped() -> None:
    values = np.array([-3.0, 1.6, 300.0])
    np.testing.assert_array_equal(convert(values, np.dtype(np.uint8)), [0, 2, 255])
    large = np.array([700], np.uint16)
    np.testing.assert_array_equal(convert(large, np.dtype(np.uint8)), [255])


def test_limits_are_robust_and_never_zero() -> None:
    difference = np.zeros(1000, np.float32)
    assert symmetric_limits(difference) == (-1, 1)
    difference[0] = -7
    assert symmetric_limits(difference) == (-7, 7)
    difference[:] = np.linspace(-10, 10, 1000)
    difference[3], difference[4] = 1e6, np.nan
    low, high = symmetric_limits(difference)
    assert -low == high == pytest.approx(10, abs=0.1)
