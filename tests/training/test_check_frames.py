"""Repeated frames are accepted; movies, drifts and copies are not."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_denoise import NoiseModel
from napari_denoise.samples import sample_path
from napari_denoise.training.check import check_pairs
from napari_denoise.training.frames import OtherFrames
from tests.conftest import draw, synthetic_scene

CAMERA = NoiseModel(2.0, 100.0, 2.0)


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


def test_frames_that_fade_are_told():
    assert ("note", "drift") in kinds(frames(fade=0.95), target="frames")


@pytest.mark.parametrize("is_mean", [True, False])
@pytest.mark.parametrize("fade", [1.0, 0.8])
def test_frames_are_compared_with_others_in_their_own_brightness(fade, is_mean):
    stack = frames(4, photons=50, fade=fade).astype(np.float32)
    scene = synthetic_scene(256)[:192, :192]
    clean = draw(scene, peak=50, gain=2, offset=100, read=2, seed=0)[1]
    others = OtherFrames(is_mean=is_mean)
    for number, frame in enumerate(stack):
        target, share = others.of(
            frame, number, len(stack), stack.__getitem__, CAMERA, 0
        )
        truth = (clean - 100) * fade**number + 100
        bright = clean > np.percentile(clean, 90)
        brightness = float(target[bright].mean() - 100)
        assert brightness == pytest.approx(truth[bright].mean() - 100, rel=0.03)
        ratio = np.var(target - truth) / np.var(frame - truth)
        assert share == pytest.approx(ratio, rel=0.1)


def test_two_frames_may_differ_in_brightness_and_are_not_moved():
    bright, dim = frames(1, photons=60)[0], frames(2, photons=20)[1]
    for one, other in ((bright, dim), (dim, bright)):
        report = check_pairs([one], [other], target="frames")
        assert {finding.kind for finding in report.findings} == {"intensity"}
        assert report.matches[0, 0].shift == (0.0, 0.0)
        assert "of the second one are mapped by" in report.findings[0].sentence
        assert "clean" not in report.findings[0].sentence
    moved = np.roll(dim, 3, axis=1)
    report = check_pairs([bright], [moved], target="frames")
    assert {finding.kind for finding in report.refused} == {"moving frames"}


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
