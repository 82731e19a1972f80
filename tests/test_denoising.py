"""The way of an image: options, channels, counts, outputs, progress and cancelling."""

from __future__ import annotations

import time

import dask.array
import numpy as np
import pytest
import tifffile
import zarr
from napari.layers import Image, Labels, Points

from napari_denoise import (
    NoiseModel,
    denoise,
    denoise_steps,
    estimate_noise,
    list_models,
)
from napari_denoise.denoising import (
    DenoiseWarning,
    NoiseMeasured,
    TileDone,
    run_to_end,
)
from napari_denoise.errors import (
    AxesError,
    Cancelled,
    FileError,
    ImageError,
    NoiseError,
    OptionError,
)
from tests.conftest import draw, synthetic_scene

NETWORKS = [card.name for card in list_models() if card.kind == "network"]
CAMERA = NoiseModel(gain=2, offset=100, read_std=3)


def mean_square(a, b):
    return np.mean((a.astype(float) - b) ** 2)


@pytest.fixture(scope="module")
def stack():
    """Two channels, two times, 48 × 40, of different gain."""
    clean = synthetic_scene()[None, :48, :40].repeat(2, axis=0)
    channels = [
        draw(clean, peak=100, gain=g, offset=o, seed=s)[0]
        for g, o, s in ((2, 50, 0), (9, 200, 1))
    ]
    return np.stack(channels).astype(np.float32)


@pytest.mark.parametrize("name", [c.name for c in list_models() if c.ndim == 2])
@pytest.mark.parametrize("noise", ["auto", NoiseModel(gain=2, offset=50), "none"])
def test_every_model_brings_the_image_closer_to_the_clean_one(name, noise, pair):
    noisy, clean = pair
    restored = denoise(noisy, name, noise=noise)
    assert restored.dtype == np.float32
    most = 0.55 if name == "autoencoder" else 0.45  # it loses fine detail
    assert mean_square(restored, clean) < most * mean_square(noisy, clean)


def test_strength_blends_in_counts(pair, tiny):
    noisy, _ = pair
    full = denoise(noisy, tiny)
    half = denoise(noisy, tiny, strength=0.5)
    np.testing.assert_array_equal(denoise(noisy, tiny, strength=0), noisy)
    np.testing.assert_allclose(half, (noisy + full) / 2, rtol=1e-4, atol=1e-3)


def test_strength_2_tells_the_network_twice_the_noise(tiny):
    y, _ = draw(synthetic_scene()[:64, :64], peak=100)
    asked, heard = [], []
    tiny.network.register_forward_pre_hook(lambda _, args: heard.append(float(args[1])))
    try:
        for strength in (0.5, 1, 1.5, 2):
            denoise(y, tiny, strength=strength)
            asked.append(max(strength, 1))
    finally:
        tiny.network._forward_pre_hooks.clear()
    np.testing.assert_allclose(np.array(heard) / heard[1], asked, rtol=1e-6)


def test_more_strength_smooths_more(pair):
    noisy, _ = pair
    rough = [
        np.var(np.diff(denoise(noisy, strength=s), axis=0)) for s in (0, 0.5, 1, 2)
    ]
    assert rough == sorted(rough, reverse=True)


@pytest.mark.parametrize("strength", [-0.1, 2.1, float("nan"), "1", None])
def test_other_strengths_are_refused(strength, noisy, tiny):
    with pytest.raises(OptionError, match="between 0 and 2"):
        denoise(noisy, tiny, strength=strength)


@pytest.mark.parametrize("name", [n for n in NETWORKS if n == "dncnn"])
def test_a_blind_model_refuses_more_strength(name, noisy):
    with pytest.raises(OptionError, match="blind"):
        denoise(noisy, name, strength=1.5)


def test_noise_can_be_told(pair, tiny):
    noisy, _ = pair
    auto = estimate_noise(noisy)
    np.testing.assert_array_equal(
        denoise(noisy, tiny, noise=auto), denoise(noisy, tiny)
    )
    by_sigma = denoise(noisy, tiny, noise=12.5)
    gaussian = NoiseModel.gaussian(12.5)
    np.testing.assert_array_equal(by_sigma, denoise(noisy, tiny, noise=gaussian))
    np.testing.assert_array_equal(by_sigma, denoise(noisy, tiny, noise=[12.5]))
    assert (by_sigma != denoise(noisy, tiny, noise=25)).any()


def test_without_a_noise_model_counts_enter_unstabilised(pair, tiny):
    noisy, _ = pair
    result = run_to_end(denoise_steps(noisy, tiny, noise="none"))
    assert result.noise == ()
    assert (result.data != noisy).any()


