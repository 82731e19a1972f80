"""Tiles: the identity when nothing is done, and the whole when a network is run."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter

from napari_denoise import list_models, load_model
from napari_denoise.errors import OptionError
from napari_denoise.inference import TileRunner
from napari_denoise.progress import run_to_end
from napari_denoise.tiling import plan_tiles
from tests.conftest import HIGHEST_SIGMA, random_model, synthetic_scene

NETWORKS = [card.name for card in list_models() if card.kind == "network"]
RANDOM = {
    "unet": {"widths": (8, 16, 24), "blocks": 1},
    "dncnn": {"depth": 9, "width": 16, "norm": False},
    "autoencoder": {"widths": (8, 16, 24), "blocks": 1},
}


@st.composite
def plans(draw, sides=(1, 40)):
    ndim = draw(st.integers(2, 3))
    axis = st.tuples(
        st.integers(*sides),
        st.integers(1, 50),
        st.integers(0, 20),
        st.sampled_from([1, 2, 4, 8]),
    )
    return [
        list(numbers)
        for numbers in zip(*(draw(axis) for _ in range(ndim)), strict=True)
    ]


def stitch(plan, image, work=lambda window: window):
    filled, result = plan.fill(image), np.zeros_like(image)
    times = np.zeros(image.shape, int)
    for tile in plan:
        window = filled[tile.window]
        assert window.shape == plan.window
        result[tile.target] = work(window)[tile.core]
        times[tile.target] += 1
    assert (times == 1).all()
    return result


@given(plans())
@example([[1, 1], [1, 1], [20, 20], [8, 8]])
@example([[1, 37], [8, 8], [20, 20], [8, 8]])
@example([[3, 5], [50, 50], [0, 0], [8, 8]])
def test_tiling_and_stitching_alone_are_the_identity(case):
    shape, tile, halo, stride = case
    plan = plan_tiles(shape, tile, halo, stride)
    image = np.random.default_rng(0).random(shape)
    np.testing.assert_array_equal(stitch(plan, image), image)
    assert len(plan) == len(list(plan))


@given(plans())
def test_tiles_lie_on_the_stride_grid_and_keep_to_their_size(case):
    shape, tile, halo, stride = case
    plan = plan_tiles(shape, tile, halo, stride)
    numbers = (plan.core, tile, plan.halo, halo, stride)
    for core, most, h, asked, step in zip(*numbers, strict=True):
        assert core % step == 0
        assert core <= max(most, step)
        assert h % step == 0
        assert asked <= h < asked + step


@given(plans())
def test_each_tile_sees_what_the_whole_image_shows_around_it(case):
    shape, tile, halo, stride = case
    plan = plan_tiles(shape, tile, halo, stride)
    image = np.random.default_rng(0).random(shape)
    size = [2 * h + 1 for h in plan.halo]
    # Beyond the ends of the image there is nothing to be seen.
    seen = stitch(plan, image, lambda w: maximum_filter(w, size, mode="constant"))
    whole = maximum_filter(plan.fill(image), size, mode="constant")
    np.testing.assert_array_equal(seen, whole[tuple(slice(n) for n in shape)])


def test_a_tile_without_pixels_is_refused():
    with pytest.raises(OptionError, match="at least one pixel"):
        plan_tiles((5, 5), (0, 8), (1, 1), (1, 1))


def largest_difference(model):
    """Tiles against the whole, for an image of range 1 and the strongest noise."""
    core = max(2 * model.spec.halo // 3 // model.spec.stride, 1) * model.spec.stride
    side = 3 * core
    shape = (1 + 2 * model.network.z_radius, side, side)
    noise = HIGHEST_SIGMA * np.random.default_rng(0).standard_normal(shape)
    stack = (synthetic_scene()[:side, :side] + noise).astype(np.float32)
    plane = stack[model.network.z_radius]
    results = []
    for tile in (core, side):
        runner = TileRunner(model, torch.device("cpu"), (tile, tile))
        assert len(runner.plan(plane.shape)) == (side // tile) ** 2
        results.append(run_to_end(runner.run(stack, HIGHEST_SIGMA)))
    tiles, whole = results
    assert np.abs(whole - plane).max() > 0.1  # something was done
    return np.abs(tiles - whole).max() / max(1, np.ptp(whole))


@pytest.mark.parametrize("name", NETWORKS)
def test_tiles_of_bundled_networks_equal_the_whole(name):
    assert largest_difference(load_model(name)) <= 1e-4


@pytest.mark.parametrize("name", RANDOM)
def test_tiles_of_random_networks_equal_the_whole(name):
    assert largest_difference(random_model(name, **RANDOM[name])) <= 1e-4


def test_a_halo_of_nothing_would_show():
    model = random_model("dncnn", **RANDOM["dncnn"])
    plane = synthetic_scene()[:64, :64].astype(np.float32)
    runners = [
        TileRunner(model, torch.device("cpu"), (side, side)) for side in (16, 64)
    ]
    runners[0]._halo = (0, 0)
    tiles, whole = (run_to_end(runner.run(plane[None], 0.1)) for runner in runners)
    assert np.abs(tiles - whole).max() > 1e-3
