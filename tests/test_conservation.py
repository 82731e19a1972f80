"""Counts of a neighbourhood are given back to it, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise.noise import NoiseModel, keep_counts, simulate

SIDE = 256
PHOTONS = NoiseModel(gain=2, offset=100, read_std=3)
GAUSSIAN = NoiseModel.gaussian(5)
KINDS = pytest.mark.parametrize("noise", [PHOTONS, GAUSSIAN], ids=["photons", "σ"])
AVERAGED = 1.5 * 49
"""White noise over a pyramid of this base falls to 1/74 of its standard deviation."""


def flat(level, noise, seed=0):
    clean = np.full((SIDE, SIDE), level, np.float32)
    return clean, simulate(clean, noise, np.random.default_rng(seed))


@KINDS
@pytest.mark.parametrize("bias", [-3.0, 0.0, 2.0])
def test_what_is_left_of_a_bias_is_the_noise_of_a_neighbourhood(noise, bias):
    clean, noisy = flat(110, noise)
    left = keep_counts(noisy, clean + np.float32(bias), noise) - clean
    expected = float(noise.std(110)) / AVERAGED
    assert 0.85 < np.sqrt(np.mean(left**2)) / expected < 1.15
    assert left.mean(dtype=float) == pytest.approx((noisy - clean).mean(), abs=1e-3)


def test_shares_are_in_proportion_to_the_standard_deviation():
    clean = np.full((SIDE, SIDE), 104, np.float32)
    clean[:, ::2] = 5000
    sigma = PHOTONS.std(clean).astype(np.float32)
    restored = keep_counts(clean + sigma / 2, clean, PHOTONS)
    np.testing.assert_allclose((restored - clean) / sigma, 0.5, rtol=1e-3)
    # The darkest pixels would take nothing if offset or read noise were forgotten.
    restored = keep_counts(clean + 1, clean, PHOTONS)
    dark, bright = (restored - clean)[:, 1::2].mean(), (restored - clean)[:, ::2].mean()
    assert dark / bright == pytest.approx(
        PHOTONS.std(104) / PHOTONS.std(5000), rel=1e-3
    )


def test_dark_areas_take_little_noise_over_from_bright_ones():
    noise = NoiseModel(gain=1)
    clean = np.full((SIDE, SIDE), 1, np.float32)
    clean[:, SIDE // 2 :] = 10_000
    noisy = simulate(clean, noise, np.random.default_rng(0))
    restored = keep_counts(noisy, clean, noise)
    beside = slice(SIDE // 2 - 20, SIDE // 2)
    assert np.abs(restored[:, beside] - 1).max() < 0.1  # in equal shares it were 2.6


def test_nothing_comes_round_the_border():
    clean = np.full((SIDE, SIDE), 110, np.float32)
    noisy = clean.copy()
    noisy[:, :20] += 3
    change = keep_counts(noisy, clean, GAUSSIAN) - clean
    assert change[:, :20].mean() > 0.5
    assert np.abs(change[:, 120:]).max() < 1e-3


@KINDS
def test_pixels_that_were_no_noise_give_and_take_nothing(noise):
    clean, noisy = flat(110, noise)
    rng = np.random.default_rng(1)
    odd = noisy.copy()
    odd[rng.random(odd.shape) < 0.005] = 60_000  # hot
    odd[rng.random(odd.shape) < 0.01] = 0  # dead
    odd[:60] = 0  # padding
    is_odd = odd != noisy
    restored = keep_counts(odd, clean, noise)
    np.testing.assert_array_equal(restored[is_odd], clean[is_odd])
    left = (restored - clean)[~is_odd]
    assert np.sqrt(np.mean(left**2)) < 2 * float(noise.std(110)) / AVERAGED


def test_correlated_noise_is_averaged_over_more():
    noise = NoiseModel(read_std=5, correlation_length=2)
    clean, noisy = flat(110, noise)
    left = keep_counts(noisy, clean, noise) - clean
    white = NoiseModel.gaussian(5)
    assert left.std() < 0.5 * (keep_counts(noisy, clean, white) - clean).std()


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (30, 2), (60, 500)])
@pytest.mark.parametrize("noise", [NoiseModel(gain=0.1), GAUSSIAN, NoiseModel()])
def test_any_size_works_and_the_inputs_stay_as_they_are(shape, noise):
    rng = np.random.default_rng(0)
    noisy, restored = (rng.random(shape).astype(np.float32) for _ in range(2))
    before = noisy.copy(), restored.copy()
    result = keep_counts(noisy, restored, noise)
    assert result.shape == shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    np.testing.assert_array_equal(noisy, before[0])
    np.testing.assert_array_equal(restored, before[1])
