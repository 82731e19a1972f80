"""What noisy images alone tell of a network, against what the truth tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch.nn import functional

from napari_denoise import NoiseModel
from napari_denoise.errors import NoiseError, OptionError
from napari_denoise.networks import ARCHITECTURES
from napari_denoise.noise import Scaling, simulate
from napari_denoise.training.blind_spots import (
    REACH,
    blind_spots,
    check_blind_spots,
    random_neighbours,
)
from napari_denoise.training.examples import Batch, Example, collate
from napari_denoise.training.probes import blurred, draw_probe, noise_in_counts
from napari_denoise.training.recorruption import recorrupted
from napari_denoise.training.self_supervision import (
    choose_alone,
    held_out_risk,
)
from napari_denoise.training.splitting import split, split_batch
from tests.conftest import correlated, synthetic_scene

KINDS = {
    "gaussian": NoiseModel.gaussian(3.0),
    "photons": NoiseModel(gain=1.0),
    "camera": NoiseModel(gain=2.0, offset=100.0, read_std=3.0),
    "correlated": NoiseModel(gain=1.0, correlation_length=1.6),
}
WHITE = {name: noise for name, noise in KINDS.items() if name != "correlated"}
PEAK = 20
SCENE = synthetic_scene()[:192, :192].astype(np.float32)


def examples(noise, seed, count=8, side=192):
    """Noisy patches of a scene, compared with themselves and with the truth."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        clean = noise.offset + max(noise.gain, 1.0) * PEAK * SCENE[:side, :side]
        noisy = simulate(clean, noise, rng)
        scaling = Scaling.fit(noisy.ravel(), noise, 1.0)
        gaussian = noise.kind == "gaussian"
        unit = noise.read_std if gaussian else noise.gain
        read = -1.0 if gaussian else noise.read_std / noise.gain
        numbers = (scaling.told, scaling.shift, scaling.scale, read)
        pairs.append(
            [
                Example(
                    scaling.enter(noisy),
                    ((counts - noise.offset) / unit).astype(np.float32),
                    *numbers,
                    noise.correlation_length / 2,
                )
                for counts in (noisy, clean)
            ]
        )
    alone, judged = zip(*pairs, strict=True)
    return collate(list(alone)), collate(list(judged))


def true_share(run, judged):
    restored, variance = judged.restored(run(judged.noisy, judged.sigma))
    return (restored - judged.clean).square().flatten(1).mean(dim=1) / variance


def blurring(width: float):
    def run(noisy, sigma):
        blurry = gaussian_filter(noisy.numpy(), (0, 0, width, width))
        return torch.from_numpy(blurry)

    return run


def shrinking(noisy, sigma):
    """Not linear: what is far from its surroundings is drawn to them."""
    around = blurring(1.5)(noisy, sigma)
    spread = sigma[:, None, None, None]
    return around + torch.tanh((noisy - around) / spread / 2) * spread


RUNS = {"well": blurring(1.0), "much": blurring(2.5), "not linear": shrinking}


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS)
def drawn(request):
    return examples(request.param, seed=0)


@pytest.fixture(scope="module", params=WHITE.values(), ids=WHITE)
def white(request):
    return examples(request.param, seed=0)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_splitting_estimates_the_true_error_of_what_is_given(run, white):
    alone, judged = white
    value = split(run, alone, torch.Generator().manual_seed(0))
    given, _ = split_batch(alone, torch.Generator().manual_seed(0))
    kept = torch.where(alone.read < 0, 1.0, 0.7)[:, None, None, None]
    truth = replace(given, clean=kept * judged.clean)
    assert float((value - true_share(run, truth)).mean()) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("photons", [0.3, 2.0, 20.0])
