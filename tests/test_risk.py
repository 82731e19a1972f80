"""The error that is expected without a truth, against the error that there is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_denoise import NoiseModel
from napari_denoise.noise import simulate
from napari_denoise.risk import expected_squares
from tests.conftest import synthetic_scene

PEAK = 40
KINDS = {
    "photons": NoiseModel(gain=1.0),
    "gain and offset": NoiseModel(gain=3.0, offset=100.0, read_std=2.0),
    "gaussian": NoiseModel.gaussian(4.0),
    "correlated": NoiseModel(read_std=4.0, correlation_length=1.5),
}


def blur(width):
    return lambda planes: gaussian_filter(planes, (0, width, width))


def shrink(planes):
    """Not linear: what is far from its surroundings is drawn to them."""
    around = gaussian_filter(planes, (0, 2, 2))
    return around + np.tanh((planes - around) / 20) * 10


def denoise_too_little(planes):
    return planes


DENOISERS = {
    "too little": denoise_too_little,
    "well": blur(1),
    "too much": blur(6),
    "not linear": shrink,
}


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS)
def drawn(request):
    noise = request.param
    scene = np.stack([synthetic_scene()] * 6)
    clean = noise.offset + max(noise.gain, 1.0) * PEAK * scene
    return simulate(clean, noise, np.random.default_rng(0)), clean, noise


@pytest.mark.parametrize("denoiser", DENOISERS.values(), ids=DENOISERS)
def test_the_error_that_is_expected_is_the_one_there_is(denoiser, drawn):
    noisy, clean, noise = drawn
    denoised = denoiser(noisy)
    rng = np.random.default_rng(1)
    expected = expected_squares(noisy, denoised, denoiser, noise, rng).mean()
    true = np.mean((denoised - clean) ** 2)
    assert expected == pytest.approx(true, abs=0.04 * noise.std(noisy.mean()) ** 2)


def test_noise_that_is_not_white_is_not_taken_for_white():
    noise = KINDS["correlated"]
    clean = np.full((6, 128, 128), 50.0)
    noisy = simulate(clean, noise, np.random.default_rng(0))
    white = NoiseModel.gaussian(noise.read_std)
    true = np.mean((blur(1)(noisy) - clean) ** 2)
    for model, is_right in ((noise, True), (white, False)):
        rng = np.random.default_rng(1)
        squares = expected_squares(noisy, blur(1)(noisy), blur(1), model, rng)
        expected = squares.mean()
        assert (abs(expected - true) < 0.1 * true) == is_right
