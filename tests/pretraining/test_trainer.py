"""One step, what is kept of it, and where it starts."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from napari_denoise import load_model
from napari_denoise.training.averaging import warming_average
from napari_denoise.training.losses import (
    WEIGHT_OF_TOTAL,
    noise_left,
    noise_left_of_total,
    relative_error,
    weighted_square_error,
)
from napari_denoise.training.precision import mixed_precision
from pretraining.recipe import Recipe
from pretraining.schedule import Schedule
from pretraining.trainer import Trainer
from pretraining.training import save
from tests.pretraining.conftest import CPU, SMALL, equal_states, new_trainer


@pytest.fixture
def batches(stream):
    return list(islice(stream, 4))


@pytest.mark.parametrize("architecture", SMALL)
def test_a_restored_trainer_goes_on_as_if_it_had_not_stopped(
    architecture, batches, tmp_path
):
    trainer, twin = new_trainer(architecture), new_trainer(architecture)
    trainer.schedule, trainer.seconds = Schedule(0, 100), 30.0
    for batch in batches[:3]:
        trainer.step(batch)
    save(trainer.state(), tmp_path / "model.pt")
    twin.load(tmp_path / "model.pt")
    losses = [each.step(batches[3]) for each in (trainer, twin)]
    assert losses[0] == losses[1]
    assert equal_states(trainer.state(), twin.state())


def test_steps_change_the_weights_and_are_counted(batches):
    trainer = new_trainer()
    before = [weight.detach().clone() for weight in trainer.network.parameters()]
    for batch in batches:
        trainer.step(batch)
    for old, new in zip(before, trainer.network.parameters(), strict=True):
        assert not torch.equal(old, new)
    assert trainer.steps == len(batches)
    assert trainer.pixels == sum(batch.noisy.numel() for batch in batches)


def test_a_batch_that_is_seen_again_and_again_is_learnt(batches):
    trainer = new_trainer(learning_rate=1e-2)
    trainer.schedule, trainer.seconds = Schedule(0, 100), 30.0
    losses = [trainer.step(batches[0]) for _ in range(60)]
    assert losses[-1] < 0.7 * losses[0]


def test_plain_squares_come_last(batches):
    trainer, batch = new_trainer(finish=0.2), batches[0]
    trainer.schedule = Schedule(100, 1000)
    output = trainer.run(trainer.network, batch)
    left = noise_left(output, batch)
    trainer.seconds = 100 + 790
    assert torch.equal(trainer.loss(batch), relative_error(left).mean())
    trainer.seconds = 100 + 810
    left = left + WEIGHT_OF_TOTAL * noise_left_of_total(output, batch)
    squares = weighted_square_error(left, batch.sigma).mean()
    assert torch.equal(trainer.loss(batch), squares)


@pytest.mark.parametrize("name", ["unet", "autoencoder"])
def test_a_bundled_network_is_gone_on_with(name, batches):
    model = load_model(name)
    trainer = Trainer(replace(Recipe.read(name), bfloat16=False), CPU)
    trainer.start_from(model, batches)
    assert trainer.seconds == 60 * model.spec.training.minutes > 0
    assert trainer.pixels == 1e6 * model.spec.training.megapixels > 0
    noisy, sigma = batches[0].noisy, batches[0].sigma
    with torch.inference_mode():
        expected = model.network(noisy, sigma)
        for network in (trainer.network, trainer.average):
            torch.testing.assert_close(network.eval()(noisy, sigma), expected)


def test_the_average_is_soon_the_weights_and_later_long():
    mean, value = torch.zeros(3), torch.ones(3)
    warming_average(0.99)([mean], [value], 1)
    assert 0.5 < mean[0] < 1
    late = torch.zeros(3)
    warming_average(0.99)([late], [value], 1_000_000)
    torch.testing.assert_close(late, torch.full((3,), 0.01))


def test_the_average_forgets_its_random_start():
    network = nn.Linear(1, 1, bias=False)
    average = AveragedModel(network, multi_avg_fn=warming_average(0.999))
    average.update_parameters(network)
    nn.init.constant_(network.weight, network.weight.item() + 1)
    distances = []
    for _ in range(50):
        average.update_parameters(network)
        distances.append((network.weight - average.module.weight).item())
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-3


def test_the_average_of_constant_weights_stays():
    network = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    average = AveragedModel(
        network, multi_avg_fn=warming_average(0.99), use_buffers=True
    )
    for _ in range(5):
        average.update_parameters(network)
    assert equal_states(average.module.state_dict(), network.state_dict())


def test_mixed_precision_on_cpus_is_asked_for():
    assert mixed_precision(CPU, bfloat16=True) is torch.bfloat16
    assert mixed_precision(CPU, bfloat16=False) is torch.float32


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_mixed_precision_learns_as_full_precision_does(precision, batches):
    full, mixed = new_trainer(), new_trainer()
    mixed.network.load_state_dict(full.network.state_dict())
    mixed.precision = precision
    mixed.scaler = torch.amp.GradScaler("cpu", enabled=precision is torch.float16)
    output = mixed.run(mixed.network, batches[0])
    assert output.dtype == torch.float32
    expected = full.run(full.network, batches[0])
    assert not torch.equal(output, expected)
    torch.testing.assert_close(output, expected, rtol=0.05, atol=0.05)
    before = [weight.detach().clone() for weight in mixed.network.parameters()]
    for batch in batches * 3:  # the first scale of float16 may be too large
        mixed.step(batch)
    for old, new in zip(before, mixed.network.parameters(), strict=True):
        assert new.isfinite().all()
        assert not torch.equal(old, new)


def test_validation_judges_the_average(batches):
    trainer = new_trainer()
    before = trainer.validate(batches)
    for weight in trainer.network.parameters():
        nn.init.zeros_(weight)
    assert trainer.validate(batches) == before
    trainer.average.update_parameters(trainer.network)
    idle = [relative_error(noise_left(batch.noisy, batch)) for batch in batches]
    assert trainer.validate(batches) == pytest.approx(float(torch.cat(idle).mean()))


def test_a_loss_that_is_no_number_spoils_nothing(batches):
    trainer = new_trainer()
    before = [weight.detach().clone() for weight in trainer.network.parameters()]
    spoiled = replace(batches[0], clean=batches[0].clean * float("nan"))
    with pytest.raises(FloatingPointError, match="no longer a number"):
        trainer.step(spoiled)
    after = trainer.network.parameters()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
