"""Gains, their errors, and what the curves say."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise.training.gain import Errors, gain
from napari_denoise.training.history import PATIENCE, History


def errors(squares, scene=None) -> Errors:
    squares = np.asarray(squares, float)
    numbers = np.arange(len(squares)) if scene is None else np.asarray(scene)
    return Errors(squares, np.ones(len(squares)), numbers)


def test_share_is_the_mean_over_scenes_not_over_windows():
    found = errors([0.1, 0.1, 0.1, 0.5], scene=[0, 0, 0, 1])
    assert found.share == pytest.approx(0.3)
    assert found.improvement_db == pytest.approx(-10 * np.log10(0.3))


def test_half_the_error_is_three_decibels():
    before = errors([0.1, 0.2, 0.4, 0.3, 0.2])
    after = errors(before.squares / 2)
    found = gain(before, after)
    assert found.decibels == pytest.approx(10 * np.log10(2))
    assert found.error == pytest.approx(0, abs=1e-9)
    assert found.is_sure
    assert not gain(after, before).is_sure


def test_error_is_that_of_repeated_experiments():
    rng = np.random.default_rng(0)
    found, told = [], []
    for _ in range(300):
        before = errors(rng.gamma(20, 0.01, 24))
        after = errors(before.squares * rng.normal(0.9, 0.1, 24))
        one = gain(before, after)
        found.append(one.decibels)
        told.append(one.error)
    assert np.mean(told) == pytest.approx(np.std(found), rel=0.15)


def share_taken(trials, scenes, blocks, between, lost=0.0):
    """Simulate courses of twenty looks that gain nothing, or lose a share."""
    rng = np.random.default_rng(1)
    scene = np.repeat(np.arange(scenes), blocks)
    taken = 0
    for _ in range(trials):
        base = rng.gamma(20, 0.01, len(scene))
        history = History(errors(base, scene))
        history.add(0, 0, 0.1, history.start)
        luck = np.zeros(scenes)
        for step in range(1, 21):
            luck = 0.9 * luck + np.sqrt(1 - 0.9**2) * rng.normal(0, between, scenes)
            factor = np.exp(luck[scene] + lost)
            after = base * factor * rng.normal(1, 0.1, len(scene))
            history.add(step, step, 0.1, errors(after, scene))
        taken += history.is_surely_better
    return taken / trials


@pytest.mark.parametrize(
    ("scenes", "blocks", "between", "most"),
    [
        (1, 50, 0.0, 0.05),
        (2, 50, 0.025, 0.05),
        (3, 50, 0.025, 0.05),
        (4, 50, 0.025, 0.05),
        (5, 16, 0.025, 0.07),  # as docs/fine_tuning.md tells
        (12, 16, 0.05, 0.05),
    ],
)
def test_no_gain_is_rarely_taken_for_one_however_often_it_is_looked_at(
    scenes, blocks, between, most
):
    assert share_taken(120, scenes, blocks, between) <= most


def test_a_loss_is_hardly_ever_taken_for_a_gain():
    assert share_taken(120, 5, 16, 0.025, lost=0.025) <= 0.01


def test_many_scenes_choose_by_one_half_of_them_and_test_on_the_other():
    found = errors(np.arange(32.0), scene=np.repeat(np.arange(8), 4))
    halves = [set(found.half(number).scene.tolist()) for number in (0, 1)]
    assert halves == [{0, 2, 4, 6}, {1, 3, 5, 7}]
    few = errors(np.arange(12.0), scene=np.repeat(np.arange(3), 4))
    assert [few.half(n).scene.tolist() for n in (0, 1)] == [[0, 0, 1, 1, 2, 2]] * 2


@pytest.mark.parametrize("blocks", [2, 3, 4, 8])
def test_few_blocks_of_one_scene_are_surely_better_by_chance_once_in_forty(blocks):
    rng = np.random.default_rng(2)
    trials, taken = 2000, 0
    for _ in range(trials):
        before = rng.gamma(20, 0.01, blocks)
        after = before * rng.normal(1, 0.05, blocks)
        one_scene = np.zeros(blocks)
        taken += gain(errors(before, one_scene), errors(after, one_scene)).is_sure
    assert taken < 0.035 * trials


def test_one_window_alone_is_never_sure():
    assert not gain(errors([1.0]), errors([0.1])).is_sure


def test_risk_below_zero_tells_nothing():
    found = gain(errors([-0.1, -0.2]), errors([-0.3, -0.1]))
    assert np.isnan(found.decibels)
    assert not found.is_sure


def course(shares, training=None) -> History:
    """A history with so much noise left; pairs differ, and all gain alike."""
    base = np.linspace(0.8, 1.2, 16)
    history = History(errors(shares[0] * base))
    for step, share in enumerate(shares):
        seen = share if training is None else training[step]
        history.add(100 * step, step / 10, seen, errors(share * base))
    return history


def test_improving():
    history = course([0.1, 0.11, 0.09, 0.085, 0.08])
    assert history.verdict.startswith("Improving: +0.97")
    assert history.is_surely_better
    assert history.best == 4


def test_over_fitting_is_told_with_the_step_of_the_best():
    history = course([0.1, 0.08, 0.085, 0.09, 0.095], [0.1, 0.08, 0.07, 0.06, 0.05])
    assert history.verdict.startswith("Over-fitting since step 100:")
    assert history.best == 1


def test_getting_worse_on_both_is_not_over_fitting():
    history = course([0.1, 0.08, 0.085, 0.09, 0.095], [0.1, 0.08, 0.09, 0.1, 0.11])
    assert history.verdict.startswith("No longer improving since step 100")


def test_worse_than_the_start():
    history = course([0.1, 0.12, 0.12, 0.12])
    assert history.verdict == "Not better than the start on held-out data."
    assert not history.is_surely_better
    assert history.best == 0


def test_too_few_pairs_to_tell():
    rng = np.random.default_rng(3)
    before = errors(0.1 * rng.uniform(0.5, 1.5, 10))
    history = History(before)
    history.add(0, 0, 0.1, before)
    for step in (1, 2, 3):
        after = errors(
            before.squares
            * np.array([0.5, 0.5, 1.5, 1.5, 0.7, 0.7, 1.4, 1.4, 0.8, 0.8])
        )
        history.add(100 * step, step, 0.1, after)
    assert history.verdict.startswith("Too few pairs to tell")
    assert not history.is_surely_better


def test_few_steps_are_told_from_few_pairs_and_are_no_over_fitting():
    history = History(errors([0.1, 0.12, 0.08, 0.1]))
    history.add(0, 0, 0.1, history.start)
    for step in (1, 2, 3, 4):
        after = history.start.squares * np.array([1.2, 1.0, 1.3, 1.1])
        history.add(step, step, 0.1 - step / 100, errors(after))
    assert history.verdict.startswith("Too few steps to tell: 4")


def test_stops_when_nothing_became_better_for_long():
    assert not course([0.1, *[0.2] * (PATIENCE - 1)]).should_stop
    assert course([0.1, *[0.2] * PATIENCE]).should_stop


def test_state_comes_back():
    history = course([0.1, 0.09, 0.08, 0.07])
    again = History.load(history.state())
    assert again.points == history.points
    assert again.verdict == history.verdict
    np.testing.assert_array_equal(again.start.squares, history.start.squares)
