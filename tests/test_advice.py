"""Neighbours are looked at where they help, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise import NoiseModel, denoise
from napari_denoise.advice import LEAST_WINDOWS, MOST_WINDOWS
from napari_denoise.denoising import denoise_steps, run_to_end
from napari_denoise.errors import Cancelled
from napari_denoise.preview import Preview
from tests.conftest import draw, random_model, synthetic_scene

SIDE = 96
PLANES = 7


def noisy(clean, peak=5):
    return draw(clean, peak=peak)[0].astype(np.float32)


@pytest.fixture(scope="module")
def alike():
    """Seven times the same plane, each with noise of its own."""
    return noisy(np.stack([synthetic_scene(SIDE)] * PLANES))


@pytest.fixture(scope="module")
def unlike():
    """Planes in which everything is somewhere else."""
    scene = synthetic_scene(SIDE)
    return noisy(np.stack([np.roll(np.rot90(scene, z), 17 * z) for z in range(PLANES)]))


def chosen(image, model="unet", **options):
    result = run_to_end(denoise_steps(image, model, neighbours="auto", **options))
    facts = result.provenance
    return facts["model"], facts["options"]["neighbours"], result


@pytest.mark.parametrize("axis", ["Z", "T"])
@pytest.mark.parametrize("noise", ["auto", 1.5, NoiseModel(gain=1.0)])
def test_planes_that_are_alike_are_looked_at_together(axis, noise, alike):
    model, along, result = chosen(alike, axes=f"{axis}YX", noise=noise)
    assert (model, along) == ("unet-3d", axis)
    explicit = denoise(alike, axes=f"{axis}YX", noise=noise, neighbours=axis)
    np.testing.assert_array_equal(result.data, explicit)


@pytest.mark.parametrize("axis", ["Z", "T"])
@pytest.mark.parametrize("noise", ["auto", NoiseModel(gain=1.0)])
def test_planes_that_have_nothing_in_common_are_not(axis, noise, unlike):
    model, along, result = chosen(unlike, axes=f"{axis}YX", noise=noise)
    assert (model, along) == ("unet", "none")
    explicit = denoise(unlike, axes=f"{axis}YX", noise=noise)
    np.testing.assert_array_equal(result.data, explicit)


def test_depth_comes_before_time(alike):
    both = np.stack([alike[:2]] * 2)
    assert chosen(both, axes="TZYX")[1] == "Z"
    assert chosen(both[:, :1], axes="TZYX")[1] == "T"


@pytest.mark.parametrize("model", ["tv", "unet-fast"])
def test_models_without_3d_weights_take_each_plane_alone(model, alike):
    name, along, result = chosen(alike, model)
    assert (name, along) == (model, "none")
    np.testing.assert_array_equal(result.data, denoise(alike, model))


@pytest.mark.parametrize("name", ["unet", "unet-3d"])
def test_a_plane_alone_is_nothing_to_talk_about(name, alike):
    model, along, result = chosen(alike[0], name)
    assert (model, along) == ("unet", "none")
    assert not any("plane" in warning for warning in result.warnings)


def test_a_3d_model_of_the_users_own_is_taken(alike):
    deep = random_model("unet", ndim=3, widths=(4, 8), blocks=1, z_taps=[3, 1, 1])
    assert chosen(alike, deep)[1] == "Z"


def test_pixels_that_are_not_finite_do_no_harm(alike):
    holed = alike.copy()
    holed[:, 3:9, 5:8] = np.nan
    assert chosen(holed)[1] == "Z"


def test_channels_without_noise_do_not_count(alike):
    both = np.stack([np.full_like(alike, 7), alike])
    assert chosen(both, axes="CZYX")[1] == "Z"
    assert chosen(both[:1], axes="CZYX")[1] == "none"


def test_few_windows_are_tried_of_a_large_stack(alike):
    class Watched:
        shape, dtype, reads = (2000, SIDE, SIDE), alike.dtype, 0

        def __getitem__(self, index):
            self.reads += 1
            z, y, x = index
            z = np.arange(*z.indices(2000)) if isinstance(z, slice) else z
            return alike[z % PLANES][..., y, x]

    watched = Watched()
    preview = Preview(watched, axes="ZYX", noise=NoiseModel(gain=1.0))
    before = watched.reads
    for position in (3, 4):
        preview.part({"Z": position}, (0, 9), (0, 9), neighbours="auto")
    assert LEAST_WINDOWS * 5 <= watched.reads - before <= MOST_WINDOWS * 5 + 2


def test_it_can_be_cancelled(alike):
    calls = iter([False] * 8)
    with pytest.raises(Cancelled):
        run_to_end(
            denoise_steps(alike, neighbours="auto", cancelled=lambda: next(calls, True))
        )
