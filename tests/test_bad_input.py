"""Every row of the table of bad input: works, or is refused in a clear sentence."""

from __future__ import annotations

import json
import pickle
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from napari.layers import Labels

from napari_denoise import (
    DenoiseError,
    denoise,
    estimate_noise,
    list_models,
    load_model,
    save_model,
)
from napari_denoise.denoising import DenoiseWarning
from napari_denoise.errors import (
    AxesError,
    FileError,
    ImageError,
    ModelError,
    OptionError,
)
from tests.conftest import draw, synthetic_scene

INTEGERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
DTYPES = [*INTEGERS, "float16", "float32", "float64"]
MODELS = [card.name for card in list_models() if card.ndim == 2]


@pytest.fixture
def image():
    """40 × 56 pixels of float32, 10 to 125."""
    noisy, _ = draw(synthetic_scene()[:40, :56], peak=30, gain=2, offset=20)
    return noisy.clip(10, 125).astype(np.float32)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_numeric_type_works_and_is_kept(dtype, order, image):
    source = np.rint(image).astype(np.dtype(dtype).newbyteorder(order))
    kept = source.copy()
    result = denoise(source, "tikhonov")
    assert result.dtype == source.dtype
    assert result.shape == source.shape
    np.testing.assert_array_equal(source, kept)
    expected = denoise(source.astype(np.float32), "tikhonov", dtype=np.float64)
    # The same up to rounding, and to what 16 bits of a float can hold.
    assert np.abs(result.astype(float) - expected).max() < (
        2 if dtype[0] != "f" else 0.1
    )
    assert (result != source).any()


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_near_their_limits_do_not_wrap_around(dtype):
    limits = np.iinfo(dtype)
    span = min(float(limits.max) - float(limits.min), 2e4) / 4
    clean = limits.max - span * np.abs(synthetic_scene(64) - 0.5)
    noisy = clean + np.random.default_rng(0).normal(0, span / 20, clean.shape)
    top = 2.0 ** (np.floor(np.log2(float(limits.max))) - 20)  # what float32 resolves
    source = np.minimum(noisy, float(limits.max) - top).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DenoiseWarning)
        result = denoise(source, "tikhonov").astype(float)
    assert np.abs(result - source.astype(float)).max() < span / 2 + 2 * top


@pytest.mark.parametrize(
    "data",
    [
        np.ones((9, 9), bool),
        np.ones((9, 9), complex),
        np.full((9, 9), None),
        np.full((9, 9), "a"),
        np.zeros((9, 9), "M8[s]"),
        np.zeros((9, 9), [("r", "u1")]),
        np.zeros((9, 9), np.longdouble),
        "image.tif",
        None,
        [[1, 2], [3]],
        Labels(np.ones((9, 9), int)),
    ],
    ids=lambda data: str(getattr(data, "dtype", type(data).__name__)),
)
@pytest.mark.parametrize("function", [denoise, estimate_noise])
def test_other_data_are_refused(data, function):
    with pytest.raises(ImageError, match=r"work|image layer"):
        function(data)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 5, 5)])
@pytest.mark.parametrize("function", [denoise, estimate_noise])
def test_empty_images_are_refused(shape, function):
    with pytest.raises(ImageError, match="empty"):
        function(np.zeros(shape))


