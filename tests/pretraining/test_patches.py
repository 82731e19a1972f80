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
