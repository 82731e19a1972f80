"""Planes with their neighbours: read once, in order, and the same in any pieces."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_denoise import denoise
from napari_denoise.denoising import denoise_steps, run_to_end
from napari_denoise.errors import ModelError, OptionError
from napari_denoise.inference import TileRunner
from napari_denoise.models import NetworkModel
from napari_denoise.neighbours import Line, Plane
from napari_denoise.networks import inflate
from tests.conftest import draw, random_model, synthetic_scene

SMALL = {"ndim": 3, "widths": (4, 8), "blocks": 1}
FORMS = {"early": [5, 1, 1], "late": [1, 3, 3]}
ALONE = "ignore:There is only one plane:napari_denoise.denoising.DenoiseWarning"


@pytest.fixture(scope="module", params=FORMS.values(), ids=FORMS)
def deep(request):
    return random_model("unet", **SMALL, z_taps=request.param)


@pytest.fixture(scope="module")
def volume():
    """Seven planes that drift, of 40 × 48 pixels, float32."""
    clean = np.stack(
        [synthetic_scene()[z : z + 40, 2 * z : 2 * z + 48] for z in range(7)]
    )
    return draw(clean, peak=50)[0].astype(np.float32)


def line(length, radius, reads):
    def read(position):
        reads.append(position)
        plane = np.full((2, 3), position, np.float32)
        return Plane(plane, plane, None, plane)

    return Line(read, length, radius)


@pytest.mark.parametrize("length", [1, 2, 3, 9])
@pytest.mark.parametrize("radius", [0, 1, 3])
@pytest.mark.parametrize("count", [1, 2])
def test_planes_beyond_the_ends_are_reflected(length, radius, count):
    planes = line(length, radius, [])
    padded = np.pad(np.arange(length), radius, mode="reflect")
    for first in range(0, length - count + 1, count):
        seen = planes.around(first, count)[:, 0, 0]
        np.testing.assert_array_equal(seen, padded[first : first + count + 2 * radius])


def test_each_plane_is_read_once_and_only_few_are_kept():
    reads = []
    planes = line(50, 2, reads)
    for first in range(50):
        planes.around(first, 1)
        assert len(planes._kept) <= 5
    assert sorted(reads) == list(range(50))


def test_planes_between_neighbours_are_what_the_network_makes_of_the_volume(
    deep, volume
):
    radius = deep.network.z_radius
    z = volume / volume.max()
    runner = TileRunner(deep, torch.device("cpu"), (2, 16, 16))
    padded = np.pad(z, [(radius, radius), (0, 0), (0, 0)], mode="reflect")
    stack = padded[1 : 1 + 2 + 2 * radius]
    result = run_to_end(runner.run(stack, 0.1))
    with torch.inference_mode():
        noisy = torch.from_numpy(z)[None, None]
        whole = deep.network(noisy, torch.tensor([0.1]))[0, 0].numpy()
    expected = whole[1:3]
    np.testing.assert_allclose(result, expected, atol=1e-4 * np.ptp(expected))


@pytest.mark.parametrize(
    "tile", ["auto", 16, (24, 16), (3, 16, 24), (7, 48, 48), (99, 8, 8)]
)
def test_pieces_equal_the_whole_along_each_axis(tile, deep, volume):
    whole = denoise(volume, deep, neighbours="Z", tile=(7, 96, 96))
    pieces = denoise(volume, deep, neighbours="Z", tile=tile)
    np.testing.assert_allclose(pieces, whole, atol=1e-4 * np.ptp(whole))


def test_neighbours_are_those_along_the_axis_that_is_asked_for(deep, volume):
    other = volume[::-1]
    both = np.stack([volume, other], axis=1)  # the first axis has seven
    alone = denoise(volume, deep, axes="ZYX", noise=3.0, neighbours="Z")
    for axes, along in (("TZYX", "T"), ("ZTYX", "Z")):
        result = denoise(both, deep, axes=axes, noise=3.0, neighbours=along)
        assert np.abs(result[:, 0] - alone).max() < 1e-3 * np.ptp(alone)
    across = denoise(both, deep, axes="TZYX", noise=3.0, neighbours="Z")
    assert np.abs(across[:, 0] - alone).max() > 0.01 * np.ptp(alone)


def test_channels_and_order_of_axes_are_kept_apart(deep, volume):
    alone = [denoise(v, deep, neighbours="Z", noise=3.0) for v in (volume, 2 * volume)]
    image = np.stack([volume, 2 * volume], axis=-1).transpose(2, 1, 3, 0)  # X Y C Z
    result = denoise(image, deep, axes="XYCZ", neighbours="Z", noise=3.0)
    for channel, expected in enumerate(alone):
        got = result[:, :, channel].transpose(2, 1, 0)
        np.testing.assert_allclose(got, expected, atol=1e-3 * np.ptp(expected))


def test_an_inflated_network_gives_what_the_flat_one_does(tiny, volume):
    spec = tiny.spec.model_copy(update={"ndim": 3})
    deep = NetworkModel("deep", spec, inflate(tiny.network).eval())
    flat = denoise(volume, tiny)
    np.testing.assert_allclose(
        denoise(volume, deep, neighbours="Z"), flat, atol=1e-4 * np.ptp(flat)
    )


@pytest.mark.parametrize("planes", [1, 2, 3])
@pytest.mark.filterwarnings(ALONE)
def test_few_planes_are_no_error(planes, deep, volume):
    result = denoise(volume[:planes], deep, axes="ZYX", neighbours="Z")
    assert result.shape == (planes, 40, 48)
    assert np.isfinite(result).all()


def test_a_plane_alone_is_said_to_be_alone(deep, volume):
    steps = denoise_steps(volume[0], deep, neighbours="T")
    assert any("only one plane along T" in w for w in run_to_end(steps).warnings)


def test_provenance_has_tile_and_halo_along_all_three_axes(deep, volume):
    facts = run_to_end(denoise_steps(volume, deep, neighbours="Z")).provenance
    assert facts["options"]["neighbours"] == "Z"
    assert facts["halo"] == [2, deep.spec.halo, deep.spec.halo]
    assert len(facts["tile"]) == 3


@pytest.mark.parametrize("model", ["dncnn", "tv"])
def test_models_without_3d_weights_say_so(model, volume):
    with pytest.raises(OptionError, match="no 3D weights"):
        denoise(volume, model, neighbours="Z")


def test_a_3d_model_asks_for_an_axis(deep, volume):
    with pytest.raises(ModelError, match="neighbours="):
        denoise(volume, deep)


@pytest.mark.parametrize("neighbours", ["Y", "", None, 3, "both"])
def test_other_neighbours_are_refused(neighbours, tiny, volume):
    with pytest.raises(OptionError, match="neighbours="):
        denoise(volume, tiny, neighbours=neighbours)
