"""Counts of a neighbourhood are given back to it, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise.noise import NoiseModel, keep_counts, simulate

SIDE = 256
PHOTONS = NoiseModel(gain=2, offset=100, read_std=3)
GAUSSIAN = NoiseModel.gaussian(5)


def flat(level, noise, seed=0):
    clean = np.full((SIDE, SIDE), level, np.float32)
    return clean, simulate(clean, noise, np.random.default_rng(seed))


@pytest.mark.parametrize("noise", [PHOTONS, GAUSSIAN], ids=["photons", "gaussian"])
@pytest.mark.parametrize("bias", [-3.0, 2.0])
def test_a_bias_over_wide_areas_goes(noise, bias):
    clean, noisy = flat(110, noise)
    restored = keep_counts(noisy, clean + np.float32(bias), noise)
    # What is left is the noise of the neighbourhood's sum.
    expected = float(noise.std(110)) / 5000**0.5
    assert np.sqrt(np.mean((restored - clean) ** 2)) < 1.5 * expected
    assert restored.mean(dtype=float) == pytest.approx(
        noisy.mean(dtype=float), rel=1e-4
    )


def test_dark_areas_take_no_noise_over_from_bright_ones():
    noise = NoiseModel(gain=1)
    clean = np.full((SIDE, SIDE), 1, np.float32)
    clean[:, SIDE // 2 :] = 10_000
    noisy = simulate(clean, noise, np.random.default_rng(0))
    restored = keep_counts(noisy, clean, noise)
    beside = slice(SIDE // 2 - 20, SIDE // 2)
    assert np.abs(restored[:, beside] - 1).max() < 0.1  # in equal shares it were 1


def test_photons_go_where_photons_are():
    noise = NoiseModel(gain=1)
    clean = np.zeros((SIDE, SIDE), np.float32)
    clean[100:140, 100:140] = 50
    noisy = simulate(clean, noise, np.random.default_rng(0))
    restored = keep_counts(noisy, 0.9 * clean, noise)
    assert (restored[clean == 0] == 0).all()
    inside = clean > 0
    assert restored[inside].sum() == pytest.approx(noisy[inside].sum(), rel=1e-3)


@pytest.mark.parametrize("noise", [PHOTONS, GAUSSIAN], ids=["photons", "gaussian"])
def test_a_hot_pixel_that_was_removed_stays_away(noise):
    clean, noisy = flat(110, noise)
    hot = noisy.copy()
    hot[128, 128] = 60_000
    change = keep_counts(hot, clean, noise) - keep_counts(noisy, clean, noise)
    assert np.abs(change).max() < 0.05 * float(noise.std(110))


def test_correlated_noise_is_averaged_over_more():
    noise = NoiseModel(read_std=5, correlation_length=2)
    clean, noisy = flat(110, noise)
    left = keep_counts(noisy, clean, noise) - clean
    white = NoiseModel.gaussian(5)
    assert left.std() < 0.5 * (keep_counts(noisy, clean, white) - clean).std()


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (30, 2), (60, 500)])
def test_any_size_works_and_the_inputs_stay_as_they_are(shape):
    rng = np.random.default_rng(0)
    noisy, restored = (rng.random(shape).astype(np.float32) for _ in range(2))
    before = noisy.copy(), restored.copy()
    result = keep_counts(noisy, restored, NoiseModel(gain=0.1))
    assert result.shape == shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    np.testing.assert_array_equal(noisy, before[0])
    np.testing.assert_array_equal(restored, before[1])
