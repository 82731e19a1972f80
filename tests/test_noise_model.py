"""The noise model, drawing from it, and its two numbers into a network's range."""

from __future__ import annotations

import json

import numpy as np
import pytest

from napari_denoise import NoiseModel
from napari_denoise.errors import NoiseError
from napari_denoise.noise import Scaling, compare_noise, simulate
from tests.conftest import synthetic_scene

FIELDS = {"gain", "offset", "read_std", "sigma", "correlation_length", "kind"}


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (NoiseModel(gain=1), "poisson-gaussian"),
        (NoiseModel(gain=1, read_std=3), "poisson-gaussian"),
        (NoiseModel(read_std=3), "gaussian"),
        (NoiseModel.gaussian(3), "gaussian"),
        (NoiseModel(offset=5), "none"),
    ],
)
def test_kind(model, kind):
    assert model.kind == kind


@pytest.mark.parametrize(
    "numbers",
    [
        {"gain": -1},
        {"read_std": -1},
        {"correlation_length": -1},
        {"gain": float("nan")},
        {"offset": float("inf")},
    ],
)
def test_impossible_numbers_are_refused(numbers):
    with pytest.raises(NoiseError, match=r"noise model|negative"):
        NoiseModel(**numbers)


def test_std_is_the_line():
    model = NoiseModel(gain=2, offset=100, read_std=3, level=150)
    np.testing.assert_allclose(model.std([100, 150, 600]), [3, 109**0.5, 1009**0.5])
    assert model.std(0) == 3
    assert model.sigma == pytest.approx(109**0.5)


def test_plain_data_takes_json():
    plain = NoiseModel(gain=2, read_std=np.float64(3), warnings=("a",)).to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain.keys() >= FIELDS | {"warnings"}


@pytest.mark.parametrize("length", [0, 1, 2])
def test_simulation_has_mean_variance_and_correlation_of_its_model(length):
    model = NoiseModel(gain=3, offset=50, read_std=4, correlation_length=length)
    clean = np.full((40, 256, 256), 50 + 3 * 20.0)
    error = simulate(clean, model, np.random.default_rng(0)) - clean
    assert error.mean() == pytest.approx(0, abs=0.15)
    assert error.var() == pytest.approx(3 * 60 + 16, rel=0.02)
    lag = np.mean(error[..., 1:] * error[..., :-1]) / error.var()
    kernel = np.exp(-0.5 * (np.arange(-9, 10) / max(length / 2, 1e-3)) ** 2)
    expected = np.sum(kernel[1:] * kernel[:-1]) / np.sum(kernel**2)
    assert lag == pytest.approx(expected, abs=0.02)


def test_simulation_repeats_with_its_seed():
    model, clean = NoiseModel(gain=1), 10 * synthetic_scene(64)
    first, second, other = (
        simulate(clean, model, np.random.default_rng(seed)) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


@pytest.mark.parametrize("noise", [None, NoiseModel.gaussian(3), NoiseModel(2, 10, 1)])
def test_scaling_brings_percentiles_to_0_and_1(noise):
    sample = np.linspace(20, 500, 10_001, dtype=np.float32)
    scaling = Scaling.fit(sample, noise, 1.0)
    entered = scaling.enter(sample)
    assert entered.dtype == np.float32
    np.testing.assert_allclose(np.percentile(entered, (1, 99.9)), [0, 1], atol=1e-4)
    assert scaling.told == pytest.approx(1 / scaling.scale)


@pytest.mark.parametrize("noise", [None, NoiseModel.gaussian(3)])
def test_linear_scaling_is_undone_exactly(noise):
    sample = np.linspace(20, 500, 1001, dtype=np.float32)
    scaling = Scaling.fit(sample, noise, 1.0)
    np.testing.assert_allclose(scaling.leave(scaling.enter(sample)), sample, rtol=1e-5)


def test_scaling_of_a_constant_channel_is_finite():
    scaling = Scaling.fit(np.full(100, 7, np.float32), NoiseModel(1), 1.0)
    assert np.isfinite([scaling.shift, scaling.scale, scaling.told]).all()
    assert scaling.scale > 0


def test_what_was_told_makes_the_model_again():
    model = NoiseModel(
        2.0, 100.0, 3.0, 1.5, level=400.0, warnings=("a",), offset_assumed=True
    )
    assert NoiseModel.from_dict(json.loads(json.dumps(model.to_dict()))) == model


def test_noise_that_was_given_is_compared_with_what_is_measured() -> None:
    measured = NoiseModel(2, 100, level=300)
    assert compare_noise(NoiseModel(2, 90, level=1), measured) == ""
    assert compare_noise(NoiseModel(8, 100), measured).startswith("This is 2 times")
    assert "0.5 times" in compare_noise(NoiseModel.gaussian(10), measured)
    assert compare_noise(NoiseModel(8), NoiseModel()) == ""
