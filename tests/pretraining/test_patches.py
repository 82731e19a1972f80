"""Streams of batches: repeatable, and drawn in as many processes as wanted."""

from __future__ import annotations

from dataclasses import fields
from itertools import islice

import pytest
import torch

from pretraining.patches import PatchStream, load_batches, validation_batches
from tests.pretraining.conftest import small_recipe


def equal(one, other):
    names = [field.name for field in fields(one)]
    return all(torch.equal(getattr(one, n), getattr(other, n)) for n in names)


def test_the_same_seed_draws_the_same_batches(collection, stream):
    again = PatchStream(collection, stream.recipe, stream.seed)
    other = PatchStream(collection, stream.recipe, stream.seed + 1)
    batches = [next(iter(each)) for each in (stream, again, other)]
    assert equal(batches[0], batches[1])
    assert not equal(batches[0], batches[2])


def test_a_stream_does_not_repeat_itself(stream):
    one, two = islice(stream, 2)
    assert not equal(one, two)


def test_validation_is_the_same_each_time(collection):
    recipe = small_recipe()
    runs = [validation_batches(collection.validation, recipe, 20) for _ in range(2)]
    assert [len(batch.noisy) for batch in runs[0]] == [16, 4]
    assert all(equal(one, two) for one, two in zip(*runs, strict=True))


def test_kinds_that_are_not_there_are_not_asked_for(collection):
    recipe = small_recipe(kinds={"cells": 0.5, "whales": 0.5})
    batch = next(iter(PatchStream(collection, recipe, seed=0)))
    assert batch.noisy.shape == (2, 1, 16, 16)


@pytest.mark.parametrize("workers", [0, 1])
def test_batches_come_from_here_or_from_a_process(stream, workers):
    for batch in islice(load_batches(stream, workers), 3):
        assert batch.noisy.shape == batch.clean.shape == (2, 1, 16, 16)
        assert batch.noisy.isfinite().all()
        assert batch.sigma.shape == (2,)


DEEP = {
    "hyperparameters": {"ndim": 3, "widths": [4, 8], "blocks": 1, "z_taps": [3, 1, 3]},
    "planes": 3,
    "kinds": {"cells": 0.4, "phantom": 0.3, "volume": 0.3},
}


def test_stacks_hold_the_neighbours_of_the_planes_that_are_judged(collection):
    recipe = small_recipe(**DEEP)
    batch = next(iter(PatchStream(collection, recipe, seed=0)))
    assert batch.noisy.shape == (2, 1, 7, 16, 16)
    assert batch.clean.shape == (2, 1, 3, 16, 16)


def test_noise_is_drawn_for_each_plane_anew(collection):
    recipe = small_recipe(**DEEP)
    for batch in islice(PatchStream(collection, recipe, seed=0), 10):
        planes = batch.noisy[:, 0].flatten(2)
        alike = (planes[:, :-1] == planes[:, 1:]).all(dim=2)
        assert not alike.any()  # an end is reflected about a plane, never beside it


def test_some_stacks_are_near_an_end(collection):
    recipe = small_recipe(**DEEP)
    found = 0
    for batch in islice(PatchStream(collection, recipe, seed=0), 60):
        for stack in batch.noisy[:, 0]:
            found += any(bool((stack[i] == stack[i + 2]).all()) for i in range(5))
    assert 3 <= found <= 40
