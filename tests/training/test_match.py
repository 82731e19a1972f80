"""Shift and counts of the clean image, found at few photons and in other units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from napari_denoise.noise import NoiseModel, estimate_noise, simulate
from napari_denoise.training.match import Match, match_planes
from napari_denoise.training.registration import register
from tests.conftest import PAIRS, draw, real_scene, synthetic_scene

GAIN, OFFSET = 2.0, 100.0


def drawn(clean, photons, seed=0, frames=1):
    """Draw the mean of some frames of a clean image of mean 1."""
    noise = NoiseModel(GAIN / frames, OFFSET, 2.0 / frames**0.5)
    counts = GAIN * photons * clean / clean.mean() + OFFSET
    return simulate(counts, noise, np.random.default_rng(seed)), noise


@pytest.mark.parametrize(
    ("name", "photons"),
    [("mitochondria 60×", 5), ("actin 20×", 5), ("actin 20×", 50), ("membrane", 50)],
)
def test_a_shift_is_found_to_a_tenth_of_a_pixel(name, photons):
    clean = real_scene(PAIRS[name])
    noisy, noise = drawn(shift(clean, (0.4, -0.3), mode="nearest"), photons)
    found = match_planes([noisy], [clean], noise)
    assert found.match.shift == pytest.approx((0.4, -0.3), abs=0.1)


def test_what_a_faint_smooth_image_cannot_tell_is_said_to_be_uncertain():
    clean = real_scene(PAIRS["membrane"])
    noisy, _ = drawn(shift(clean, (0.4, -0.3), mode="nearest"), 1)
    found = register([noisy], [clean.astype(np.float32)], 8)
    assert 0.1 < found.uncertainty < 0.6
    assert found.shift == pytest.approx((0.4, -0.3), abs=3 * found.uncertainty)


def test_one_photon_a_pixel_is_enough():
    clean = real_scene(PAIRS["mitochondria 60×"])
    noisy, noise = drawn(shift(clean, (3.4, -2.3), mode="nearest"), 1)
    found = match_planes([noisy], [clean], noise)
    assert found.match.shift == pytest.approx((3.4, -2.3), abs=0.15)


def test_images_that_lie_right_are_not_moved():
    clean = synthetic_scene()
    for seed in range(3):
        noisy, noise = drawn(clean, 20, seed)
        assert match_planes([noisy], [clean], noise).match.shift == (0.0, 0.0)


def test_a_large_shift_is_found_and_not_put_right():
    clean = real_scene(PAIRS["actin 20×"])
    noisy, noise = drawn(np.roll(clean, (20, 0), (0, 1)), 10)
    found = match_planes([noisy], [clean], noise)
    assert found.registration.shift == pytest.approx((20, 0), abs=0.3)
    assert found.registration.distance > found.limit
    assert found.match.shift == (0.0, 0.0)


def test_images_of_other_fields_are_not_registered():
    clean = real_scene(PAIRS["actin 20×"])
    other, _ = drawn(real_scene(PAIRS["membrane"]), 20)
    assert not register([other], [clean.astype(np.float32)], 8).found


def test_a_part_that_moved_is_seen():
    clean = real_scene(PAIRS["mitochondria 60×"])
    moved = clean.copy()
    moved[:128] = np.roll(clean, 4, axis=1)[:128]
    noisy, _ = drawn(moved, 50)
    found = register([noisy], [clean.astype(np.float32)], 8)
    assert found.moved == pytest.approx(1 / 3, abs=0.12)
    assert found.farthest == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize("frames", [4, 400])
@pytest.mark.parametrize("photons", [2, 30])
def test_counts_are_mapped_though_the_clean_image_has_noise(photons, frames):
    clean = synthetic_scene()
    noisy, noise = drawn(clean, photons)
    mean, _ = drawn(clean, photons, seed=1, frames=frames)
    match = match_planes([noisy], [1.5 * mean - 20], noise).match
    assert match.slope == pytest.approx(1 / 1.5, rel=0.02)
    mapped = match.apply(1.5 * mean - 20)
    assert mapped.mean() == pytest.approx(noisy.mean(), rel=2e-3)


def test_saturated_and_hot_pixels_do_not_bend_the_line():
    clean = synthetic_scene()
    noisy, noise = drawn(clean, 100)
    top = np.percentile(noisy, 95)
    noisy = np.minimum(noisy, top)
    noisy[::37, ::41] = 10 * top
    truth = GAIN * 100 * clean / clean.mean() + OFFSET
    match = match_planes([noisy], [truth], noise).match
    assert match.slope == pytest.approx(1, abs=0.02)
    assert match.intercept == pytest.approx(0, abs=5)


def test_which_image_is_the_noisier_is_told_in_flat_and_structured_ones():
    for clean in (synthetic_scene(), gaussian_filter(synthetic_scene(), 6)):
        noisy, noise = drawn(clean, 20)
        cleaner, _ = drawn(clean, 20, seed=1, frames=4)
        found = match_planes([noisy], [cleaner], noise)
        assert found.noise_of_clean / found.noise_of_noisy == pytest.approx(
            0.5, abs=0.1
        )


def test_apply_moves_by_a_spline_and_keeps_what_is_inside_the_margin():
    y, x = np.mgrid[:64, :64] / 10
    clean = np.sin(x) + np.cos(y)
    match = Match((1.5, -0.5), 2.0, 3.0)
    moved = match.apply(clean)
    assert match.margin == 4
    expected = 2 * (np.sin(x + 0.05) + np.cos(y - 0.15)) + 3
    assert moved.dtype == np.float32
    assert match.inside(moved) == pytest.approx(match.inside(expected), abs=2e-3)


def test_the_match_of_nothing_changes_nothing():
    clean = np.arange(12, dtype=np.uint16).reshape(3, 4)
    assert Match().margin == 0
    assert np.array_equal(Match().apply(clean), clean)


def frames_of(scene, photons, count):
    return [
        draw(scene, peak=photons, gain=2, offset=100, read=2, seed=seed)[0]
        for seed in range(count)
    ]


@pytest.mark.parametrize("photons", [5, 30])
@pytest.mark.parametrize("side", [128, 256])
def test_a_mean_that_holds_the_noisy_image_is_told_from_one_that_does_not(
    photons, side
):
    scene = synthetic_scene(512)[:side, :side]
    frames = frames_of(scene, photons, 9)
    noise = estimate_noise(frames[0])
    for count in (2, 4, 8):
        held = match_planes([frames[0]], [np.mean(frames[:count], axis=0)], noise)
        assert held.shared_noise == pytest.approx(1 / count, rel=0.25)
        assert held.match.clean_noise >= held.shared_noise
    others = match_planes([frames[0]], [np.mean(frames[1:], axis=0)], noise)
    assert others.shared_noise == 0
    assert others.match.clean_noise == pytest.approx(1 / 8, rel=0.35)


def filaments(width, side=192):
    """Where smooth fields are zero, of a Gaussian profile; width in pixels."""
    rng = np.random.default_rng(0)
    scene = np.full((side, side), 0.03)
    for _ in range(4):
        field = gaussian_filter(rng.normal(size=scene.shape), 8, mode="wrap")
        away = np.abs(field) / np.hypot(*np.gradient(field))
        scene += np.exp(-(away**2) / (2 * width**2))
    return scene / scene.max()


@pytest.mark.parametrize("width", [0.8, 1.2, 2.0])
@pytest.mark.parametrize("photons", [20, 300, 3000])
def test_dense_texture_is_no_noise_that_is_shared(width, photons):
    frames = frames_of(filaments(width), photons, 21)
    clean = draw(filaments(width), peak=photons, gain=2, offset=100, read=2)[1]
    noise = NoiseModel(2, 100, 2)
    for others in (clean, np.mean(frames[1:], axis=0)):
        assert match_planes(frames[:1], [others], noise).shared_noise < 0.02
    if photons == 20:  # texture of more photons hides it
        held = match_planes(frames[:1], [np.mean(frames[:4], axis=0)], noise)
        assert held.shared_noise == pytest.approx(0.25, abs=0.03)


def test_hot_pixels_do_not_hide_that_images_show_one_field():
    clean = real_scene(PAIRS["actin 20×"])[:160, :160]
    noisy, noise = drawn(clean, 20)
    rng = np.random.default_rng(0)
    hot = rng.random(noisy.shape) < 0.004
    spoiled = noisy + hot * rng.exponential(100 * noisy.std(), noisy.shape)
    agreement, usual = (
        match_planes([image], [clean], noise).registration.correlation
        for image in (spoiled, noisy)
    )
    assert agreement == pytest.approx(usual, rel=0.02)
