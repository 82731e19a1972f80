"""Models in the order of their error, held against the order that there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_denoise import (
    NoiseModel,
    denoise,
    evaluate,
    list_models,
    rank_models,
    rank_steps,
)
from napari_denoise.denoising import run_to_end
from napari_denoise.errors import Cancelled, ModelError, OptionError
from napari_denoise.models import ClassicalModel
from napari_denoise.preview import Preview
from napari_denoise.trust.residual import stabilised_mean
from tests.conftest import draw, scene, synthetic_scene

PHOTONS = NoiseModel(gain=1.0)
FAST = ["tikhonov", "wavelet", "unet-fast", "unet"]


def frame(peak=20, clean=None, **options):
    clean = synthetic_scene()[:160, :160] if clean is None else clean
    noisy, mean = draw(clean, peak=peak, **options)
    return noisy.astype(np.float32), mean


def psnr(noisy, mean, model, noise):
    return evaluate(denoise(noisy, model, noise=noise), mean).psnr


@pytest.mark.parametrize(
    ("name", "peak", "noise", "within"),
    [
        ("synthetic", 2, PHOTONS, 2.0),  # dB; the best one's own is uncertain here
        ("synthetic", 50, "auto", 1.0),
        ("mitochondria 60×", 50, PHOTONS, 1.0),
    ],
)
def test_the_order_is_that_of_the_errors(name, peak, noise, within):
    noisy, mean = frame(peak, scene(name)[:160, :160])
    ranked = rank_models(noisy, FAST, noise=noise)
    true = {model: psnr(noisy, mean, model, noise) for model in FAST}
    assert {found.model for found in ranked} == set(FAST)
    assert true[ranked[0].model] > max(true.values()) - 0.25
    assert true[ranked[-1].model] < min(true.values()) + 0.3
    for found in ranked:
        assert found.predicted_psnr - ranked[0].predicted_psnr == pytest.approx(
            true[found.model] - true[ranked[0].model], abs=within
        )


def test_all_flat_models_are_ranked_by_default():
    noisy, _ = frame(clean=synthetic_scene()[:64, :64])
    steps = []
    ranked = run_to_end(rank_steps(noisy, noise=PHOTONS), steps.append)
    names = [card.name for card in list_models() if card.ndim == 2]
    assert [step.assessment.model for step in steps] == names
    assert [(step.done, step.total) for step in steps] == [
        (number, len(names)) for number in range(1, len(names) + 1)
    ]
    assert sorted(found.model for found in ranked) == sorted(names)
    assert len({found.data_range for found in ranked}) == 1


def level_all(plane, sigma):
    return np.full_like(plane, plane.mean())


class Jumper:
    """Stop now here, now there: small changes of the image change all of the result."""

    def __init__(self):
        self.calls = 0

    def __call__(self, plane, sigma):
        self.calls += 1
        return gaussian_filter(plane, 1 + self.calls % 2)


def test_a_method_that_jumps_is_judged_by_how_far_it_is_from_the_default():
    noisy, mean = frame(50)
    own = ClassicalModel("jumper", Jumper(), "", {})
    ranked = rank_models(noisy, [own, "unet"], noise=PHOTONS)
    assert [found.model for found in ranked] == ["unet", "jumper"]
    smooth = ClassicalModel(
        "smooth", lambda plane, _: gaussian_filter(plane, 2), "", {}
    )
    true = psnr(noisy, mean, smooth, PHOTONS) - psnr(noisy, mean, "unet", PHOTONS)
    found = ranked[1].predicted_psnr - ranked[0].predicted_psnr
    assert found == pytest.approx(true, abs=1)


def leave_all(plane, sigma):
    return plane


def blunder(plane, sigma):
    """Wrong by as much as the image varies, whatever the noise."""
    return plane[::-1].copy()


def of_my_own(method):
    return ClassicalModel(method.__name__, method, "", {})


def test_a_model_that_is_better_than_the_default_comes_first():
    noisy, mean = frame()
    (scaling,) = Preview(noisy, noise=PHOTONS).scalings
    z = stabilised_mean(mean, PHOTONS)
    truth = ((z - scaling.shift) / scaling.scale).astype(np.float32)

    def know_it(plane, sigma):
        """Know this image, as a network trained on it would."""
        return truth + np.float32(0.05) * (plane - truth)

    own = of_my_own(know_it)
    ranked = rank_models(noisy, ["unet", own], noise=PHOTONS)
    gain = psnr(noisy, mean, own, PHOTONS) - psnr(noisy, mean, "unet", PHOTONS)
    assert gain > 1
    assert [found.model for found in ranked] == ["know_it", "unet"]
    assert ranked[0].predicted_psnr - ranked[1].predicted_psnr > 3


@pytest.mark.parametrize("method", [level_all, leave_all, blunder])
def test_a_model_that_is_worse_comes_last(method):
    noisy, mean = frame()
    own = of_my_own(method)
    ranked = rank_models(noisy, [own, "unet", "tv"], noise=PHOTONS)
    assert ranked[-1].model == method.__name__
    true = evaluate(denoise(noisy, own, noise=PHOTONS), mean)
    rmse = true.nrmse * true.data_range
    assert ranked[-1].predicted_rmse == pytest.approx(rmse, rel=0.1)


def test_the_default_need_not_be_among_them():
    noisy, _ = frame()
    ranked = rank_models(noisy, ["tikhonov", "wavelet"], noise=PHOTONS)
    assert {found.model for found in ranked} == {"tikhonov", "wavelet"}
    (only,) = rank_models(noisy, "tikhonov", noise=PHOTONS)
    assert only in ranked


def test_with_correlated_noise_the_order_is_a_guess_and_each_says_so():
    noisy, _ = frame(blur=0.8)
    ranked = rank_models(noisy, FAST)
    assert {found.model for found in ranked} == set(FAST)
    for found in ranked:
        assert found.predicted_psnr is None
        assert "correlated" in found.warnings[0]


def test_without_noise_nothing_is_ranked():
    ranked = rank_models(np.full((32, 32), 5.0), FAST)
    assert [found.model for found in ranked] == FAST
    assert all("No noise" in found.warnings[0] for found in ranked)


def test_channels_and_planes_are_ranked_together():
    noisy, _ = frame(clean=np.stack([synthetic_scene()[:96, :96]] * 4))
    ranked = rank_models(noisy.reshape(2, 2, 96, 96), FAST, axes="CZYX", noise=PHOTONS)
    assert ranked[0].model == "unet"


def test_no_models_and_3d_models_are_refused():
    noisy, _ = frame()
    with pytest.raises(OptionError, match="at least one"):
        rank_models(noisy, [])
    with pytest.raises(ModelError, match="3D model"):
        rank_models(noisy, ["unet-3d"])


@pytest.mark.parametrize("after", [0, 3, 200])
def test_it_can_be_cancelled(after):
    noisy, _ = frame()
    count = itertools.count()
    with pytest.raises(Cancelled):
        run_to_end(rank_steps(noisy, FAST, cancelled=lambda: next(count) >= after))
