"""The finest detail that is believed, where it is known how fine it is."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise import NoiseModel, load_model
from napari_denoise.axes import Layout
from napari_denoise.measurement import measure_channels
from napari_denoise.noise import simulate
from napari_denoise.progress import run_to_end
from napari_denoise.sources import Source
from napari_denoise.treatment import make_engine
from napari_denoise.trust.excerpts import cut_excerpts
from napari_denoise.trust.resolution import denoised_half, resolution, split
from tests.conftest import draw, synthetic_scene

SIDE = 192


def limited(period, seed=0):
    """Noise-like structure with nothing finer than a period, of variance 1."""
    spectrum = np.fft.fft2(np.random.default_rng(seed).standard_normal((SIDE, SIDE)))
    radius = np.hypot(*np.meshgrid(*[np.fft.fftfreq(SIDE)] * 2))
    image = np.fft.ifft2(spectrum * (radius < 1 / period)).real
    return image / image.std()


@pytest.mark.parametrize("period", [3, 6, 12])
@pytest.mark.parametrize("length", [0.0, 0.8])
def test_structure_is_resolved_down_to_its_finest_period(period, length):
    clean = limited(period)
    noise = NoiseModel(read_std=1.0, correlation_length=length)
    noisy = simulate(clean, noise, np.random.default_rng(1))
    found = resolution([(clean, noisy)], 1.0, length)
    assert found == pytest.approx(period, rel=0.2)


def test_windows_are_pooled():
    cleans = [limited(8, seed) for seed in (0, 1)]
    noises = [np.random.default_rng(i).standard_normal((SIDE, SIDE)) for i in (2, 3)]
    pairs = [(one, one + noise) for one, noise in zip(cleans, noises, strict=True)]
    assert resolution(pairs, 1.0, 0.0) == pytest.approx(8, rel=0.15)
    mixed = [pairs[0], (cleans[1], noises[1])]  # a result that was made up
    assert resolution([pairs[0]], 1.0, 0.0) < resolution(mixed, 1.0, 0.0)


def test_where_nothing_agrees_nothing_is_resolved():
    one, other = (np.random.default_rng(i).standard_normal((64, 64)) for i in (0, 1))
    assert resolution([(one, other)], 1.0, 0.0) is None
    assert resolution([(one[:6, :6], one[:6, :6])], 1.0, 0.0) is None


def test_all_that_pixels_can_show_is_nyquist():
    fine = 10 * np.random.default_rng(0).standard_normal((64, 64))
    assert resolution([(fine, fine)], 0.1, 0.0) == 2.0


@pytest.mark.parametrize("length", [0.0, 1.5])
def test_halves_have_twice_the_variance_and_nothing_in_common(length):
    noise = NoiseModel(read_std=2.0, correlation_length=length)
    clean = np.zeros((512, 512))
    z = simulate(clean, noise, np.random.default_rng(0))
    one, other = split(z, 2.0, length, np.random.default_rng(1))
    assert one.var() == pytest.approx(8, rel=0.03)
    assert other.var() == pytest.approx(8, rel=0.03)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.01


def test_more_light_resolves_more():
    found = []
    for peak in (2, 200):
        noisy, _ = draw(synthetic_scene(), peak=peak)
        source, layout = Source(noisy, None, None), Layout(noisy.shape, "YX")
        noise = NoiseModel(gain=1.0)
        steps = measure_channels(source, layout, noise, lambda: False)
        (excerpt,) = cut_excerpts(source, layout, run_to_end(steps), 1 << 18)
        engine = make_engine(load_model("unet"), "cpu", None, None)
        halves = denoised_half(excerpt, engine, np.random.default_rng(0))
        found.append(resolution([halves], 2**0.5, 0.0))
    assert found[1] < 0.7 * found[0]
