"""Disturbances, blocks and excerpts: what predictions are made of."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise import NoiseModel
from napari_denoise.axes import Layout
from napari_denoise.noise import Scaling, simulate
from napari_denoise.sources import Source
from napari_denoise.trust.excerpts import (
    BLOCK,
    MARGIN,
    SIDE,
    block_means,
    block_pixels,
    cut_excerpts,
)
from napari_denoise.trust.prediction import Expectation, standard_error, weigh
from napari_denoise.trust.trials import disturb

NOISES = {
    "photons": NoiseModel(gain=1.0),
    "camera": NoiseModel(gain=2.0, offset=100.0, read_std=3.0),
    "gaussian": NoiseModel.gaussian(4.0),
    "correlated": NoiseModel(gain=2.0, read_std=3.0, correlation_length=1.5),
}


def square_root(counts):
    """Curved where photons are few, as the stabilisation is."""
    return 2 * np.sqrt(np.maximum(counts, 0) + 0.375)


@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_disturbances_vary_like_the_noise(noise):
    level = np.full((400, 400), noise.offset + 20.0)
    one = disturb(level, noise, np.random.default_rng(0))
    through = float(np.mean(one.weight * one.added))
    assert through == pytest.approx(float(noise.std(level[0, 0])) ** 2, rel=0.05)


@pytest.mark.parametrize("photons", [0.3, 1.0, 3.0, 100.0])
def test_what_is_let_through_is_the_covariance_with_the_noise(photons):
    noise, level = NoiseModel(gain=1.0), np.full((2000, 1000), photons)
    noisy = simulate(level, noise, np.random.default_rng(0)).astype(float)
    true = float(np.mean((noisy - level) * square_root(noisy)))
    one = disturb(level, noise, np.random.default_rng(1))
    answer = square_root(noisy + one.added) - square_root(noisy)
    # The slope of the root alone would be 17 % off at one photon.
    assert np.mean(one.weight * answer) == pytest.approx(true, rel=0.05)


def test_blocks_at_the_edges_count_for_less():
    image = np.arange(35.0 * 20).reshape(35, 20)
    pixels = block_pixels(image.shape)
    assert pixels.sum() == image.size
    assert pixels.max() == BLOCK**2
    assert np.average(block_means(image), weights=pixels) == pytest.approx(image.mean())


def test_standard_errors_are_those_of_means():
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(300):
        blocks, pixels = rng.normal(5, 2, 50), np.full(50, 256.0)
        errors.append(standard_error(blocks, pixels))
    assert np.mean(errors) == pytest.approx(2 / 50**0.5, rel=0.05)
    assert standard_error(np.array([3.0]), np.array([9.0])) == 3.0


def test_a_sure_estimate_is_taken_and_an_unsure_one_is_not():
    assert weigh(Expectation(2.0, 0.001), 1.0, 0.0).square == pytest.approx(2, rel=0.01)
    unsure = weigh(Expectation(-3.0, 30.0), 1.0, 0.0)
    assert unsure.square == pytest.approx(1, rel=0.1)
    doubted = weigh(Expectation(2.0, 0.001), 1.0, 30.0)
    assert doubted.square == pytest.approx(1, rel=0.1)
    assert doubted.decibels > 5 * weigh(Expectation(2.0, 0.01), 1.0, 0.0).decibels


@pytest.mark.parametrize("stein", [-1e9, 0.0, 1e9])
def test_what_is_expected_is_never_less_than_nothing(stein):
    found = weigh(Expectation(stein, 0.0), 1.0, 0.0)
    assert found.square > 0
    assert np.isfinite(found.decibels)


def cut(image, axes, pixels, **options):
    layout = Layout(image.shape, axes)
    scalings = [Scaling(NoiseModel(gain=1.0), 0.0, 1.0, 1.0)] * len(layout.channels)
    return cut_excerpts(Source(image, None, None), layout, scalings, pixels, **options)


def test_small_images_are_looked_at_whole():
    image = np.random.default_rng(0).random((3, 40, 30)).astype(np.float32)
    excerpts = cut(image, "CYX", 1 << 16)
    assert len(excerpts) == 3
    for excerpt, plane in zip(excerpts, image, strict=True):
        np.testing.assert_array_equal(excerpt.plane[excerpt.core], plane)


def test_large_images_are_looked_at_in_places_all_over():
    image = np.random.default_rng(0).random((7, 600, 900)).astype(np.float32)
    excerpts = cut(image, "ZYX", 1 << 18)
    assert sum(excerpt.plane[excerpt.core].size for excerpt in excerpts) <= 1 << 18
    assert len({excerpt.index[0] for excerpt in excerpts}) == len(excerpts) == 4
    for excerpt in excerpts:
        expected = image[excerpt.index[0]][excerpt.window]
        np.testing.assert_array_equal(excerpt.plane[excerpt.core], expected)
        assert expected.shape == (SIDE, SIDE)
        assert max(excerpt.plane.shape) <= SIDE + 2 * MARGIN


def test_neighbours_are_taken_along():
    image = np.random.default_rng(0).random((9, 20, 30)).astype(np.float32)
    excerpts = cut(image, "TYX", 1 << 16, along="T", radius=2)
    assert [len(excerpt.planes) for excerpt in excerpts] == [3, 4, 5, 5, 5, 5, 5, 4, 3]
    for number, excerpt in enumerate(excerpts):
        np.testing.assert_array_equal(excerpt.plane, image[number])
