"""1 is doing nothing; plain squares are least at the mean, and roots are not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_denoise.training.examples import Batch, collate
from pretraining.degradation import Degradation, degrade
from pretraining.loss import (
    expected_error,
    noise_left,
    noise_left_of_total,
    relative_error,
    weighted_square_error,
)


def test_doing_nothing_leaves_all_the_noise():
    rng = np.random.default_rng(0)
    how = Degradation(gaussian=1.0, correlated=0.0)
    patch = rng.random((64, 64)).astype(np.float32)
    batch = collate([degrade(patch, how, rng) for _ in range(20)])
    left = noise_left(batch.noisy, batch)
    torch.testing.assert_close(left, torch.ones(20), rtol=0, atol=0.11)
    assert float(left.mean()) == pytest.approx(1, abs=0.025)


def test_a_bias_counts_as_often_as_there_are_pixels():
    rng = np.random.default_rng(0)
    how = Degradation(gaussian=1.0, correlated=0.0)
    patch = rng.random((16, 16)).astype(np.float32)
    batch = collate([degrade(patch, how, rng) for _ in range(300)])
    # One square of a normal number a patch, their mean known to sqrt(2 / 300).
    nothing = noise_left_of_total(batch.noisy, batch)
    assert float(nothing.mean()) == pytest.approx(1, abs=0.25)
    z = batch.clean + 0.1
    column = (slice(None), None, None, None)
    biased = (z - batch.shift[column]) / batch.scale[column]
    left = noise_left_of_total(biased, batch)
    expected = torch.full((300,), 0.01 * 16**2)
    torch.testing.assert_close(left, expected, rtol=1e-2, atol=0)


def test_plain_squares_are_least_at_the_mean():
    clean = torch.tensor([0.0] * 9 + [1.0]).reshape(10, 1, 1, 1).expand(-1, 1, 4, 4)
    one = torch.ones(10)
    numbers = (0.1 * one, 0 * one, one, -one, 0 * one)
    alike = Batch(torch.zeros_like(clean), clean, *numbers)
    guesses = torch.linspace(0, 1, 101)
    left = [noise_left(g.expand_as(clean), alike) for g in guesses]
    squares = [float(weighted_square_error(x, alike.sigma).mean()) for x in left]
    roots = [float(relative_error(x).mean()) for x in left]
    assert guesses[np.argmin(squares)] == pytest.approx(0.1)
    assert guesses[np.argmin(roots)] < 0.05


def test_relative_error_goes_with_the_root_and_has_a_slope_at_nothing():
    left = torch.tensor([0.3, 1.0, 2.0])
    ratio = relative_error(4 * left) / relative_error(left)
    torch.testing.assert_close(ratio, torch.full((3,), 2.0), rtol=3e-4, atol=0)
    nothing = torch.zeros(1, requires_grad=True)
    relative_error(nothing).sum().backward()
    assert nothing.grad.isfinite().all()


def test_more_noise_can_be_taken_off_better():
    sigma = torch.tensor([1e-6, 0.01, 0.05, 0.1, 0.3, 1.0])
    expected = expected_error(sigma)
    assert (expected.diff() <= 0).all()
    assert expected[0] == 1
    assert expected[-1] < 0.2


def test_squares_are_of_the_size_of_the_roots_where_errors_are_usual():
    sigma = torch.tensor([15 / 255, 25 / 255, 50 / 255])
    left = expected_error(sigma) ** 2
    squares = weighted_square_error(left, sigma)
    torch.testing.assert_close(squares, relative_error(left), rtol=2e-3, atol=0)