def test_each_channel_can_have_its_own_noise(stack, tiny):
    models = [NoiseModel(2, 50), NoiseModel(9, 200)]
    both = denoise(stack, tiny, axes="CTYX", noise=models)
    for channel, model, result in zip(stack, models, both, strict=True):
        alone = denoise(channel, tiny, axes="TYX", noise=model)
        np.testing.assert_array_equal(result, alone)


@pytest.mark.parametrize(
    "noise", [0, -3, float("nan"), "much", None, True, [NoiseModel(1)] * 3, [], {}]
)
def test_other_noise_is_refused(noise, stack, tiny):
    with pytest.raises(NoiseError):
        denoise(stack, tiny, axes="CTYX", noise=noise)


@pytest.mark.parametrize("tile", [20, (16, 40), [40, 24], np.int64(32), 10_000])
def test_tiles_of_any_size_give_the_same(tile, noisy, tiny):
    whole = denoise(noisy, tiny, dtype="float32")
    tiles = denoise(noisy, tiny, tile=tile, dtype="float32")
    np.testing.assert_allclose(tiles, whole, atol=1e-4 * np.ptp(whole))


@pytest.mark.parametrize("tile", [0, -8, 1.5, "big", (8,), (8, 8, 8, 8), (8, 0), None])
def test_other_tiles_are_refused(tile, noisy, tiny):
    with pytest.raises(OptionError, match="tile="):
        denoise(noisy, tiny, tile=tile)


@pytest.mark.parametrize("option", [{"neighbours": "Y"}, {"device": "abacus"}])
def test_other_options_are_refused(option, noisy, tiny):
    with pytest.raises(OptionError):
        denoise(noisy, tiny, **option)


@pytest.mark.filterwarnings("ignore:Rounding:napari_denoise.denoising.DenoiseWarning")
def test_integers_are_rounded_then_clipped(noisy, tiny):
    exact = denoise(noisy, tiny, dtype="float64")
    for dtype in ("uint8", "int16", "uint16"):
        limits = np.iinfo(dtype)
        expected = np.clip(np.rint(exact), limits.min, limits.max)
        np.testing.assert_array_equal(denoise(noisy, tiny, dtype=dtype), expected)


@pytest.mark.parametrize("dtype", ["complex64", "bool", "U5", "nonsense", object])
def test_other_result_types_are_refused(dtype, noisy, tiny):
    with pytest.raises(OptionError):
        denoise(noisy, tiny, dtype=dtype)


def test_axes_order_does_not_matter(stack, tiny):
    expected = denoise(stack, tiny, axes="CTYX")
    for axes in ("TCYX", "YXCT", "XTYC", "CXYT"):
        order = ["CTYX".index(axis) for axis in axes]
        result = denoise(stack.transpose(order), tiny, axes=axes)
        if axes.index("X") > axes.index("Y"):
            np.testing.assert_array_equal(result, expected.transpose(order))
        assert result.shape == stack.transpose(order).shape


def test_channels_are_denoised_as_if_alone(stack, tiny):
    both = denoise(stack, tiny, axes="CTYX")
    for channel, result in zip(stack, both, strict=True):
        np.testing.assert_array_equal(result, denoise(channel, tiny, axes="TYX"))


def test_planes_share_one_scale(stack, tiny):
    """A plane of a stack equals itself denoised with the stack's noise and range."""
    movie = stack[0]
    twice = np.concatenate([movie, movie])
    once = denoise(movie, tiny, axes="ZYX", noise=CAMERA)
    again = denoise(twice, tiny, axes="ZYX", noise=CAMERA)
    np.testing.assert_allclose(again[:2], once, rtol=1e-5)
    np.testing.assert_array_equal(again[2:], again[:2])


@pytest.mark.parametrize(("gain", "offset"), [(1, 1000), (0.01, -3), (50, 0)])
def test_the_result_is_in_counts(gain, offset, pair, tiny):
    noisy, _ = pair
    expected = gain * denoise(noisy, tiny) + offset
    result = denoise(gain * noisy + np.float32(offset), tiny)
    np.testing.assert_allclose(result, expected, atol=2e-3 * np.ptp(expected))


