"""What was taken out of an image, told apart from noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_denoise import NoiseModel
from napari_denoise.noise import simulate, unstabilise
from napari_denoise.trust.residual import (
    autocorrelation,
    intensity_kept,
    residual_of,
    signal_correlation,
    stabilised_mean,
    whiteness,
)
from tests.conftest import synthetic_scene

CAMERA = NoiseModel(gain=2.0, offset=100.0, read_std=3.0)
COUNTS = 100 + 2 * 30 * synthetic_scene()


def drawn(noise=CAMERA, clean=COUNTS):
    return simulate(clean, noise, np.random.default_rng(0))


@pytest.mark.parametrize("noise", [CAMERA, NoiseModel.gaussian(7.0)])
def test_the_mean_that_is_stabilised_comes_back(noise):
    z = stabilised_mean(COUNTS, noise)
    np.testing.assert_allclose(unstabilise(z, noise), COUNTS, rtol=1e-4)


def test_at_few_photons_the_mean_of_the_transform_is_meant():
    photons = NoiseModel(gain=1.0)
    clean = np.full((400, 400), 2.0)
    residual = residual_of(drawn(photons, clean), clean, photons)
    assert abs(residual.mean()) < 0.02  # the transform of the mean is 0.14 off
    assert residual.std() == pytest.approx(1, abs=0.1)


def test_noise_is_white_and_structure_is_not():
    noisy = drawn()
    assert whiteness(residual_of(noisy, COUNTS, CAMERA), 0.0) > 0.97
    blurred = gaussian_filter(COUNTS, 8)
    assert whiteness(residual_of(noisy, blurred, CAMERA), 0.0) < 0.85


def test_correlated_noise_is_compared_with_its_own_correlation():
    noise = NoiseModel(read_std=5.0, correlation_length=1.5)
    residual = residual_of(drawn(noise), COUNTS, noise)
    assert whiteness(residual, 1.5) > 0.95
    assert whiteness(residual, 0.0) < 0.5


def test_lags_run_along_both_diagonals():
    y, x = np.mgrid[:32, :32]
    found = autocorrelation(np.sin(x - y))
    assert found[1, 1] == pytest.approx(1)
    assert found[1, -1] < 0


def test_what_is_even_has_no_correlation():
    assert whiteness(np.zeros((8, 8)), 0.0) is None
    assert whiteness(np.ones((1, 1)), 0.0) is None
    assert signal_correlation(np.zeros((8, 8)), COUNTS[:8, :8]) == 0.0


def test_signal_that_was_taken_out_shows():
    noisy, dimmed = drawn(), 100 + 0.7 * (COUNTS - 100)

    def correlation(result):
        signal = stabilised_mean(result, CAMERA)
        return signal_correlation(residual_of(noisy, result, CAMERA), signal)

    assert abs(correlation(COUNTS)) < 0.02
    assert correlation(dimmed) > 0.2
    assert intensity_kept(noisy, dimmed, CAMERA) == pytest.approx(0.7, abs=0.01)


def test_intensity_without_a_dark_level_starts_at_the_darkest_percent():
    noise = NoiseModel.gaussian(2.0)
    noisy = drawn(noise)
    assert intensity_kept(noisy, COUNTS, noise) == pytest.approx(1, abs=0.01)
    assert intensity_kept(np.zeros((4, 4)), np.zeros((4, 4)), noise) is None
