"""Trust without a reference, held against the reference."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from napari_denoise import NoiseModel, assess, assess_steps, denoise, evaluate
from napari_denoise.denoising import run_to_end
from napari_denoise.errors import Cancelled, ImageError, ModelError, OptionError
from napari_denoise.trust.assessment import PARTS
from tests.conftest import draw, scene, synthetic_scene

CAMERA = {"gain": 2.0, "offset": 100.0, "read": 3.0}
CAMERA_NOISE = NoiseModel(gain=2.0, offset=100.0, read_std=3.0)


def frame(peak=30, clean=None, **options):
    clean = synthetic_scene()[:160, :160] if clean is None else clean
    noisy, mean = draw(clean, peak=peak, **{**CAMERA, **options})
    return noisy.astype(np.float32), mean


@pytest.fixture(scope="module")
def taken():
    """A frame, its truth, and what the U-Net makes of it."""
    noisy, mean = frame()
    return noisy, mean, denoise(noisy, noise=CAMERA_NOISE)


@pytest.mark.parametrize(
    ("model", "peak", "name", "noise"),
    [
        ("unet", 5, "synthetic", CAMERA_NOISE),
        ("unet", 100, "actin 60×", "auto"),
        ("unet-fast", 20, "actin 60×", CAMERA_NOISE),
        ("tikhonov", 20, "synthetic", "auto"),
    ],
)
def test_the_error_is_predicted(model, peak, name, noise):
    noisy, mean = frame(peak, scene(name)[:192, :192])
    result = denoise(noisy, model, noise=noise)
    found = assess(noisy, result, noise, model=model)
    true, before = (
        evaluate(image, mean, data_range=found.data_range) for image in (result, noisy)
    )
    assert found.predicted_psnr == pytest.approx(true.psnr, abs=1.3)
    assert found.predicted_gain == pytest.approx(true.psnr - before.psnr, abs=1.4)
    rmse = true.nrmse * found.data_range
    assert 20 * np.log10(found.predicted_rmse / rmse) == pytest.approx(
        true.psnr - found.predicted_psnr, abs=1e-6
    )
    assert abs(found.predicted_psnr - true.psnr) < 3 * found.uncertainty


def test_all_is_said_of_a_result_and_its_model(taken):
    noisy, _, result = taken
    found = assess(noisy, result, CAMERA_NOISE, model="unet")
    assert found.model == "unet"
    assert found.data_range == np.ptp(result)
    assert 0.9 < found.whiteness <= 1
    assert abs(found.signal_correlation) < 0.1
    assert found.intensity_kept == pytest.approx(1, abs=0.01)
    assert 2 <= found.resolution < 32
    assert 0 < found.disagreement < found.predicted_rmse
    assert found.warnings == ()
    assert assess(noisy, result, CAMERA_NOISE, model="unet") == found
    assert json.loads(json.dumps(found.to_dict()))["warnings"] == []


def test_blurring_too_much_shows_without_a_model(taken):
    noisy, mean, result = taken
    dimmed = mean.mean() + 0.5 * (result - mean.mean())
    good, bad = (assess(noisy, image, CAMERA_NOISE) for image in (result, dimmed))
    assert bad.whiteness < good.whiteness - 0.05
    assert bad.signal_correlation > good.signal_correlation + 0.2
    for found in (good, bad):
        assert found.predicted_psnr is found.resolution is found.disagreement is None
        assert "name it" in found.warnings[0]


def test_a_linear_filter_agrees_with_itself_however_it_is_turned(taken):
    noisy, _, result = taken
    smooth = denoise(noisy, "tikhonov", noise=CAMERA_NOISE)
    linear = assess(noisy, smooth, CAMERA_NOISE, model="tikhonov")
    network = assess(noisy, result, CAMERA_NOISE, model="unet")
    assert linear.disagreement < 1e-3 * network.disagreement


@pytest.mark.parametrize("strength", [0.5, 1.5])
def test_strength_counts(strength, taken):
    noisy, mean, _ = taken
    result = denoise(noisy, noise=CAMERA_NOISE, strength=strength)
    options = {"model": "unet", "strength": strength}
    found = assess(noisy, result, CAMERA_NOISE, **options)
    true = evaluate(result, mean, data_range=found.data_range)
    assert found.predicted_psnr == pytest.approx(true.psnr, abs=1)


def test_a_result_that_the_model_did_not_make_is_not_judged(taken):
    noisy, _, result = taken
    blended = noisy + 0.5 * (result - noisy)
    found = assess(noisy, blended, CAMERA_NOISE, model="unet")
    assert found.predicted_psnr is None
    assert "strength" in found.warnings[0]


def test_rounding_is_part_of_the_error():
    counts, mean = draw(synthetic_scene()[:160, :160], peak=30)
    noisy, photons = np.maximum(counts, 0).astype(np.uint16), NoiseModel(gain=1.0)
    result = denoise(noisy, noise=photons)
    found = assess(noisy, result, photons, model="unet")
    true = evaluate(result, mean, data_range=found.data_range)
    assert found.predicted_psnr == pytest.approx(true.psnr, abs=1)


def test_correlated_noise_is_predicted_where_it_is_known():
    noisy, mean = frame(blur=0.8)
    noise = NoiseModel(2.0, 100.0, 3.0, correlation_length=1.6)
    result = denoise(noisy, noise=noise)
    found = assess(noisy, result, noise, model="unet")
    true = evaluate(result, mean, data_range=found.data_range)
    assert found.predicted_psnr == pytest.approx(true.psnr, abs=1)


@pytest.mark.parametrize("blur", [0.4, 0.5, 0.8])
def test_correlated_noise_that_was_measured_is_not_known_well_enough(blur):
    noisy, _ = frame(blur=blur)
    found = assess(noisy, denoise(noisy), model="unet")
    assert found.predicted_psnr is found.predicted_gain is found.predicted_rmse is None
    assert found.uncertainty is None
    assert "correlated" in found.warnings[0]
    assert found.whiteness is not None


def test_an_image_without_noise_has_nothing_to_judge():
    even = np.full((64, 64), 7.0, np.float32)
    found = assess(even, even, model="unet")
    assert found.predicted_psnr is found.whiteness is None
    assert found.data_range == 1
    assert "No noise" in found.warnings[0]


def test_channels_and_colours_are_judged_together():
    planes = [frame(peak, side_clean) for peak, side_clean in CHANNELS]
    noisy, mean = (np.stack([pair[i] for pair in planes]) for i in (0, 1))
    for axes in ("CYX", "YXS"):
        turned, truth = (
            images if axes == "CYX" else np.moveaxis(images, 0, -1)
            for images in (noisy, mean)
        )
        options = {"axes": axes, "noise": CAMERA_NOISE}
        result = denoise(turned, **options)
        found = assess(turned, result, model="unet", **options)
        true = 20 * np.log10(
            found.data_range / np.sqrt(np.mean((result - truth) ** 2, dtype=float))
        )
        assert found.predicted_psnr == pytest.approx(true, abs=1)


SMALL = synthetic_scene()[:96, :96]
CHANNELS = [(10, SMALL), (30, SMALL.T), (20, SMALL)]


def test_neighbours_count():
    noisy, mean = frame(5, np.stack([synthetic_scene()[:96, :96]] * 3))
    result = denoise(noisy, neighbours="Z", noise=CAMERA_NOISE)
    options = {"noise": CAMERA_NOISE, "model": "unet"}
    found = assess(noisy, result, neighbours="Z", **options)
    assert found.model == "unet-3d"
    true = evaluate(result, mean, data_range=found.data_range)
    assert found.predicted_psnr == pytest.approx(true.psnr, abs=1.3)
    assert assess(noisy, result, neighbours="auto", **options) == found
    assert "neighbours" in assess(noisy, result, **options).warnings[0]


def test_a_range_that_is_given_is_used(taken):
    noisy, _, result = taken
    plain, given = (
        assess(noisy, result, CAMERA_NOISE, model="unet", data_range=peak)
        for peak in (None, 255)
    )
    step = 20 * np.log10(255 / plain.data_range)
    assert given.predicted_psnr == pytest.approx(plain.predicted_psnr + step)
    assert given.predicted_rmse == plain.predicted_rmse
    with pytest.raises(OptionError, match="data_range"):
        assess(noisy, result, CAMERA_NOISE, data_range=0)


def test_what_does_not_belong_together_is_refused(taken):
    noisy, _, result = taken
    with pytest.raises(ImageError, match="shape"):
        assess(noisy, result[:-1], CAMERA_NOISE)
    with pytest.raises(ModelError, match="3D model"):
        assess(noisy, result, CAMERA_NOISE, model="unet-3d")


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (2, 3), (17, 33)])
def test_small_images_do_no_harm(shape):
    noisy = np.random.default_rng(0).poisson(20, shape).astype(np.float32)
    photons = NoiseModel(gain=1.0)
    found = assess(noisy, denoise(noisy, noise=photons), photons, model="unet")
    assert found.predicted_rmse >= 0


def test_pixels_that_are_not_finite_do_no_harm(taken):
    noisy, _, _ = taken
    holed = noisy[:64, :64].copy()
    holed[3:5, 7] = np.nan
    with pytest.warns(UserWarning, match="not finite"):
        result = denoise(holed, noise=CAMERA_NOISE)
    found = assess(holed, result, CAMERA_NOISE, model="unet")
    assert np.isfinite(found.predicted_psnr)


def test_progress_is_told_and_the_images_stay(taken):
    noisy, _, result = taken
    noisy, result = noisy[:64, :64].copy(), result[:64, :64].copy()
    before = noisy.copy(), result.copy()
    steps = []
    options = {"noise": CAMERA_NOISE, "model": "unet", "strength": 1.0}
    run_to_end(assess_steps(noisy, result, **options), steps.append)
    assert [(step.done, step.total) for step in steps] == [
        (done, PARTS) for done in range(1, PARTS + 1)
    ]
    np.testing.assert_array_equal(noisy, before[0])
    np.testing.assert_array_equal(result, before[1])


@pytest.mark.parametrize("after", [0, 5, 150])
def test_it_can_be_cancelled(after, taken):
    noisy, _, result = taken
    count = itertools.count()
    with pytest.raises(Cancelled):
        run_to_end(
            assess_steps(
                noisy,
                result,
                CAMERA_NOISE,
                model="unet",
                cancelled=lambda: next(count) >= after,
            )
        )