def test_colours_are_channels_and_alpha_stays():
    clean = np.stack([synthetic_scene(64) * k for k in (1, 0.5, 0.2)], axis=-1)
    colours = draw(clean, peak=100, gain=2)[0].clip(0, 255).astype(np.uint8)
    alpha = np.random.default_rng(0).integers(0, 256, (64, 64, 1), np.uint8)
    rgb = denoise(colours, "tikhonov", axes="YXS")
    rgba = denoise(np.concatenate([colours, alpha], axis=-1), "tikhonov", axes="YXS")
    np.testing.assert_array_equal(rgba[..., :3], rgb)
    np.testing.assert_array_equal(rgba[..., 3:], alpha)
    for i in range(3):
        alone = denoise(colours[..., i], "tikhonov")
        np.testing.assert_array_equal(rgb[..., i], alone)
        assert (alone != colours[..., i]).any()


@pytest.mark.parametrize("kind", ["numpy", "memmap", "zarr"])
def test_out_takes_the_result(kind, stack, tiny, tmp_path):
    out = {
        "numpy": lambda: np.zeros(stack.shape, stack.dtype),
        "memmap": lambda: np.memmap(tmp_path / "a", "f4", "w+", shape=stack.shape),
        "zarr": lambda: zarr.create_array(
            tmp_path / "a.zarr", shape=stack.shape, dtype="f4"
        ),
    }[kind]()
    assert denoise(stack, tiny, axes="CTYX", out=out) is out
    np.testing.assert_array_equal(out[:], denoise(stack, tiny, axes="CTYX"))


@pytest.mark.parametrize("as_type", [str, lambda path: path])
def test_out_can_be_a_path(as_type, stack, tiny, tmp_path):
    path = as_type(tmp_path / "result.tif")
    assert denoise(stack, tiny, axes="CTYX", out=path) == path
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == "CTYX"
        written = file.asarray()
    np.testing.assert_array_equal(written, denoise(stack, tiny, axes="CTYX"))
    assert [file.name for file in tmp_path.iterdir()] == ["result.tif"]


@pytest.mark.parametrize("samples", [1, 2, 3, 4])
def test_colours_go_to_a_path(samples, tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (40, 30, samples), np.uint8)
    denoise(image, "tikhonov", axes="YXS", out=tmp_path / "a.tif")
    expected = denoise(image, "tikhonov", axes="YXS")
    written = tifffile.imread(tmp_path / "a.tif").reshape(image.shape)
    np.testing.assert_array_equal(written, expected)


def test_out_of_another_shape_or_type_is_refused(noisy, tiny):
    with pytest.raises(ImageError, match="shape"):
        denoise(noisy, tiny, out=np.zeros(noisy.T.shape, noisy.dtype))
    with pytest.raises(OptionError, match="uint8"):
        denoise(noisy, tiny, out=np.zeros(noisy.shape, np.uint8))
    wider = denoise(noisy, "tikhonov", out=np.zeros(noisy.shape))
    np.testing.assert_array_equal(wider, denoise(noisy, "tikhonov"))


def test_out_that_exists_or_is_no_tiff_is_refused_and_kept(noisy, tiny, tmp_path):
    there = tmp_path / "there.tif"
    there.write_bytes(b"precious")
    for name in ("there.tif", "result.png", "missing/result.tif"):
        with pytest.raises(FileError):
            denoise(noisy, tiny, out=tmp_path / name)
    assert there.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [there]


@pytest.mark.parametrize("wrap", [dask.array.from_array, zarr.array, np.ndarray.tolist])
def test_other_arrays_work_like_numpys(wrap, noisy, tiny):
    image = noisy.astype(np.float64)
    expected = denoise(image, tiny)
    np.testing.assert_array_equal(denoise(wrap(image), tiny), expected)
    assert estimate_noise(wrap(image)) == estimate_noise(image)


def test_lazy_arrays_are_read_plane_by_plane(tiny):
    read = []

    class Lazy:
        shape, dtype, ndim = (3, 40, 40), np.dtype("f4"), 3

        def __getitem__(self, index):
            read.append(index)
            assert isinstance(index[0], int)
            return np.random.default_rng(index[0]).random((40, 40), np.float32)

    assert denoise(Lazy(), tiny).shape == (3, 40, 40)
    assert len(read) <= 6  # once to measure, once to denoise


def test_layers_bring_their_axes(stack, tiny):
    layer = Image(stack, axis_labels=("c", "t", "y", "x"), name="cells")
    expected = denoise(stack, tiny, axes="CTYX")
    np.testing.assert_array_equal(denoise(layer, tiny), expected)
    result = run_to_end(denoise_steps(layer, tiny))
    assert result.provenance["source"] == "cells"
    assert result.provenance["axes"] == "CTYX"
    pyramid = Image([stack, stack[..., ::2, ::2]], multiscale=True)
    np.testing.assert_array_equal(denoise(pyramid, tiny, axes="CTYX"), expected)


