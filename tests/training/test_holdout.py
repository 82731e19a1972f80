"""What is held out never shares a pixel with what is trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_denoise.errors import OptionError
from napari_denoise.noise import Scaling
from napari_denoise.training.fields import Field, Key
from napari_denoise.training.holdout import SMALLEST, split_fields
from napari_denoise.training.validation import cut_windows, judge

SCALING = Scaling(None, 0.0, 1.0, 1.0)


def field(height: int, width: int, margin: int = 0) -> Field:
    plane = np.arange(height * width, dtype=np.float32).reshape(1, height, width)
    return Field(0, plane, plane[0].copy(), SCALING, 0.0, margin)


def keys(pairs: int, planes: int = 3) -> list[Key]:
    return [Key(pair, 0, 0, z) for pair in range(pairs) for z in range(planes)]


def own(pairs: int) -> dict[int, int]:
    """Each pair shows a scene of its own."""
    return {pair: pair for pair in range(pairs)}


@pytest.mark.parametrize(
    ("pairs", "held"),
    [(2, 1), (5, 1), (6, 3), (7, 3), (8, 4), (10, 5), (30, 6)],
)
def test_whole_pairs_are_held_out(pairs, held):
    split = split_fields(keys(pairs), own(pairs), 0.2, field(64, 64), seed=0)
    training = {key.pair for key in split.training}
    held_out = {key.pair for key in split.held_out}
    assert len(held_out) == held
    assert not training & held_out
    assert training | held_out == set(range(pairs))
    assert len(split.training) == 3 * len(training)


@given(
    st.integers(40, 200),
    st.integers(40, 200),
    st.integers(0, 3),
    st.floats(0.05, 0.6),
)
def test_a_strip_of_the_only_pair_shares_no_pixel(height, width, margin, share):
    one = field(height, width, margin)
    try:
        split = split_fields(keys(1), own(1), share, one, seed=0)
    except OptionError:
        room = max(height, width) - 2 * margin
        assert room - max(round(share * room), SMALLEST) < SMALLEST
        return
    trained = one.noisy[0][split.training_area(one.sides, one.margin)]
    held = one.noisy[0][split.held_out_area(one.sides, one.margin)]
    assert not set(trained.ravel()) & set(held.ravel())
    whole = (height - 2 * margin) * (width - 2 * margin)
    assert trained.size + held.size == whole
    assert min(trained.shape + held.shape) >= SMALLEST


def test_an_image_that_is_too_small_is_refused_with_a_sentence():
    with pytest.raises(OptionError, match="Give a larger image"):
        split_fields(keys(1), own(1), 0.2, field(20, 20), seed=0)


def test_a_share_that_leaves_nothing_to_train_on_is_told_from_a_small_image():
    with pytest.raises(OptionError, match="Give a smaller share to validate on"):
        split_fields(keys(1), own(1), 0.999, field(256, 256), seed=0)


def test_what_most_planes_show_is_not_held_out():
    scenes = {pair: 0 if pair > 1 else pair + 1 for pair in range(12)}
    for seed in range(8):
        split = split_fields(keys(12), scenes, 0.2, field(64, 64), seed=seed)
        assert {scenes[key.pair] for key in split.held_out} <= {1, 2}


@pytest.mark.parametrize(("fewest", "shape"), [(1, (51, 128)), (8, (35, 32))])
def test_windows_lie_in_the_held_out_strip(fewest, shape):
    one = field(256, 256)
    split = split_fields(keys(1), own(1), 0.2, one, seed=0)
    held = one.noisy[0][split.held_out_area(one.sides, one.margin)]
    area = split.held_out_area(one.sides, one.margin)
    windows = cut_windows([(one, area)], {0: 0}, 40, seed=0, fewest=fewest)
    assert len(windows) >= fewest
    assert all(window.plane.shape == shape for window in windows)
    places = np.concatenate([window.plane.ravel() for window in windows])
    assert len(set(places)) == places.size
    assert set(places) <= set(held.ravel())


@pytest.mark.parametrize("count", [1, 3, 10, 13, 39, 40])
def test_windows_are_spread_evenly_over_fields(count):
    fields = [replace(field(256, 256), pair=number) for number in range(count)]
    area = (slice(0, 256), slice(0, 256))
    pairs = [(each, area) for each in fields]
    windows = cut_windows(pairs, {n: n for n in range(count)}, 40, seed=0)
    each = np.bincount([window.scene for window in windows], minlength=count)
    assert len(windows) == min(40, 4 * count)
    assert each.min() >= 1
    assert each.max() - each.min() <= 1
    assert all(window.plane.shape == (128, 128) for window in windows)


def test_pairs_of_one_scene_are_not_parted():
    scenes = {pair: pair // 3 for pair in range(12)}
    split = split_fields(keys(12), scenes, 0.3, field(64, 64), seed=0)
    training, held = (
        {scenes[key.pair] for key in part} for part in (split.training, split.held_out)
    )
    assert held
    assert not training & held


@pytest.mark.parametrize("are_frames", [False, True])
def test_of_many_planes_of_one_scene_some_are_held_out(are_frames):
    one = field(128, 128)
    split = split_fields(
        [Key(0, 0, 0, z) for z in range(20)],
        own(1),
        0.2,
        one,
        seed=0,
        are_frames=are_frames,
    )
    training, held = (
        {key.position for key in part} for part in (split.training, split.held_out)
    )
    assert split.strip is not None
    if are_frames:
        assert training == held == set(range(20))
    else:
        assert held == {16, 17, 18, 19}
        assert training == set(range(15))


def test_errors_are_told_of_blocks_of_a_window_row_by_row():
    one = field(64, 128)
    area = (slice(0, 64), slice(0, 128))
    one = replace(one, target=one.noisy[0])
    (window,) = cut_windows([(one, area)], {0: 3}, 40, seed=0)
    corner = np.zeros((64, 128), np.float32)
    corner[:32, :25] = 1.0  # the first of 2 x 5 blocks, about

    def run(noisy, sigma):
        return noisy + torch.from_numpy(corner)

    found = judge([window], run, torch.device("cpu"))
    assert found.scene.tolist() == [3] * 10
    assert found.squares[0] == pytest.approx(1.0, abs=0.1)
    assert found.squares[[2, 3, 4, 7, 8, 9]] == pytest.approx(0, abs=1e-5)