@pytest.mark.parametrize("name", ["unet", "tikhonov"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_pixels_that_are_not_finite_are_put_back(name, dtype, image):
    source = image.astype(dtype)
    expected = denoise(source, name).astype(float)
    bad = np.zeros(source.shape, bool)
    bad[3, 4] = bad[20, 30] = bad[20, 31] = bad[39, 55] = True
    source[bad] = [np.nan, np.inf, -np.inf, np.nan]
    with pytest.warns(DenoiseWarning, match="^4 pixels are not finite"):
        result = denoise(source, name)
    np.testing.assert_array_equal(result[bad], source[bad])
    assert np.isfinite(result[~bad]).all()
    near = np.abs(result.astype(float) - expected)[~bad]
    assert near.mean() < 0.05 * np.ptp(expected)


@pytest.mark.parametrize("dtype", ["uint8", "int16"])
def test_pixels_that_are_not_finite_become_their_neighbours_in_integers(dtype, image):
    image[5, 5], image[6, 6] = np.nan, np.inf
    with pytest.warns(DenoiseWarning, match="^2 pixels"):
        result = denoise(image, "tikhonov", dtype=dtype)
    assert np.abs(result.astype(float) - np.nanmedian(image)).max() < 150


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_an_image_of_nan_comes_back(strength):
    source = np.full((20, 20), np.nan, np.float32)
    with pytest.warns(DenoiseWarning) as told:
        result = denoise(source, strength=strength)
    np.testing.assert_array_equal(result, source)
    text = " ".join(str(warning.message) for warning in told)
    assert "400 pixels are not finite" in text
    assert "they stay as they are" in text
    assert "No noise could be measured" in text


def test_a_result_may_lie_in_place_but_not_across(image):
    expected = denoise(image, "tikhonov", noise=9.0)
    for across in (image[::-1], image[:, ::-1]):
        before = image.copy()
        with pytest.raises(OptionError, match="shares memory"):
            denoise(image, "tikhonov", noise=9.0, out=across)
        np.testing.assert_array_equal(image, before)
    beside = np.empty((*image.shape, 2), expected.dtype)
    beside[..., 0] = image
    denoise(beside[..., 0], "tikhonov", noise=9.0, out=beside[..., 1])
    np.testing.assert_array_equal(beside[..., 1], expected)
    denoise(image, "tikhonov", noise=9.0, out=image)
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("name", ["unet", "tikhonov"])
@pytest.mark.parametrize("noise", ["auto", "none"])
@pytest.mark.parametrize("dtype", ["uint8", "uint64", "float32", "float64"])
def test_a_constant_image_comes_back_and_it_is_said(name, noise, dtype):
    source = np.full((40, 40), 200, dtype)
    with pytest.warns(DenoiseWarning, match="No noise could be measured"):
        result = denoise(source, name, noise=noise)
    np.testing.assert_array_equal(result, source)
    assert result.dtype == source.dtype


def test_a_quiet_channel_comes_back_among_others(image):
    source = np.stack([image, np.full_like(image, 7)])
    with pytest.warns(DenoiseWarning, match="in channel 1"):
        result = denoise(source, "tikhonov", axes="CYX")
    np.testing.assert_array_equal(result[1], source[1])
    assert (result[0] != source[0]).any()


@pytest.mark.filterwarnings("ignore:No noise could be measured")
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 33), (33, 1), (2, 3), (7, 9), (3, 2, 5)])
def test_small_and_odd_sides_work(name, shape):
    source = np.random.default_rng(0).normal(100, 5, shape).astype(np.float32)
    result = denoise(source, name)
    assert result.shape == shape
    assert np.abs(result - 100).max() < 60


@pytest.mark.parametrize("axes", ["YX", "TZYX", "ZZYX", "QYX", "ZY", ""])
def test_axes_that_do_not_fit_are_refused(axes):
    with pytest.raises(AxesError):
        denoise(np.zeros((3, 9, 9)), axes=axes)


@pytest.mark.parametrize("name", ["unet", "tikhonov"])
def test_the_input_is_never_changed(name, image):
    source = image.copy()
    source.flags.writeable = False
    for options in ({}, {"strength": 0.3}, {"noise": 5.0}, {"noise": "none"}):
        denoise(source, name, **options)
    np.testing.assert_array_equal(source, image)


# Model files ---------------------------------------------------------------


def header_of(path):
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def write_model(path, header, weights):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + weights)
    return path


@pytest.fixture(scope="module")
def saved(tiny, tmp_path_factory):
    return save_model(tiny, tmp_path_factory.mktemp("models") / "good.safetensors")


@pytest.fixture
def respecified(saved, tmp_path):
    """Write the model file again with other fields in its spec."""

    def respecify(**changes):
        header, weights = header_of(saved)
        spec = {**json.loads(header["__metadata__"]["spec"]), **changes}
        header["__metadata__"]["spec"] = json.dumps(spec)
        return write_model(tmp_path / "other.safetensors", header, weights)

    return respecify


@pytest.mark.parametrize("share", [0, 0.001, 0.02, 0.5, 0.999])
def test_a_model_file_cut_short_is_refused(share, saved, tmp_path):
    content = saved.read_bytes()
    path = tmp_path / "cut.safetensors"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError, match=r"cut\.safetensors.*cut short"):
        load_model(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a" * 100, b"\x02" + 7 * b"\0" + b"[]", 8 * b"\xff" + b"x" * 50],
)
def test_a_file_that_is_no_model_is_refused(content, tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"other\.safetensors"):
        load_model(path)


