"""Courses: logged, stopped, gone on with, and safe from full disks."""

from __future__ import annotations

import pytest
import torch

from pretraining import training
from pretraining.training import save, train
from tests.pretraining.conftest import equal_states, new_trainer

COURSE_S = 0.6
MINUTES = COURSE_S / 60


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """Several saves a course, and no step that takes more than a twentieth of it."""
    monkeypatch.setattr(training, "SAVE_EVERY_S", 0.2 * COURSE_S)
    monkeypatch.setattr(training, "LONGEST_STEP_S", 0.05 * COURSE_S)
    monkeypatch.setattr(training, "VALIDATION_PATCHES", 8)


@pytest.fixture
def checkpoint(tmp_path):
    return tmp_path / "new folder" / "model.pt"


def test_a_course_is_logged_and_kept(collection, checkpoint):
    trainer = new_trainer()
    lines = list(train(trainer, collection, checkpoint, MINUTES))
    assert len(lines) >= 3
    for name in ("steps", "minutes", "megapixels"):
        numbers = [line[name] for line in lines]
        assert numbers == sorted(numbers)
    assert lines[-1]["steps"] == trainer.steps
    assert all(0 < line["loss"] < 100 for line in lines)
    assert all(0 < line["validation"] < 100 for line in lines)
    assert COURSE_S <= trainer.seconds <= 1.06 * COURSE_S
    kept = new_trainer()
    kept.load(checkpoint)
    assert equal_states(kept.state(), trainer.state())


def test_a_stopped_course_is_gone_on_with_to_its_own_end(collection, checkpoint):
    stopped = train(new_trainer(), collection, checkpoint, MINUTES)
    next(stopped)
    stopped.close()
    trainer = new_trainer()
    trainer.load(checkpoint)
    assert 0 < trainer.seconds < COURSE_S
    course, steps = trainer.schedule, trainer.steps
    *_, last = train(trainer, collection, checkpoint, 3 * MINUTES)
    assert trainer.schedule == course
    assert COURSE_S <= trainer.seconds <= 1.06 * COURSE_S
    assert last["steps"] > steps > 0


def test_a_course_that_is_over_is_followed_by_a_new_one(collection, checkpoint):
    trainer = new_trainer()
    for begin in (0, COURSE_S):
        for _ in train(trainer, collection, checkpoint, MINUTES):
            pass
        assert trainer.schedule.start_s == pytest.approx(begin, abs=0.06 * COURSE_S)
        assert trainer.schedule.progress(trainer.seconds) == 1
    assert trainer.seconds >= 2 * COURSE_S


def test_a_full_disk_leaves_the_last_checkpoint(checkpoint, monkeypatch):
    trainer, kept = new_trainer(), new_trainer()
    save(trainer.state(), checkpoint)

    def fill_disk(state, path):
        path.write_bytes(b"the first half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", fill_disk)
    with pytest.raises(OSError, match="No space left"):
        save(kept.state(), checkpoint)
    kept.load(checkpoint)
    assert equal_states(kept.state(), trainer.state())


def test_patches_can_be_drawn_in_another_process(collection, checkpoint):
    lines = train(new_trainer(), collection, checkpoint, MINUTES, workers=1)
    assert next(lines)["steps"] > 0
    lines.close()
