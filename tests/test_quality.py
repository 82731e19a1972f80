"""Numbers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from napari_denoise import evaluate
from napari_denoise.errors import ImageError, OptionError
from tests.conftest import synthetic_scene


@pytest.fixture(scope="module")
def clean():
    return 10 + 80 * synthetic_scene()[:64, :48]


def test_psnr_and_error_follow_their_formulas(clean):
    off = np.where(np.indices(clean.shape).sum(axis=0) % 2, 3.0, -3.0)
    metrics = evaluate(clean + off, clean)
    span = np.ptp(clean)
    assert metrics.data_range == pytest.approx(span)
    assert metrics.psnr == pytest.approx(20 * np.log10(span / 3))
    assert metrics.nrmse == pytest.approx(3 / span)
    assert (metrics.scale, metrics.shift) == (1, 0)


def test_identical_images_are_perfect(clean):
    metrics = evaluate(clean, clean)
    assert metrics.psnr == np.inf
    assert metrics.ssim == pytest.approx(1)
    assert metrics.nrmse == 0


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (np.array([[10, 20]], np.uint8), 255),
        (np.array([[10, 20]], np.uint16), 10),
        (np.array([[-1.5, 2.5]]), 4),
        (np.array([[7.0, 7.0]]), 1),
    ],
)
def test_range_is_that_of_the_reference(reference, expected):
    assert evaluate(reference * 0, reference).data_range == expected
    assert evaluate(reference * 0, reference, data_range=100).data_range == 100


@pytest.mark.parametrize("data_range", [0, -1, np.nan, np.inf, "x", True, [1]])
def test_a_range_is_a_positive_number(data_range, clean):
    with pytest.raises(OptionError, match="data_range="):
        evaluate(clean, clean, data_range=data_range)


def test_integers_do_not_wrap_around():
    dark, bright = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)
    assert evaluate(dark, bright).psnr == evaluate(bright, dark).psnr == 0


def test_affine_fit_is_exact(clean):
    metrics = evaluate(3 * clean - 40, clean, affine=True)
    assert metrics.scale == pytest.approx(1 / 3)
    assert metrics.shift == pytest.approx(40 / 3)
    assert metrics.psnr > 200
    assert metrics.ssim == pytest.approx(1)


def test_affine_fit_is_the_best_there_is(clean):
    noisy = 2 * clean + np.random.default_rng(0).normal(5, 9, clean.shape)
    best = evaluate(noisy, clean, affine=True)
    for scale, shift in ((1.01, 0), (0.99, 0), (1, 0.2), (1, -0.2)):
        other = best.scale * scale * noisy + best.shift + shift
        assert evaluate(other, clean).psnr < best.psnr
    assert evaluate(best.scale * noisy + best.shift, clean).psnr == pytest.approx(
        best.psnr
    )


def test_a_constant_image_is_fitted_by_a_shift(clean):
    metrics = evaluate(np.zeros_like(clean), clean, affine=True)
    assert metrics.shift == pytest.approx(clean.mean())
    assert metrics.nrmse == pytest.approx(clean.std() / np.ptp(clean))


def test_ssim_is_that_of_wang_et_al_by_plane(clean):
    rng = np.random.default_rng(0)
    noisy = clean + rng.normal(0, 5, (2, *clean.shape))
    span = np.ptp(clean)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    values = [
        structural_similarity(plane, clean, data_range=span, **options)
        for plane in noisy
    ]
    metrics = evaluate(noisy, np.stack([clean, clean]))
    assert metrics.ssim == pytest.approx(np.mean(values))
    assert 0 < metrics.ssim < 0.9


def test_ssim_needs_eleven_pixels():
    small = np.random.default_rng(0).random((10, 30))
    assert np.isnan(evaluate(small, small).ssim)


@pytest.mark.parametrize("shape", [(63, 48), (48, 64), (1, 64, 48)])
def test_other_shapes_are_refused(shape, clean):
    with pytest.raises(ImageError, match="shape"):
        evaluate(np.zeros(shape), clean)


@pytest.mark.parametrize("shape", [(), (5,), (0, 5)])
def test_no_images_are_refused(shape):
    with pytest.raises(ImageError, match="two axes"):
        evaluate(np.zeros(shape), np.zeros(shape))


@pytest.mark.parametrize("dtype", [bool, complex, "U1"])
def test_other_types_are_refused(dtype, clean):
    other = np.zeros(clean.shape, dtype)
    for pair in ((other, clean), (clean, other)):
        with pytest.raises(ImageError, match="cannot be compared"):
            evaluate(*pair)