@pytest.mark.parametrize("read", [0.0, 0.4, 2.0])
def test_the_noise_of_the_two_images_is_independent_and_of_its_size(photons, read):
    noise = NoiseModel(gain=1.0, read_std=read)
    rng = np.random.default_rng(0)
    flat = simulate(np.full((400, 400), photons), noise, rng)
    scaling = Scaling(noise, 0.0, 10.0, 1.0)
    example = Example(scaling.enter(flat), flat, 0.1, 0.0, 10.0, read)
    given, of_target = split_batch(collate([example]), torch.Generator().manual_seed(0))
    z = given.noisy * given.scale + given.shift
    ours = (z / 2).square() - 0.375 - given.read**2
    error, other = ours - 0.7 * photons, given.clean - 0.7 * photons
    pixels = flat.size**0.5
    spread = float(error.std() * other.std()) / pixels
    # Photons below zero, which read noise makes, cannot be dealt out.
    allowed = 4 * spread + 0.15 * photons * (photons < 1)
    assert abs(float((error * other).mean())) < allowed
    expected = 0.7 * photons + float(given.read) ** 2
    assert float(error.var()) == pytest.approx(expected, rel=0.05, abs=0.1 * read**2)
    assert float(other.var()) == pytest.approx(float(of_target.mean()), rel=0.15)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_recorruption_estimates_the_true_error_with_more_noise(run, drawn):
    alone, judged = drawn
    seen = []

    def spied(noisy, sigma):
        seen.append((noisy, sigma))
        return run(noisy, sigma)

    value = recorrupted(spied, alone, torch.Generator().manual_seed(0))
    noisier, told = seen[-1]
    assert torch.allclose(told, 2**0.5 * alone.sigma)
    restored, variance = judged.restored(run(noisier, told))
    error = (restored - judged.clean).square().flatten(1).mean(dim=1) / variance
    assert float((value - error).mean()) == pytest.approx(0, abs=0.05)


def test_a_network_that_leaves_the_noise_is_not_flattered(drawn):
    alone, judged = drawn
    run = blurring(0.3)
    generator = torch.Generator().manual_seed(0)
    for objective in (split, recorrupted):
        expected = objective(run, alone, generator).mean()
        assert float(expected - true_share(run, judged).mean()) > -0.05


def test_correlated_noise_taken_for_white_looks_like_signal():
    alone, judged = examples(KINDS["correlated"], seed=1, count=4)
    white = Batch(**{**vars(alone), "width": torch.zeros(4)})
    run = blurring(0.8)
    truth = true_share(run, judged).mean()
    generator = torch.Generator().manual_seed(0)
    known = recorrupted(run, alone, generator).mean() - truth
    assumed = recorrupted(run, white, generator).mean() - truth
    assert assumed < known - 0.2


@pytest.mark.parametrize("objective", [split, recorrupted, blind_spots])
def test_learning_from_noisy_images_lessens_the_true_error(objective):
    torch.manual_seed(0)
    alone, judged = examples(KINDS["photons"], seed=2, count=1, side=96)
    kernel = torch.zeros(1, 1, 5, 5)
    kernel[..., 2, 2] = 1  # at first it leaves the noise as it is
    kernel.requires_grad_()

    def run(noisy, sigma):
        return functional.conv2d(noisy, kernel, padding=2)

    before = true_share(run, judged).mean()
    generator = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam([kernel], lr=0.05)
    for _ in range(50):
        optimiser.zero_grad()
        torch.autograd.backward(objective(run, alone, generator).mean())
        optimiser.step()
    assert true_share(run, judged).mean() < 0.7 * before


def test_held_out_risk_ranks_as_the_truth_does(white):
    alone, judged = white
    runs = [blurring(width) for width in (0.0, 0.3, 0.5, 0.8, 3.0)]
    risks = [float(held_out_risk(run, [alone], split).mean()) for run in runs]
    truths = [float(true_share(run, judged).mean()) for run in runs]
    assert np.argsort(risks).tolist() == np.argsort(truths).tolist()


def test_the_gain_is_known_better_than_the_risk():
    alone, judged = examples(KINDS["photons"], seed=3)
    first, second = blurring(0.8), blurring(0.9)
    risks = [held_out_risk(run, [alone], split) for run in (first, second)]
    gain = risks[0] - risks[1]
    truth = true_share(first, judged) - true_share(second, judged)
    assert gain.std() < 0.5 * risks[0].std()
    assert abs(float((gain - truth).mean())) < 0.01


def test_probe_has_the_variance_and_the_correlation_that_simulated_noise_has():
    white = np.random.default_rng(0).standard_normal((3, 1, 240, 240))
    widths = torch.tensor([0.0, 0.6, 1.1])
    radius = 5
    made = blurred(torch.from_numpy(white).float(), widths, radius).numpy()
    for one, width, image in zip(made, widths.tolist(), white, strict=True):
        expected = correlated(image, width)[:, radius:-radius, radius:-radius]
        inner = (
            slice(None),
            slice(9, -9),
            slice(9, -9),
        )  # it wraps, the probe does not
        assert np.abs(one - expected)[inner].max() < 2e-3
    assert made.std(axis=(1, 2, 3)) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("photons", [0.05, 0.5, 2.0, 30.0])
