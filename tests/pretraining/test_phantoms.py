"""Drawn patches: in range, unlike one another, and as bright as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter

from pretraining.phantoms import draw_phantom, patches, spots

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(16, 64), seeds)
@settings(max_examples=60)
def test_phantoms_of_any_side_stay_in_their_range(side, seed):
    phantom = draw_phantom(side, np.random.default_rng(seed))
    assert phantom.shape == (side, side)
    assert phantom.dtype == np.float32
    assert phantom.min() >= 0
    assert phantom.max() <= 1


@given(seeds)
@settings(max_examples=30)
def test_another_seed_is_another_phantom(seed):
    one, same, other = (
        draw_phantom(32, np.random.default_rng(s)) for s in (seed, seed, seed + 1)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_nearly_all_phantoms_show_something():
    contrasts = [
        np.ptp(draw_phantom(32, np.random.default_rng(seed))) for seed in range(200)
    ]
    assert np.mean(np.array(contrasts) > 0.2) > 0.95


def test_lone_spots_peak_at_1_on_the_median():
    peaks = []
    for seed in range(600):
        drawn = spots(24, np.random.default_rng(seed))
        summits = (drawn == maximum_filter(drawn, 3)) & (drawn > 0)
        peaks += [drawn.max()] if summits.sum() == 1 else []
    assert len(peaks) > 100
    # Their brightness is lognormal, its logarithm spread by less than a half.
    assert np.median(peaks) == pytest.approx(1, abs=0.1)


@given(seeds)
@settings(max_examples=30)
def test_flat_patches_are_few_levels_or_those_softened(seed):
    drawn = patches(32, np.random.default_rng(seed))
    assert 0 <= drawn.min() <= drawn.max() <= 1
    is_flat = drawn == maximum_filter(drawn, 3)
    assert len(np.unique(drawn)) < 14 or is_flat.mean() < 0.9
