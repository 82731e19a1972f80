"""Noise is drawn as the networks see it, and the way back to counts is exact."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_denoise.noise import exact_unbiased_inverse
from napari_denoise.training.examples import collate
from pretraining.degradation import Degradation, degrade, unbiased_anscombe
from pretraining.flaws import Flaws

WHITE = Degradation(correlated=0.0)
GAUSSIAN = Degradation(gaussian=1.0, correlated=0.0)
BRIGHT = Degradation(gaussian=0.0, correlated=0.0, peak_photons=(300.0, 400.0))
KINDS = pytest.mark.parametrize("how", [GAUSSIAN, BRIGHT], ids=["gaussian", "photons"])
SIDE = 64


def examples(how, count, side=SIDE, lowest=0.3):
    rng = np.random.default_rng(0)
    patch = np.linspace(lowest, 1, side * side, dtype=np.float32).reshape(side, side)
    return [degrade(patch, how, rng) for _ in range(count)]


def stabilised_truth(example):
    if example.read < 0:
        return example.clean
    return unbiased_anscombe(example.clean, example.read)


def stabilised_noise(example):
    return example.noisy * example.scale + example.shift - stabilised_truth(example)


@KINDS
def test_the_truth_comes_back_as_the_truth(how):
    drawn = examples(how, 8)
    truth = [(stabilised_truth(e) - e.shift) / e.scale for e in drawn]
    output = torch.from_numpy(np.stack(truth)[:, None]).float()
    batch = collate(drawn)
    restored, _ = batch.restored(output)
    # Single precision: 7 digits of z, twice as much relative error in counts.
    torch.testing.assert_close(restored, batch.clean, rtol=1e-5, atol=1e-3)


@KINDS
def test_stabilised_noise_has_unit_variance(how):
    noise = np.array([stabilised_noise(e) for e in examples(how, 30)])
    each = noise.var(axis=(1, 2))
    # The standard error of a variance of n pixels is sqrt(2 / n).
    np.testing.assert_allclose(each, 1, atol=5 * np.sqrt(2 / SIDE**2))
    assert each.mean() == pytest.approx(1, abs=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.02)


def test_blurred_noise_keeps_its_variance_and_is_correlated():
    how = Degradation(gaussian=1.0, correlated=1.0)
    noise = np.array([stabilised_noise(e) for e in examples(how, 30)])
    assert noise.var(axis=(1, 2)).mean() == pytest.approx(1, abs=0.05)
    assert (noise[:, 1:] * noise[:, :-1]).mean(axis=(1, 2)).min() > 0.05


@KINDS
def test_the_variance_of_a_batch_is_that_of_its_noise(how):
    drawn = examples(how, 8)
    batch = collate(drawn)
    restored, variance = batch.restored(batch.noisy)
    measured = (restored - batch.clean).square().mean(dim=(1, 2, 3))
    torch.testing.assert_close(measured, variance, rtol=0.12, atol=0)


@given(st.integers(0, 2**32 - 1), st.floats(-2, 3), st.floats(0, 3))
@settings(max_examples=150)
def test_every_flawed_example_is_finite(seed, level, contrast):
    how = Degradation(flaws=Flaws(hot=1, lines=1, clipped=1, quantised=1))
    rng = np.random.default_rng(seed)
    patch = (level + contrast * rng.random((16, 16))).astype(np.float32)
    example = degrade(patch, how, rng)
    assert np.isfinite(example.noisy).all()
    assert np.isfinite(example.clean).all()
    assert example.noisy.dtype == example.clean.dtype == np.float32
    assert example.scale > 0
    assert example.sigma > 0
    restored, variance = collate([example]).restored(collate([example]).noisy)
    assert restored.isfinite().all()
    assert (variance > 0).all()


def test_the_told_noise_level_is_off_by_its_jitter():
    told = np.log([e.sigma * e.scale for e in examples(WHITE, 1000, side=8)])
    assert told.std() == pytest.approx(WHITE.sigma_jitter, rel=0.1)
    assert told.mean() == pytest.approx(0, abs=5 * WHITE.sigma_jitter / 1000**0.5)
    for example in examples(Degradation(sigma_jitter=0.0), 5, side=8):
        assert example.sigma == pytest.approx(1 / example.scale)


def test_the_share_of_gaussian_patches_is_as_told():
    share = np.mean([e.read < 0 for e in examples(WHITE, 1000, side=8)])
    assert share == pytest.approx(WHITE.gaussian, abs=0.06)


@given(st.lists(st.floats(0, 1000), min_size=1), st.floats(0, 4))
def test_stabilising_without_bias_is_undone_by_the_inverse(photons, read):
    photons = np.array(photons)
    z = unbiased_anscombe(photons, read)
    restored = exact_unbiased_inverse(z, 1.0, 0.0, read)
    np.testing.assert_allclose(restored, photons, rtol=1e-4, atol=1e-3)
