"""Noise measured on images whose noise was drawn with numpy itself."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_denoise import NoiseModel, estimate_noise
from tests.conftest import DIMMEST, draw, scene, synthetic_scene

LEVELS = np.geomspace(DIMMEST, 1, 5)
SCENES = ("synthetic", "actin 60×", "membrane", "nucleus")
CAMERAS = ((1.0, 0.0, 0.0), (4.0, 200.0, 4.0), (0.5, 100.0, 2.0))
"""Gain, offset and read noise in counts."""
PEAKS = (1, 10, 100, 1000)


@cache
def errors(blur, peak):
    """log2(σ measured / σ true) by scene, camera and level; and the gains' ratios."""
    found, gains = [], []
    for name in SCENES:
        for gain, offset, read in CAMERAS:
            noisy, _ = draw(
                scene(name),
                peak=peak,
                gain=gain,
                offset=offset,
                read=read,
                blur=blur,
                seed=1,
            )
            model = estimate_noise(noisy.astype(np.float32))
            true = np.sqrt(gain**2 * peak * LEVELS + read**2)
            found.append(np.log2(model.std(gain * peak * LEVELS + offset) / true))
            gains.append(model.gain / gain)
    shape = (len(SCENES), len(CAMERAS))
    return np.reshape(found, (*shape, -1)), np.reshape(gains, shape)


# Measured: median of |log2|, lowest and highest log2 of σ, over scenes, cameras and
# levels, each with a little slack. Upwards: where structure as fine as the noise is
# everywhere, it is taken for noise (scene "synthetic", 1000 photons). Downwards: below
# one photon per pixel a gain is found no more and σ is that of the typical level.
BOUNDS = {
    (0, 1): (0.02, -0.20, 0.05),
    (0, 10): (0.02, -0.29, 0.08),
    (0, 100): (0.02, -0.06, 0.03),
    (0, 1000): (0.02, -0.06, 0.80),
    (0.5, 1): (0.06, -0.45, 0.10),
    (0.5, 10): (0.06, -0.34, 0.04),
    (0.5, 100): (0.06, -0.08, 0.27),
    (0.5, 1000): (0.23, -0.06, 0.80),
    (1, 1): (0.18, -2.10, 0.46),
    (1, 10): (0.17, -0.42, 0.06),
    (1, 100): (0.13, -0.19, 0.29),
    (1, 1000): (0.23, -0.13, 0.77),
}


@pytest.mark.parametrize(("blur", "peak"), BOUNDS)
def test_sigma_is_measured_at_five_levels(blur, peak):
    median, lowest, highest = BOUNDS[blur, peak]
    found, _ = errors(blur, peak)
    assert np.median(np.abs(found)) <= median
    assert lowest <= found.min()
    assert found.max() <= highest


@pytest.mark.parametrize("peak", [10, 100, 1000])
def test_gain_is_measured_where_photon_noise_prevails(peak):
    _, gains = errors(0, peak)
    real = gains[1:, :2]  # not in structure everywhere, nor where read noise hides it
    assert np.abs(np.log2(real)).max() <= 0.1


@pytest.mark.parametrize("blur", [0, 0.5, 1])
@pytest.mark.parametrize("peak", [10, 100])
def test_correlation_is_noticed_and_its_length_found(blur, peak):
    noisy, _ = draw(scene("membrane"), peak=peak, read=1, blur=blur)
    model = estimate_noise(noisy)
    assert model.correlation_length == pytest.approx(2 * blur, abs=0.35)
    assert ("correlated" in " ".join(model.warnings)) is (blur > 0)


@pytest.mark.parametrize("blur", [0, 0.5, 1])
@pytest.mark.parametrize("peak", [1, 2, 5, 100])
def test_a_flat_image_has_one_noise_level(peak, blur):
    noisy, _ = draw(np.ones((256, 256)), peak=peak, blur=blur)
    model = estimate_noise(noisy)
    assert model.kind == "gaussian"
    assert "too little" in " ".join(model.warnings)
    assert model.sigma == pytest.approx(peak**0.5, rel=0.03 if blur == 0 else 0.1)


