"""Stabilised noise has variance 1, and its mean comes back to counts unbiased."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_denoise import NoiseModel
from napari_denoise.errors import NoiseError
from napari_denoise.noise import exact_unbiased_inverse, stabilise, unstabilise

DRAWS = 400_000
CAMERAS = [(1.0, 0.0), (3.0, 100.0)]
positive = st.floats(0.01, 100)
finite = st.floats(-1e6, 1e6)


def sample(photons, gain, offset, read):
    """Many pixels of one level; read noise in photons."""
    rng = np.random.default_rng(0)
    drawn = rng.poisson(photons, DRAWS) + rng.normal(0, read, DRAWS)
    return gain * drawn + offset, NoiseModel(gain, offset, gain * read)


@pytest.mark.parametrize(("gain", "offset"), CAMERAS)
@pytest.mark.parametrize(
    ("photons", "read", "tolerance"),
    # With read noise at few photons the transform itself leaves up to a tenth too much.
    [(1000, 0, 0.01), (100, 2, 0.01), (10, 0, 0.02), (4, 1, 0.05), (2, 2, 0.11)],
)
def test_stabilised_noise_has_unit_variance(photons, read, tolerance, gain, offset):
    y, noise = sample(photons, gain, offset, read)
    assert stabilise(y, noise).var() == pytest.approx(1, abs=tolerance)


# The bar is 0.5 %. The closed form takes read noise for Poisson noise, and is measured
# 2.8, 1.1 and 0.2 % too low at 1, 2 and 3 photons with a read noise of one.
BIAS = {(1, 1): 0.031, (2, 1): 0.013}


@pytest.mark.parametrize(("gain", "offset"), CAMERAS)
@pytest.mark.parametrize("read", [0, 1])
@pytest.mark.parametrize("photons", [1, 2, 3, 5, 10, 30, 100, 1000])
def test_inverse_of_the_mean_is_the_mean(photons, read, gain, offset):
    y, noise = sample(photons, gain, offset, read)
    restored = unstabilise(stabilise(y, noise).mean(), noise)
    bias = BIAS.get((photons, read), 0.005)
    assert (restored - offset) / gain == pytest.approx(photons, rel=bias)


def test_the_algebraic_inverse_would_not_do():
    y, noise = sample(1, 1, 0, 0)
    assert (stabilise(y, noise).mean() / 2) ** 2 - 3 / 8 < 0.9


@given(
    positive, finite, st.floats(0, 100), st.lists(st.floats(-1e30, 1e30), min_size=2)
)
def test_inverse_is_monotone_and_defined_everywhere(gain, offset, read, values):
    z = np.sort(np.array([*values, 0, 1.2, 1.3, 3]))
    counts = exact_unbiased_inverse(z, gain, offset, read)
    assert np.isfinite(counts).all()
    scale = np.abs(counts) + abs(offset) + read**2 / gain
    assert (np.diff(counts) >= -1e-12 * scale[1:]).all()


@given(
    positive, finite, st.floats(0, 100), st.lists(st.floats(-1e30, 1e30), min_size=1)
)
def test_transform_is_defined_everywhere(gain, offset, read, values):
    z = stabilise(np.array(values), NoiseModel(gain, offset, read))
    assert np.isfinite(z).all()
    assert (z >= 0).all()


def test_gaussian_noise_is_only_divided():
    y, noise = np.array([-5.0, 0.0, 12.0]), NoiseModel.gaussian(4)
    np.testing.assert_allclose(stabilise(y, noise), y / 4)
    np.testing.assert_allclose(unstabilise(y / 4, noise), y)


@pytest.mark.parametrize("function", [stabilise, unstabilise])
def test_no_noise_is_refused(function):
    with pytest.raises(NoiseError):
        function(np.ones(3), NoiseModel())


def test_numpy_and_torch_agree_and_inputs_stay():
    y = np.linspace(-10, 500, 50)
    kept, noise = y.copy(), NoiseModel(2, 10, 3)
    z = stabilise(y, noise)
    np.testing.assert_allclose(stabilise(torch.from_numpy(y), noise), z, rtol=1e-12)
    counts = unstabilise(z, noise)
    by_torch = unstabilise(torch.from_numpy(z), noise)
    np.testing.assert_allclose(by_torch, counts, rtol=1e-12)
    np.testing.assert_array_equal(y, kept)
    np.testing.assert_array_equal(z, stabilise(y, noise))


def test_training_differentiates_through_the_inverse():
    z = torch.tensor([0.0, 1.0, 2.0, 20.0], requires_grad=True)
    exact_unbiased_inverse(z, 2.0, 0.0, 1.0).sum().backward()
    assert z.grad.isfinite().all()
    assert (z.grad >= 0).all()