def test_noise_in_counts_is_the_covariance_that_is_drawn(photons):
    rng = np.random.default_rng(0)
    counts = rng.poisson(photons, (1, 1, 1000, 1000)).astype(np.float64)
    z = 2 * np.sqrt(counts + 0.375)
    covariance = np.mean((counts - photons) * z)
    flat = torch.full((1, 1, 2, 2), z.mean())
    nothing, one = torch.zeros(1), torch.ones(1)
    batch = Batch(flat, flat, one, nothing, one, nothing, nothing)
    assert float(noise_in_counts(flat, batch).mean()) == pytest.approx(
        covariance, rel=0.05
    )


@pytest.mark.parametrize("objective", [split, recorrupted, blind_spots])
def test_volumes_are_judged_on_their_central_planes(objective):
    torch.manual_seed(0)
    network = ARCHITECTURES["unet"](ndim=3, widths=(4, 8), blocks=1).eval()
    depth = 1 + 2 * network.z_radius
    numbers = torch.full((2,), 0.2), torch.zeros(2), torch.full((2,), 5.0)
    widths = torch.tensor([0.0, 0.8])
    noisy = torch.randn(2, 1, depth, 32, 32) + 2
    z = noisy * 5
    batch = Batch(noisy, z[:, :, network.z_radius, None], *numbers, -widths - 1, widths)
    kept = noisy.clone()
    generator = torch.Generator().manual_seed(0)
    value = objective(network.between_neighbours, batch, generator)
    assert value.shape == (2,)
    torch.autograd.backward(value.mean())
    assert all(weight.grad is not None for weight in network.parameters())
    assert torch.equal(batch.noisy, kept)
    probe = draw_probe(batch, generator)
    assert probe.shape == noisy.shape
    across = (probe[:, :, 1:] * probe[:, :, :-1]).mean()
    assert abs(float(across)) < 0.06


def test_the_same_seed_gives_the_same_risk():
    alone, _ = examples(KINDS["photons"], seed=4, count=2)
    one, again, other = (
        held_out_risk(shrinking, [alone], split, seed=seed) for seed in (0, 0, 1)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_blind_spots_hide_few_pixels_and_judge_only_these():
    alone, _ = examples(KINDS["photons"], seed=5, count=2)
    given = []

    def copying(noisy, sigma):
        given.append(noisy)
        return noisy

    value = blind_spots(copying, alone, torch.Generator().manual_seed(0))
    hidden = (given[0] != alone.noisy).float().mean()
    assert 0.01 < hidden < 0.025
    assert (
        value.min() > 0.7
    )  # a neighbour has noise of its own: twice the noise, less 1


def test_no_pixel_replaces_itself():
    ranks = torch.arange(20.0 * 30).reshape(1, 1, 20, 30)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        there = random_neighbours(ranks, generator)
        rows = (there // 30 - ranks // 30).abs()
        columns = (there % 30 - ranks % 30).abs()
        assert (torch.maximum(rows, columns) > 0).all()
        assert torch.maximum(rows, columns).max() == REACH


def test_blind_spots_are_refused_where_noise_is_correlated():
    white, blurry = KINDS["photons"], KINDS["correlated"]
    check_blind_spots([white, KINDS["gaussian"]])
    assert choose_alone("blind", [white]).learned is blind_spots
    assert choose_alone("recorrupted", [white]).learned is split
    assert choose_alone("recorrupted", [white, blurry]).learned is recorrupted
    with pytest.raises(NoiseError, match=r"The noise is correlated over .* Choose"):
        choose_alone("blind", [white, blurry])
    with pytest.raises(NoiseError, match=r"of cells.tif, channel 1, is correlated"):
        check_blind_spots([white, blurry], "cells.tif")
    with pytest.raises(NoiseError, match=r"of cells.tif is .* Leave the image out"):
        check_blind_spots([blurry], "cells.tif")


def test_no_network_is_judged_by_what_it_learned_from():
    white, blurry = KINDS["photons"], KINDS["correlated"]
    for target in ("recorrupted", "blind"):
        alone = choose_alone(target, [white])
        assert alone.judged is not alone.learned
    # Of correlated noise there is no other estimate: much more is asked for.
    by_noise = choose_alone("recorrupted", [white, blurry])
    assert by_noise.judged is recorrupted
    assert by_noise.bias > 10 * choose_alone("recorrupted", [white]).bias


def test_unknown_targets_are_refused():
    with pytest.raises(OptionError, match="recorrupted, blind"):
        choose_alone("guess", [])
