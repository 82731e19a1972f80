"""Repeated frames are accepted; movies, drifts and copies are not."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_denoise.samples import sample_path
from napari_denoise.training.check import check_pairs
from tests.conftest import draw, synthetic_scene


def frames(number=8, photons=20, steps=0, fade=1.0):
    """Draw frames of one field, moved and dimmed from one to the next."""
    scene = synthetic_scene(256)[:192, :192]
    drawn = [
        draw(
            np.roll(scene, round(steps * n), axis=1) * fade**n,
            peak=photons,
            gain=2,
            offset=100,
            read=2,
            seed=n,
        )[0]
        for n in range(number)
    ]
    return np.stack(drawn)


def kinds(stack, **options):
    options = {"axes": "TYX", "target": "mean", **options}
    report = check_pairs(stack, **options)
    return {(f.level, f.kind) for f in report.findings}


@pytest.mark.parametrize("photons", [1, 20, 1000])
@pytest.mark.parametrize("number", [2, 8])
def test_repeated_frames_are_accepted(photons, number):
    assert kinds(frames(number, photons)) == set()


def test_frames_that_move_are_refused():
    assert ("refused", "moving frames") in kinds(frames(steps=2))


def test_frames_that_fade_are_warned_of():
    assert ("warning", "drift") in kinds(frames(fade=0.95), target="frames")


def test_copies_of_frames_are_refused():
    stack = frames(4)
    assert kinds(np.stack([stack[0], stack[0], stack[1]])) == {
        ("refused", "same frames")
    }


def test_a_movie_is_no_repeat():
    movie = tifffile.imread(sample_path("lysosome_2_t16.tif"))
    assert "refused" in {level for level, _ in kinds(movie)}


def test_frames_need_time():
    assert kinds(frames(2), axes="ZYX") == {("refused", "frames")}
    assert kinds(frames(1)) == {("refused", "frames")}
