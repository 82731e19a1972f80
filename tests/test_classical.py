"""Classical denoisers of a plane whose noise is white and Gaussian."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.fft import dctn, idctn

from napari_denoise import denoise, load_model
from napari_denoise.classical import DENOISERS, tikhonov
from tests.conftest import scene

SIGMA = 0.1
# PSNR gained in dB, at the least, on a real scene of range 1 with noise of 0.1.
GAINS = {"tikhonov": 11.7, "tv": 12.0, "nlm": 10.0, "wavelet": 6.6}


@pytest.fixture(scope="module")
def planes():
    clean = scene("actin 60×")[128:256, 128:256].astype(np.float32)
    noise = np.random.default_rng(0).normal(0, SIGMA, clean.shape)
    return (clean + noise).astype(np.float32), clean


def error(image, clean):
    return float(np.mean((image - clean) ** 2))


@pytest.mark.parametrize("name", DENOISERS)
def test_noise_is_taken_off(name, planes):
    noisy, clean = planes
    restored = DENOISERS[name](noisy, SIGMA)
    assert restored.dtype == np.float32
    gained = 10 * np.log10(error(noisy, clean) / error(restored, clean))
    assert gained > GAINS[name]


@pytest.mark.parametrize("name", DENOISERS)
def test_methods_scale_with_image_and_noise_and_shift(name, planes):
    noisy, _ = planes
    restored = DENOISERS[name](noisy, SIGMA)
    other = DENOISERS[name](np.float32(50) * noisy + np.float32(20), 50 * SIGMA)
    np.testing.assert_allclose((other - 20) / 50, restored, atol=2e-3)


@pytest.mark.parametrize("name", DENOISERS)
def test_brightness_is_kept(name, planes):
    noisy, _ = planes
    restored = DENOISERS[name](noisy, SIGMA)
    assert restored.mean() == pytest.approx(noisy.mean(), rel=3e-3)


@pytest.mark.parametrize("name", DENOISERS)
@pytest.mark.parametrize("sides", [(1, 1), (1, 50), (2, 9), (3, 3), (5, 40), (17, 16)])
def test_any_size_works(name, sides):
    noisy = np.random.default_rng(0).normal(5, SIGMA, sides).astype(np.float32)
    restored = load_model(name).denoise(noisy, SIGMA)
    assert restored.shape == sides
    assert np.abs(restored - 5).max() <= np.abs(noisy - 5).max()


def test_tikhonov_finds_its_weight_without_the_clean_image(planes):
    noisy, clean = planes
    spectrum = dctn(noisy, norm="ortho")
    ways = [2 - 2 * np.cos(np.pi * np.arange(n) / n) for n in noisy.shape]
    roughness = ways[0][:, None] + ways[1][None, :]
    best = min(
        error(idctn(spectrum / (1 + weight * roughness), norm="ortho"), clean)
        for weight in np.geomspace(0.01, 1e4, 200)
    )
    assert error(tikhonov(noisy, SIGMA), clean) < 1.02 * best


def test_tikhonov_does_not_wrap_around():
    ramp = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None], 64, axis=0)
    noisy = ramp + np.random.default_rng(0).normal(0, 0.05, ramp.shape)
    restored = tikhonov(noisy.astype(np.float32), 0.05)
    assert np.abs(restored - ramp)[:, [0, -1]].max() < 0.08


@pytest.mark.parametrize("name", DENOISERS)
def test_noise_is_taken_off_alike_in_dark_and_bright_parts(name):
    clean = np.repeat(np.geomspace(3, 300, 192)[None], 96, axis=0)
    noisy = np.random.default_rng(0).poisson(clean).astype(np.float32)
    restored = denoise(noisy, name)
    for part in (np.s_[:, 8:56], np.s_[:, 136:184]):
        removed = (noisy - restored)[part] / np.sqrt(clean[part])
        assert 0.65 < removed.std() < 1.05
        assert restored[part].mean() == pytest.approx(noisy[part].mean(), rel=0.015)
