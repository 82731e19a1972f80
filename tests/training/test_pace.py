"""How far training gets: an estimate against what happens."""

from __future__ import annotations

import pytest

from napari_denoise.progress import run_to_end
from napari_denoise.training.events import PairsChecked
from napari_denoise.training.fine_tuning import fine_tune
from napari_denoise.training.pace import Pace, pace_steps
from napari_denoise.training.patch_preview import patch_steps


def test_time_to_judge_is_no_time_to_learn():
    pace = Pace(0.1, 0.0, 16, "cpu")
    assert pace.steps_in(1) == 600
    assert Pace(0.1, 1.5, 16, "cpu").steps_in(1) == 300
    # As in the loop: where judging takes all the time, each step is judged.
    assert Pace(0.1, 5.9, 16, "cpu").steps_in(1) == 10
    assert Pace(90, 1, 16, "cpu").steps_in(1) == 1


def test_the_estimate_is_near_what_happens(tiny, pair):
    events = []
    pace = run_to_end(pace_steps(tiny, *pair, device="cpu"), events.append)
    assert any(isinstance(event, PairsChecked) for event in events)
    assert pace.device == "cpu"
    minutes = 0.03
    tuned = fine_tune(tiny, *pair, device="cpu", minutes=minutes)
    # Both by default: an estimate for other batches is of another course.
    assert pace.batch == tuned.card.training["course"]["batch"]
    # Other programs run on the machine, too.
    factor = pace.steps_in(minutes) / tuned.card.training["steps"]
    assert 1 / 3 < factor < 3


@pytest.mark.parametrize("augmentation", ["default", "strong"])
def test_patches_of_a_pair(pair, augmentation):
    patches = run_to_end(patch_steps(*pair, augmentation=augmentation, count=3))
    assert len(patches) == 3
    for noisy, clean in patches:
        assert noisy.shape == clean.shape == (96, 96)
        assert noisy.std() > (noisy - clean).std() > 0