@pytest.mark.parametrize("metadata", [None, {}, [], "spec", {"spec": 5}, {"spec": "{"}])
def test_a_model_file_of_others_is_refused(metadata, saved, tmp_path):
    header, weights = header_of(saved)
    header["__metadata__"] = metadata
    path = write_model(tmp_path / "other.safetensors", header, weights)
    with pytest.raises(ModelError, match=r"other\.safetensors"):
        load_model(path)


def test_a_newer_schema_is_refused(respecified):
    with pytest.raises(ModelError, match=r"newer.*schema 2.*Update"):
        load_model(respecified(schema_version=2, normalisation="unheard of"))


def test_an_unknown_architecture_is_refused(respecified):
    with pytest.raises(ModelError, match=r"“transformer”.*dncnn, unet, autoencoder"):
        load_model(respecified(architecture="transformer"))


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": "dncnn"},
        {"hyperparameters": {"widths": [4, 9]}},
        {"hyperparameters": {"widths": []}},
        {"hyperparameters": {"widths": "wide"}},
        {"hyperparameters": {"colour": 3}},
        {"hyperparameters": 5},
        {"schema_version": "one"},
        {"halo": -8},
        {"stride": 0},
        {"ndim": 5},
        {"normalisation": "magic"},
        {"sigma_range": [0]},
    ],
    ids=str,
)
def test_a_spec_that_does_not_fit_is_refused(changes, respecified):
    with pytest.raises(ModelError, match=r"other\.safetensors"):
        load_model(respecified(**changes))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.integers(0, 3000), st.integers(0, 255))
def test_a_damaged_byte_is_refused_or_harmless(saved, tmp_path, position, value):
    content = bytearray(saved.read_bytes())
    content[position] = value
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(content)
    try:
        load_model(path)
    except ModelError as error:
        assert "damaged.safetensors" in str(error)


class Payload:
    """A pickle that would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, "executed")


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth", ".pkl"])
@pytest.mark.parametrize("save", [lambda o, f: pickle.dump(o, f), torch.save])
def test_nothing_in_a_file_is_executed(save, suffix, tmp_path):
    proof, path = tmp_path / "proof", tmp_path / f"evil{suffix}"
    with path.open("wb") as file:
        save(Payload(proof), file)
    with pytest.raises(ModelError):
        load_model(path)
    assert not proof.exists()


@pytest.mark.parametrize("name", ["u-net", "", "nowhere.safetensors", 5])
def test_missing_models_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError):
        denoise(np.zeros((9, 9)), name)


def test_a_folder_is_no_model(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path)


def test_a_3d_model_says_what_it_cannot_do_yet(saved, tmp_path, image):
    from napari_denoise.models import NetworkModel
    from napari_denoise.networks import inflate

    flat = load_model(saved)
    spec = flat.spec.model_copy(update={"ndim": 3})
    deep = NetworkModel("deep", spec, inflate(flat.network).eval())
    with pytest.raises(ModelError, match="3D"):
        denoise(image, deep)


# Disk full -----------------------------------------------------------------


def test_a_disk_that_fills_up_is_told_as_it_is(image):
    class Full:
        shape, dtype = image.shape, image.dtype

        def __setitem__(self, index, value):
            raise OSError(28, "No space left on device", "/a/.b.zarr.part-c-1-0/0")

    with pytest.raises(OSError, match="No space left") as caught:
        denoise(image, "tikhonov", out=Full())
    assert isinstance(caught.value, DenoiseError)
    assert ".part-" not in str(caught.value)


FULL_DISK = """
import resource, sys
import numpy as np
from napari_denoise import denoise
from napari_denoise.errors import FileError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
image = np.random.default_rng(0).normal(9, 1, (600, 600))
try:
    denoise(image, "tikhonov", out=sys.argv[1])
except FileError as error:
    print("refused:", error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="resource.setrlimit is POSIX")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [("a.tif", "a.tif cannot be written"), ("a.zarr", "The result cannot be written")],
)
def test_a_file_that_cannot_grow_leaves_nothing(name, sentence, tmp_path):
    command = [sys.executable, "-c", FULL_DISK, tmp_path / name]
    out = subprocess.check_output(command, text=True)
    assert out.startswith("refused:")
    assert sentence in out
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told_before_anything_is_computed(image, tmp_path):
    with pytest.raises(FileError, match="no folder"):
        denoise(image, out=tmp_path / "nowhere" / "a.tif")
