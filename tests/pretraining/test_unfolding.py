"""A bundled DnCNN gets its normalisation back and stays the same function."""

from __future__ import annotations

from itertools import islice

import pytest
import torch

from napari_denoise import load_model
from pretraining.unfolding import unfolded


@pytest.fixture(scope="module")
def folded():
    return load_model("dncnn").network


@torch.inference_mode()
def test_normalisation_changes_nothing(folded, stream):
    *seen, fresh = islice(stream, 4)
    network = unfolded(folded, seen)
    assert network.norm
    noisy, sigma = fresh.noisy, fresh.sigma
    expected = folded(noisy, sigma)
    for same in (network.eval(), network.folded()):
        torch.testing.assert_close(same(noisy, sigma), expected, rtol=0, atol=1e-4)


@torch.inference_mode()
def test_moments_are_those_of_the_batches(folded, stream):
    # In training it is the batch that is normalised by, not what was measured.
    batch = next(iter(stream))
    network = unfolded(folded, [batch]).train()
    result = network(batch.noisy, batch.sigma)
    expected = folded(batch.noisy, batch.sigma)
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-3)


def test_the_folded_network_is_left_as_it_was(folded, stream):
    before = {name: t.clone() for name, t in folded.state_dict().items()}
    unfolded(folded, islice(stream, 2))
    after = folded.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not any(layer._forward_hooks for layer in folded.body)