def test_gaussian_noise_has_no_gain():
    clean = 100 + 400 * scene("actin 60×")
    model = estimate_noise(clean + np.random.default_rng(0).normal(0, 5, clean.shape))
    assert model.kind == "gaussian"
    assert model.sigma == pytest.approx(5, rel=0.03)


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1e6, 1e12])
def test_the_unit_of_the_image_does_not_matter(unit):
    noisy, _ = draw(scene("nucleus"), peak=50, gain=2, offset=10, read=2)
    model, other = estimate_noise(noisy), estimate_noise(unit * noisy)
    assert other.kind == model.kind
    for name in ("gain", "offset", "read_std", "level"):
        expected = pytest.approx(unit * getattr(model, name), rel=1e-3)
        assert getattr(other, name) == expected


@pytest.mark.parametrize("value", [0, 7, 65535])
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_a_constant_image_has_no_noise(value, dtype):
    model = estimate_noise(np.full((64, 64), value, dtype))
    assert (model.kind, model.sigma, model.level) == ("none", 0, value)


def test_a_ramp_without_noise_has_none():
    y, x = np.mgrid[:128, :128] / 128
    assert estimate_noise((1000 * (x + y)).astype(np.float32)).kind == "none"


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 2)])
def test_too_few_pixels_have_no_measurable_noise(shape):
    assert estimate_noise(np.random.default_rng(0).random(shape)).kind == "none"


@pytest.mark.parametrize("shape", [(1, 900), (900, 1), (15, 60), (30, 30)])
def test_a_small_image_still_has_one_noise_level(shape):
    noise = np.random.default_rng(0).normal(0, 5, shape)
    model = estimate_noise(100 + noise)
    assert model.kind == "gaussian"
    assert model.sigma == pytest.approx(5, rel=0.15)


def test_saturated_pixels_are_left_out():
    clean = scene("nucleus")
    noisy, _ = draw(clean, peak=200, gain=2, offset=20)
    full = estimate_noise(noisy)
    clipped = estimate_noise(np.minimum(noisy, 250))
    assert "saturated" in " ".join(clipped.warnings)
    means = 20 + 400 * np.linspace(0.05, 0.5, 5)
    np.testing.assert_allclose(clipped.std(means), full.std(means), rtol=0.1)


@pytest.mark.parametrize("name", ["membrane", "nucleus"])
@pytest.mark.parametrize("black", [0, -20, -40, -60])
def test_a_background_cut_off_at_zero_does_not_hide_the_noise(black, name):
    noisy, _ = draw(scene(name), peak=50, gain=2, read=8, offset=black)
    model = estimate_noise(np.maximum(noisy, 0))
    photons = np.linspace(0.2, 1, 5) * 50
    photons = photons[2 * photons + black > 10]
    found = model.std(2 * photons + black) / np.sqrt(4 * photons + 64)
    assert np.abs(np.log2(found)).max() < 0.55  # what is left of the noise is skewed


def test_background_cut_off_is_said():
    noisy, _ = draw(scene("membrane"), peak=50, gain=2, read=8, offset=-30)
    model = estimate_noise(np.maximum(noisy, 0))
    assert "cut off" in " ".join(model.warnings)
    photons = np.array([20, 30, 40, 50])
    expected = np.sqrt(4 * photons + 64)
    np.testing.assert_allclose(model.std(2 * photons - 30), expected, rtol=0.15)


def test_photons_counted_at_zero_are_not_cut_off():
    noisy, _ = draw(scene("nucleus"), peak=2)
    model = estimate_noise(noisy)
    assert model.warnings == ()
    assert model.sigma == pytest.approx(noisy.mean() ** 0.5, rel=0.03)


def sparse_spots():
    points = np.zeros((256, 256))
    points[16::32, 16::32] = 2 * np.pi * 1.5**2
    return 0.1 + 0.9 * gaussian_filter(points, 1.5)


@pytest.mark.parametrize("peak", [5, 10, 30])
def test_few_bright_spots_do_not_spoil_the_gain_of_a_photon_counter(peak):
    draws = np.random.default_rng(0).poisson(peak * sparse_spots(), (7, 256, 256))
    models = [estimate_noise(draw.astype(np.uint16)) for draw in draws]
    assert np.median([model.offset for model in models]) == 0
    assert np.median([model.gain for model in models]) == pytest.approx(1, rel=0.08)


