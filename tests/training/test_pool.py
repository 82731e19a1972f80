"""Fields in memory: few at a time, each in its turn, the same after a stop."""

from __future__ import annotations

from collections import Counter

import numpy as np

from napari_denoise.noise import Scaling
from napari_denoise.training.fields import Field, Key
from napari_denoise.training.pool import FEWEST, STEPS_PER_EXCHANGE, Pool

KEYS = [Key(pair, 0, 0, 0) for pair in range(10)]
SCALING = Scaling(None, 0.0, 1.0, 1.0)


def load(key: Key) -> Field:
    return Field(key.pair, np.zeros((1, 8, 8), np.float32), None, SCALING)


def held(pool: Pool, step: int) -> list[int]:
    return [field.pair for field in pool.at(step)]


def test_all_are_held_where_all_fit():
    pool = Pool(KEYS, load, 20, seed=0)
    assert sorted(held(pool, 100)) == list(range(10))
    assert held(pool, 1000) == held(pool, 100)


def test_it_begins_with_few_and_grows():
    pool = Pool(KEYS * 10, load, 50, seed=0)
    sizes = [len(held(pool, step)) for step in range(0, 400, STEPS_PER_EXCHANGE)]
    assert sizes[0] == FEWEST
    assert sizes == [min(FEWEST + n, 50) for n in range(len(sizes))]


def test_a_window_slides_over_all_and_reads_each_once_a_round():
    reads = Counter()

    def counted(key: Key) -> Field:
        reads[key.pair] += 1
        return load(key)

    pool = Pool(KEYS, counted, 3, seed=0)
    seen = Counter()
    for step in range(10 * STEPS_PER_EXCHANGE):
        fields = held(pool, step)
        assert len(fields) == 3
        seen.update(fields)
    assert set(seen) == set(range(10))
    assert sum(reads.values()) <= 12


def test_what_is_held_depends_on_the_step_and_the_seed_alone():
    went = Pool(KEYS, load, 3, seed=5)
    for step in range(0, 200, 7):
        expected = held(went, step)
        assert held(Pool(KEYS, load, 3, seed=5), step) == expected
    others = [held(Pool(KEYS, load, 3, seed=seed), 0) for seed in range(5)]
    assert len({tuple(each) for each in others}) > 1