def test_layers_without_labels_are_asked_about(stack, tiny):
    with pytest.raises(AxesError, match="TCYX"):
        denoise(Image(stack), tiny)
    colours = Image(np.zeros((20, 20, 3), np.uint8) + np.uint8(9), rgb=True)
    assert run_to_end(denoise_steps(colours, tiny)).provenance["axes"] == "YXS"


@pytest.mark.parametrize("layer", [Labels(np.ones((9, 9), int)), Points([[1, 2]])])
def test_other_layers_are_refused(layer, tiny):
    with pytest.raises(ImageError, match="image layer"):
        denoise(layer, tiny)


def test_steps_count_up_to_the_whole_job(stack, tiny):
    steps = []
    run_to_end(denoise_steps(stack, tiny, axes="CTYX", tile=16), steps.append)
    measured = [step for step in steps if isinstance(step, NoiseMeasured)]
    done = [step.done for step in steps if isinstance(step, TileDone)]
    assert [(step.channel, step.channels) for step in measured] == [(0, 2), (1, 2)]
    assert done == sorted(set(done))
    assert done[-1] == stack.size
    assert len(done) == 4 * 9
    assert {step.total for step in steps if isinstance(step, TileDone)} == {stack.size}
    assert steps[-1].seconds_left == 0


def test_provenance_is_enough_to_run_it_again(stack, tiny):
    given = run_to_end(
        denoise_steps(stack, tiny, axes="CTYX", noise=[CAMERA, 4.0], strength=0.7)
    )
    facts = given.provenance
    assert facts["model"] == tiny.name
    assert (facts["shape"], facts["dtype"]) == ([2, 2, 48, 40], "float32")
    assert facts["halo"] == [tiny.spec.halo] * 2
    assert [entry["kind"] for entry in facts["noise"]] == [
        "poisson-gaussian",
        "gaussian",
    ]
    told = [
        NoiseModel(entry["gain"], entry["offset"], entry["read_std"])
        for entry in facts["noise"]
    ]
    again = denoise(
        stack,
        tiny,
        axes=facts["axes"],
        noise=told,
        strength=facts["options"]["strength"],
    )
    np.testing.assert_array_equal(again, given.data)


@pytest.mark.parametrize("after", [0, 1, 40])
def test_cancel_stops_at_once_and_leaves_nothing(after, tiny, tmp_path):
    looks = []

    def cancelled():
        looks.append(time.process_time())
        return len(looks) > after

    image = np.random.default_rng(0).random((3, 200, 200), np.float32)
    out = tmp_path / "a.tif"
    with pytest.raises(Cancelled):
        run_to_end(denoise_steps(image, tiny, out=out, tile=64, cancelled=cancelled))
    assert time.process_time() - looks[-1] < 0.5
    assert list(tmp_path.iterdir()) == []


def test_cancel_is_looked_at_before_every_layer(tiny):
    looks = []
    image = np.random.default_rng(0).random((64, 64), np.float32)
    steps = denoise_steps(image, tiny, cancelled=lambda: bool(looks.append(1)))
    run_to_end(steps)
    layers = [m for m in tiny.network.modules() if not list(m.children())]
    assert len(looks) > len(layers)
    count = len(looks)
    denoise(image, tiny)  # a later run of the same model is not watched
    assert len(looks) == count


def test_a_closed_run_leaves_nothing(noisy, tiny, tmp_path):
    steps = denoise_steps(noisy, tiny, out=tmp_path / "a.tif", tile=16)
    while not isinstance(next(steps), TileDone):
        pass
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_rounding_that_costs_counts_is_said():
    few = np.random.default_rng(0).poisson(0.3, (64, 64)).astype(np.uint8)
    with pytest.warns(DenoiseWarning, match="float32"):
        denoise(few, "tikhonov")


def test_rounding_around_zero_costs_nothing():
    clean = synthetic_scene(64) - synthetic_scene(64).mean()
    noise = np.random.default_rng(0).normal(0, 20, (64, 64))
    around = np.rint(500 * clean + noise).astype(np.int16)
    assert abs(denoise(around, "tikhonov").mean()) < 2  # and does not warn


def test_a_result_too_large_for_the_memory_is_refused(tiny):
    huge = np.broadcast_to(np.float32(1), (1_000_000, 2000, 2000))
    steps = denoise_steps(huge, tiny, noise=CAMERA)
    with pytest.raises(ImageError, match=r"result\.tif"):
        run_to_end(steps)