def test_a_dark_level_above_zero_is_no_photon_counter():
    noisy, _ = draw(synthetic_scene(), peak=25, gain=4, offset=40)
    noisy[0, 0] = 0  # one dead pixel
    model = estimate_noise(noisy)
    assert model.gain == pytest.approx(4, rel=0.15)
    assert model.offset > 30


def test_frame_differences_leave_structure_out():
    static = np.repeat(synthetic_scene()[None], 4, axis=0)
    checker = 1 + np.indices(static.shape[1:]).sum(axis=0) % 2  # as fine as noise
    noisy, mean = draw(static * checker, peak=2000, gain=2, offset=100)
    movie = estimate_noise(noisy, axes="TYX")
    assert movie.gain == pytest.approx(2, rel=0.03)
    levels = np.quantile(mean, [0.1, 0.3, 0.5, 0.7, 0.9])
    np.testing.assert_allclose(
        movie.std(levels), np.sqrt(2 * (levels - 100)), rtol=0.03
    )
    stack = estimate_noise(noisy, axes="ZYX")
    assert stack.std(levels[2]) > 3 * movie.std(levels[2])


def test_frames_are_compared_at_the_same_depth():
    checker = np.indices((128, 128)).sum(axis=0) % 2
    flat = scene("nucleus")[:128, 100:228]
    depths = np.stack([flat, flat * (1 + checker), flat * (2 - checker)])
    volumes = np.repeat(depths[None], 3, axis=0)
    noisy, _ = draw(volumes, peak=500, gain=2)
    models = [estimate_noise(noisy, axes="TZYX")]
    models += [estimate_noise(noisy.swapaxes(0, 1), axes="ZTYX")]
    assert models[0] == models[1]
    levels = np.array([100, 400, 900])
    np.testing.assert_allclose(models[0].std(levels), np.sqrt(2 * levels), rtol=0.03)


@pytest.mark.parametrize("frames", [[0, 0, 1, 1], [0, 0]])
def test_frames_that_are_there_twice_do_not_hide_the_noise(frames):
    clean = np.repeat(scene("nucleus")[None], 2, axis=0)
    movie, _ = draw(clean, peak=50, gain=2)
    assert estimate_noise(movie[frames], axes="TYX").gain == pytest.approx(2, rel=0.1)


def test_channels_are_measured_one_by_one():
    first, _ = draw(scene("nucleus"), peak=50, gain=1)
    second, _ = draw(scene("nucleus"), peak=50, gain=6, offset=100, seed=1)
    models = estimate_noise(np.stack([first, second]), axes="CYX")
    assert models == [estimate_noise(first), estimate_noise(second)]
    assert [model.gain for model in models] == [
        pytest.approx(1, rel=0.1),
        pytest.approx(6, rel=0.1),
    ]


def test_planes_are_pooled():
    clean = np.stack([scene("nucleus")[y : y + 64, 100:164] for y in range(0, 320, 32)])
    stack, _ = draw(clean, peak=50, gain=3)
    pooled = estimate_noise(stack, axes="ZYX")
    assert isinstance(pooled, NoiseModel)
    assert pooled.gain == pytest.approx(3, rel=0.1)


def test_pixels_that_are_not_finite_do_not_count():
    noisy, _ = draw(scene("nucleus"), peak=50, gain=3)
    holed = noisy.copy()
    holed[::17, ::13] = np.nan
    holed[5, 5] = np.inf
    assert estimate_noise(holed).gain == pytest.approx(3, rel=0.15)


def test_fit_is_data_for_a_plot():
    noisy, _ = draw(scene("nucleus"), peak=50, gain=3, offset=30, read=2)
    fit = estimate_noise(noisy).fit
    assert fit.means.shape == fit.variances.shape
    assert 0.5 < fit.goodness <= 1
    flat = np.abs(fit.variances / (3 * (fit.means - 30) + 4) - 1) < 0.3
    assert flat.mean() > 0.5
