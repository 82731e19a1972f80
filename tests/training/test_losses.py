"""1 is doing nothing; squares are least at the mean, sizes at the median."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity as reference_similarity

from napari_denoise.errors import OptionError
from napari_denoise.models import load_model
from napari_denoise.training.examples import Batch, collate
from napari_denoise.training.features import Features
from napari_denoise.training.losses import (
    LOSSES,
    expected_error,
    make_loss,
    noise_left,
    noise_left_of_total,
    relative_error,
    weighted_square_error,
)
from napari_denoise.training.similarity import structural_similarity
from pretraining.degradation import Degradation, degrade, unbiased_anscombe

CPU = torch.device("cpu")
EACH = pytest.mark.parametrize("name", LOSSES)


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
    batch = alike(clean)
    guesses = torch.linspace(0, 1, 101)
    left = [noise_left(g.expand_as(clean), batch) for g in guesses]
    squares = [float(weighted_square_error(x, batch.sigma).mean()) for x in left]
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


def drawn(side=32, count=4):
    """Draw patches of photons and of Gaussian noise, and their truth as an output."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side] / side
    patch = (0.3 + 0.3 * np.sin(9 * x) * np.cos(7 * y)).astype(np.float32)
    kinds = [Degradation(gaussian=g, correlated=0.0, skewed=0.0) for g in (0.0, 1.0)]
    examples = [degrade(patch, kinds[i % 2], rng) for i in range(count)]
    batch = collate(examples)
    truth = [
        (e.clean if e.read < 0 else unbiased_anscombe(e.clean, e.read))
        for e in examples
    ]
    column = (slice(None), None, None, None)
    z = torch.from_numpy(np.stack(truth)[:, None]).float()
    return batch, (z - batch.shift[column]) / batch.scale[column]


def alike(clean):
    """Make a batch of clean values that look alike: the mean is all that is known."""
    one = torch.ones(len(clean))
    return Batch(torch.zeros_like(clean), clean, 0.1 * one, 0 * one, one, -one, 0 * one)


@EACH
def test_each_loss_is_least_at_the_truth_and_leads_there(name):
    batch, truth = drawn()
    loss = make_loss(name, CPU)
    assert loss(truth, batch).max() < 1e-3
    mixed = [(truth + t * (batch.noisy - truth)).requires_grad_() for t in (0.3, 1.0)]
    losses = [loss(each, batch) for each in mixed]
    assert (losses[0] > loss(truth, batch)).all()
    assert (losses[1] > losses[0]).all()
    losses[1].sum().backward()
    towards = (mixed[1].grad * (truth - batch.noisy)).flatten(1).sum(dim=1)
    assert (towards < 0).all()


@EACH
def test_losses_are_alike_in_size(name):
    batch, truth = drawn(side=64, count=12)
    some_noise_left = truth + 0.3 * (batch.noisy - truth)
    size = make_loss(name, CPU)(some_noise_left, batch)
    assert size.shape == (12,)
    assert 0.05 < float(size.mean()) < 1.5


@EACH
@pytest.mark.parametrize("level", [-10.0, 0.0, 1.0, 30.0])
def test_losses_and_slopes_are_finite_wherever_a_network_goes(name, level):
    batch, truth = drawn()
    for precision in (torch.float32, torch.bfloat16):
        output = torch.full_like(truth, level).to(precision).requires_grad_()
        loss = make_loss(name, CPU)(output, batch)
        assert loss.dtype == torch.float32
        assert loss.isfinite().all()
        loss.sum().backward()
        assert output.grad.isfinite().all()


@EACH
def test_a_dark_truth_has_a_finite_slope(name):
    batch, truth = drawn()
    dark = Batch(
        batch.noisy,
        torch.full_like(batch.clean, -0.5),
        batch.sigma,
        batch.shift,
        batch.scale,
        batch.read,
        batch.width,
    )
    output = truth.clone().requires_grad_()
    loss = make_loss(name, CPU)(output, dark)
    loss.sum().backward()
    assert loss.isfinite().all()
    assert output.grad.isfinite().all()


@EACH
def test_planes_of_a_volume_count_as_images_do(name):
    rng = np.random.default_rng(0)
    how = Degradation(gaussian=1.0, correlated=0.0)
    patch = rng.random((2, 24, 24)).astype(np.float32)
    volume = degrade(patch, how, rng)
    batch = collate([volume])
    loss = make_loss(name, CPU)
    planes = [
        replace(volume, noisy=volume.noisy[i], clean=volume.clean[i]) for i in range(2)
    ]
    flat = collate(planes)
    expected = loss(flat.noisy, flat).mean()
    torch.testing.assert_close(loss(batch.noisy, batch)[0], expected)


def test_squares_find_the_mean_and_sizes_the_median():
    clean = torch.tensor([1.0] * 6 + [6.0] * 4).reshape(10, 1, 1, 1).expand(-1, 1, 4, 4)
    batch = alike(clean)
    guesses = torch.linspace(0, 7, 71)
    found = {
        name: float(
            guesses[
                np.argmin(
                    [
                        float(make_loss(name, CPU)(g.expand_as(clean), batch).mean())
                        for g in guesses
                    ]
                )
            ]
        )
        for name in ("mse", "l1", "charbonnier")
    }
    assert found["mse"] == pytest.approx(3.0)
    assert found["l1"] == pytest.approx(1.0)
    assert 1.0 <= found["charbonnier"] < 1.5


def test_a_wrong_brightness_is_not_lost_on_any_loss():
    batch, truth = drawn()
    for name in LOSSES:
        loss = make_loss(name, CPU)
        assert (
            loss(truth + 0.5 * batch.sigma[:, None, None, None], batch) > 0.02
        ).all()


def test_similarity_is_that_of_scikit_image():
    rng = np.random.default_rng(0)
    one, other = gaussian_filter(rng.random((2, 40, 40)), (0, 2, 2)).astype(np.float32)
    other = 0.5 * one + other + 0.1
    _, each = reference_similarity(
        one,
        other,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    tensors = [torch.from_numpy(image)[None, None] for image in (one, other)]
    ours = structural_similarity(*tensors)
    assert float(ours) == pytest.approx(each[5:-5, 5:-5].mean(), abs=1e-5)


def test_features_are_frozen_and_the_bundled_network_stays_as_it_was():
    bundled = load_model("autoencoder").network
    before = {name: w.clone() for name, w in bundled.state_dict().items()}
    features = Features.bundled(CPU)
    image = torch.rand(1, 1, 30, 30, generator=torch.Generator().manual_seed(0))
    output = image.clone().requires_grad_()
    features.distance(output, 0.5 * image).sum().backward()
    assert output.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in features.encoder.parameters())
    assert all(weight.requires_grad for weight in bundled.parameters())
    assert all(torch.equal(before[n], w) for n, w in bundled.state_dict().items())


def test_features_count_white_noise_as_squares_do():
    noise = torch.randn(2, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    grey = torch.full_like(noise, 0.5)
    distance = Features.bundled(CPU).distance(grey + 0.1 * noise, grey)
    torch.testing.assert_close(distance, torch.full((2,), 0.01), rtol=0.15, atol=0)


def test_an_unknown_loss_is_refused():
    with pytest.raises(OptionError, match="charbonnier"):
        make_loss("huber", CPU)
