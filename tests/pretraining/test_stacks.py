"""Stacks to train on: cut from real ones, made of images, and drawn."""

from __future__ import annotations

import numpy as np
import pytest
from tifffile import imwrite

from napari_denoise.neighbours import reflected
from pretraining.images import CleanImage, load_collection
from pretraining.phantoms import draw_phantom
from pretraining.stacks import MARGIN, MAX_STRIDE, cut_stack, make_stack
from pretraining.volumes import draw_volume, particles

SIDE, PLANES = 32, 7


def contrast_left(stack, reference):
    """Share of a plane's variance that another one tells by itself."""
    return np.corrcoef(stack.ravel(), reference.ravel())[0, 1] ** 2


@pytest.fixture
def folder(tmp_path):
    ramp = np.arange(20 * 40 * 36, dtype=np.uint16).reshape(20, 40, 36)
    movies = tmp_path / "stacks/movies"
    (movies / "noisy").mkdir(parents=True)
    imwrite(tmp_path / "stacks/b.tif", ramp)
    imwrite(movies / "a.tif", ramp[:5])
    imwrite(movies / "noisy/n.tif", ramp)
    (tmp_path / "MANIFEST.csv").write_text("file,height,width,noise_percent\n")
    return tmp_path


def test_noisy_stacks_are_no_truth(folder):
    collection = load_collection(folder, 1, validate_every=20)
    assert [len(stack.pixels) for stack in collection.stacks] == [20, 5]


def test_there_may_be_no_stacks(collection):
    assert collection.stacks == []


@pytest.mark.parametrize("depth", [1, 3, 7, 50])
def test_a_piece_is_made_of_planes_of_the_stack_in_order(depth):
    pixels = np.zeros((depth, 40, 36), np.uint16)
    pixels += np.arange(depth, dtype=np.uint16)[:, None, None]
    stack = CleanImage(pixels, 0.0, 1.0)
    strides = set()
    for seed in range(60):
        piece = cut_stack(stack, SIDE, PLANES, np.random.default_rng(seed))
        assert piece.shape == (PLANES, SIDE, SIDE)
        positions = piece[:, 0, 0]
        assert (piece == positions[:, None, None]).all()
        assert np.isin(positions, np.arange(depth)).all()
        if depth >= PLANES:
            (step,) = np.unique(np.diff(positions))
            strides.add(int(step))
    if depth == 50:
        assert strides == {s * n for s in (1, -1) for n in range(1, MAX_STRIDE + 1)}


def test_pieces_are_flipped_and_turned_but_not_resampled():
    pixels = np.arange(40 * 40, dtype=np.uint16).reshape(1, 40, 40)
    stack = CleanImage(pixels, 0.0, 1.0)
    steps = set()
    for seed in range(60):
        piece = cut_stack(stack, SIDE, 1, np.random.default_rng(seed))[0]
        assert np.isin(piece, pixels).all()
        steps.add((int(piece[1, 0] - piece[0, 0]), int(piece[0, 1] - piece[0, 0])))
    assert steps == {
        (a, b) for x in (1, -1) for y in (40, -40) for a, b in ((x, y), (y, x))
    }


def test_made_stacks_range_from_the_same_image_again_to_others():
    told = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        stack = make_stack(lambda side, r=rng: draw_phantom(side, r), SIDE, PLANES, rng)
        assert stack.shape == (PLANES, SIDE, SIDE)
        assert stack.dtype == np.float32
        assert np.isfinite(stack).all()
        assert stack.max() <= 1
        told.append(contrast_left(stack[3] + 1e-6 * rng.random((SIDE, SIDE)), stack[4]))
    assert np.quantile(told, 0.05) < 0.3
    assert np.quantile(told, 0.9) > 0.99


def test_layers_drift_without_coming_round_the_edge():
    edge = np.zeros((SIDE + 2 * MARGIN,) * 2, np.float32)
    edge[:, -1] = 1  # outside what is kept, at the far side
    for seed in range(40):
        rng = np.random.default_rng(seed)
        stack = make_stack(lambda side: edge[:side, :side], SIDE, PLANES, rng)
        assert stack[:, :, : MARGIN // 2].max() < 0.5


@pytest.mark.parametrize("length", [1, 2, 5])
def test_positions_are_folded_as_numpy_reflects(length):
    folded = reflected(np.arange(-9, length + 9), length)
    np.testing.assert_array_equal(folded, np.pad(np.arange(length), 9, mode="reflect"))


def test_drawn_volumes_differ_from_plane_to_plane():
    told = []
    for seed in range(40):
        volume = draw_volume(SIDE, PLANES, np.random.default_rng(seed))
        assert volume.shape == (PLANES, SIDE, SIDE)
        assert volume.dtype == np.float32
        assert volume.min() >= 0
        assert volume.max() == pytest.approx(1)
        if volume[3].std() and volume[4].std():
            told.append(contrast_left(volume[3], volume[4]))
    assert np.quantile(told, 0.1) < 0.7 < np.quantile(told, 0.9)


def test_particles_move_and_keep_their_light():
    for seed in range(10):
        movie = particles(SIDE, PLANES, np.random.default_rng(seed))
        light = movie.sum(axis=(1, 2))
        np.testing.assert_allclose(light, light[0], rtol=1e-6)
        assert (movie[0] != movie[-1]).any()
