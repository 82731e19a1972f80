"""Neighbours are looked at where they help, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise import NoiseModel, denoise, load_model, save_model
from napari_denoise.advice import MOST_PIXELS, SHARING_WINDOWS, _windows
from napari_denoise.denoising import denoise_steps, run_to_end
from napari_denoise.errors import Cancelled, FileError
from napari_denoise.preview import Preview
from napari_denoise.sources import read_source
from tests.conftest import draw, random_model, synthetic_scene

SIDE = 96
PLANES = 7


def noisy(clean, peak=5, seed=0):
    return draw(clean, peak=peak, seed=seed)[0].astype(np.float32)


def scenes_alike():
    return np.stack([synthetic_scene(SIDE)] * PLANES)


def scenes_unlike():
    scene = synthetic_scene(SIDE)
    return np.stack([np.roll(np.rot90(scene, z), 17 * z) for z in range(PLANES)])


@pytest.fixture(scope="module")
def alike():
    """Seven times the same plane, each with noise of its own."""
    return noisy(scenes_alike())


@pytest.fixture(scope="module")
def unlike():
    """Planes in which everything is somewhere else."""
    return noisy(scenes_unlike())


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


@pytest.mark.parametrize("seed", range(1, 4))
def test_it_is_not_a_matter_of_luck(seed):
    assert chosen(noisy(scenes_alike(), seed=seed))[1] == "Z"
    assert chosen(noisy(scenes_unlike(), seed=seed))[1] == "none"


def between(planes):
    """Make thrice as many planes by linear interpolation."""
    step = np.arange(3)[:, None, None, None] / 3
    finer = (1 - step) * planes[:-1] + step * planes[1:]
    return finer.swapaxes(0, 1).reshape(-1, SIDE, SIDE).astype(np.float32)


def doubled(planes):
    return np.repeat(planes, 2, axis=0)


@pytest.mark.parametrize("scenes", [scenes_alike, scenes_unlike])
@pytest.mark.parametrize("share", [between, doubled])
def test_noise_that_planes_share_is_not_taken_for_structure(share, scenes):
    clean, image = share(5 * scenes()), share(noisy(scenes()))
    noise = NoiseModel(gain=0.6 if share is between else 1.0)
    alone, together = (
        np.mean((denoise(image, noise=noise, neighbours=n) - clean) ** 2)
        for n in ("none", "Z")
    )
    assert chosen(image, noise=noise)[1] == "none" or together < alone


def test_the_axis_that_tells_more_is_taken(alike, unlike):
    both = np.stack([noisy(scenes_unlike(), seed=seed) for seed in range(4)])
    assert chosen(both, axes="TZYX")[1] == "T"
    assert chosen(both, axes="ZTYX")[1] == "Z"


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


def test_every_channel_is_asked(alike):
    gains = range(1, 13)
    both = np.stack([alike[:5, :48, :48]] * len(gains))
    preview = Preview(both, axes="CZYX", noise=[NoiseModel(gain=g) for g in gains])
    source, layout = read_source(both), preview.layout
    channels = list(zip(layout.channels, preview.scalings, strict=True))
    windows = _windows(source, layout, "Z", 2, channels)
    assert {window.noise.gain for window in windows} == set(gains)


@pytest.mark.parametrize("brighter", [1, 100])
def test_bright_channels_do_not_decide_for_all(brighter, alike, unlike):
    channels = [brighter * unlike[:5], *[noisy(scenes_alike()[:5], seed=1)] * 5]
    noise = [NoiseModel(gain=gain) for gain in (brighter, *[1] * 5)]
    assert chosen(np.stack(channels), axes="CZYX", noise=noise)[1] == "Z"


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
    windows = MOST_PIXELS // SIDE**2
    assert windows > SHARING_WINDOWS
    assert watched.reads - before <= windows * 5 + 2


def test_it_can_be_cancelled(alike):
    calls = iter([False] * 8)
    with pytest.raises(Cancelled):
        run_to_end(
            denoise_steps(alike, neighbours="auto", cancelled=lambda: next(calls, True))
        )


def test_a_result_that_cannot_be_written_is_told_before_anything_is_tried(
    tmp_path, alike
):
    path = tmp_path / "there.tif"
    path.write_text("mine")
    steps = denoise_steps(alike, neighbours="auto", out=path)
    with pytest.raises(FileError, match="exists already"):
        next(steps)
    assert path.read_text() == "mine"


def test_files_of_one_name_are_not_mixed_up(tmp_path, alike):
    save_model(load_model("unet-fast"), tmp_path / "unet.safetensors")
    preview = Preview(alike)
    assert preview.settle("unet") == ["Z"]
    assert preview.settle(tmp_path / "unet.safetensors") == ["none"]


@pytest.mark.filterwarnings("error")
def test_places_without_a_photon_do_no_harm():
    scenes = scenes_alike()
    scenes[:, :, :48] = 0
    dark = np.random.default_rng(0).poisson(5 * scenes).astype(np.uint16)
    assert chosen(dark, noise=NoiseModel(gain=1.0))[1] == "Z"
