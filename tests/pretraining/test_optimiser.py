"""Steps that are orthogonal, and each weight trained by one optimiser."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn

from napari_denoise.networks import ARCHITECTURES
from pretraining.optimiser import ADAM_SIZE, Muon, build_optimisers, orthogonalised


def regression():
    """A convolution, another one that it is to become, and images."""
    student, teacher = (nn.Conv2d(4, 8, 3, bias=False) for _ in range(2))
    images = torch.randn(4, 4, 12, 12)
    return student, images, teacher(images).detach()


def descend(student, images, target, optimiser, rate):
    optimiser.param_groups[0]["lr"] = rate
    loss = (student(images) - target).square().mean()
    student.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@pytest.mark.parametrize("shape", [(200, 30), (30, 200), (48, 432), (8, 4), (1, 9)])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e4])
def test_singular_values_come_near_1(shape, size):
    move = orthogonalised(size * torch.randn(shape))
    values = torch.linalg.svdvals(move)
    assert move.shape == shape
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_orthogonalised_matrices_keep_their_directions():
    u, v = torch.linalg.qr(torch.randn(40, 6))[0], torch.linalg.qr(torch.randn(6, 6))[0]
    stretched = u @ torch.diag(torch.tensor([5.0, 4, 3, 2, 1, 1])) @ v.T
    values = torch.diag(u.T @ orthogonalised(stretched) @ v)
    assert values.min() > 0.6


def test_no_slope_is_no_step():
    assert (orthogonalised(torch.zeros(5, 7)) == 0).all()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("muon", [True, False])
def test_each_weight_has_one_optimiser(architecture, muon):
    network = ARCHITECTURES[architecture]()
    optimisers = build_optimisers(network, muon)
    groups = [group for each in optimisers for group in each.param_groups]
    trained = [id(weight) for group in groups for weight in group["params"]]
    assert sorted(trained) == sorted(id(weight) for weight in network.parameters())
    assert any(isinstance(each, Muon) for each in optimisers) is muon


def test_muon_fits_a_convolution():
    problem = regression()
    muon, steps = Muon(problem[0].parameters()), 150
    losses = [
        descend(*problem, muon, 0.3 * (1 - step / steps)) for step in range(steps)
    ]
    assert losses[-1] < 1e-3 * losses[0]


def test_steps_have_the_size_of_adams():
    problem = regression()
    before = problem[0].weight.detach().clone()
    descend(*problem, Muon(problem[0].parameters()), 0.01)
    step = (problem[0].weight.detach() - before).square().mean().sqrt()
    assert 0.6 < float(step) / (0.01 * ADAM_SIZE) < 1.3


def test_a_restored_optimiser_takes_the_same_step():
    student, *rest = regression()
    muon = Muon(student.parameters())
    for _ in range(3):
        descend(student, *rest, muon, 0.1)
    twin = nn.Conv2d(4, 8, 3, bias=False)
    twin.load_state_dict(student.state_dict())
    restored = Muon(twin.parameters())
    restored.load_state_dict(deepcopy(muon.state_dict()))
    descend(student, *rest, muon, 0.1)
    descend(twin, *rest, restored, 0.1)
    assert torch.equal(student.weight, twin.weight)
