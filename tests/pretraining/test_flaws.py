"""Each flaw alone does what it says, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from pretraining.flaws import Flaws, add_flaws

ENDS = (100.0, 400.0)
SPREAD = 12.0
SEEDS = range(12)


@pytest.fixture(scope="module")
def noisy():
    rng = np.random.default_rng(0)
    clean = np.linspace(*ENDS, 80)[:, None]
    return clean + rng.normal(0, SPREAD, (80, 100))


def flawed(noisy, seed, **often):
    return add_flaws(noisy, ENDS, SPREAD, Flaws(**often), np.random.default_rng(seed))


def test_nothing_drawn_is_the_image_itself(noisy):
    assert flawed(noisy, 0) is noisy


def test_flaws_leave_their_input_as_it_was(noisy):
    kept = noisy.copy()
    flawed(noisy, 0, hot=1, lines=1, clipped=1, quantised=1)
    np.testing.assert_array_equal(noisy, kept)


def test_hot_pixels_are_few_and_only_brighter(noisy):
    raised = np.array([flawed(noisy, seed, hot=1) - noisy for seed in SEEDS])
    is_hot = raised != 0
    assert 0 < is_hot.mean() < 1 / 300
    assert raised[is_hot].min() >= 3.999 * SPREAD
    assert raised[is_hot].max() <= 60.001 * SPREAD


def test_lines_are_constant_along_rows_or_columns(noisy):
    is_by_row = []
    for seed in SEEDS:
        shift = flawed(noisy, seed, lines=1) - noisy
        ranges = [np.ptp(shift, axis=axis).max() for axis in (0, 1)]
        assert min(ranges) < 1e-10
        assert 0.03 < shift.std() / SPREAD < 0.5
        is_by_row.append(ranges[1] < ranges[0])
    assert len(set(is_by_row)) == 2


def test_clipped_images_have_a_floor_and_some_a_ceiling(noisy):
    is_saturated = []
    for seed in SEEDS:
        clipped = flawed(noisy, seed, clipped=1)
        floor, ceiling = clipped.min(), clipped.max()
        assert ENDS[0] - SPREAD <= floor <= ENDS[0]
        np.testing.assert_array_equal(clipped, noisy.clip(floor, ceiling))
        is_saturated.append(ceiling < noisy.max())
        if is_saturated[-1]:
            assert 0.75 <= (ceiling - ENDS[0]) / (ENDS[1] - ENDS[0]) <= 1
    assert len(set(is_saturated)) == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_quantised_images_lie_on_a_grid(noisy, seed):
    rounded = flawed(noisy, seed, quantised=1)
    gaps = np.diff(np.unique(rounded))
    step = gaps[gaps > 1e-9].min()
    assert 0.499 < step / (ENDS[1] - ENDS[0]) * 255 < 4.001
    levels = (rounded - rounded.min()) / step
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-6)
    assert np.abs(rounded - noisy).max() <= 0.5001 * step
