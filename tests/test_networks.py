"""What each network must do whatever its weights are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from napari_denoise.networks import ARCHITECTURES, AutoEncoder, DnCNN, UNet, inflate
from napari_denoise.networks.base import reflect_to_multiple
from napari_denoise.networks.unet import shuffle, unshuffle

SMALL = {
    "unet": {"widths": (6, 8, 10), "blocks": 1},
    "dncnn": {"depth": 7, "width": 6},
    "autoencoder": {"widths": (6, 8, 10), "blocks": 1},
}

pytestmark = pytest.mark.usefixtures("seeded")


@pytest.fixture
def seeded():
    torch.manual_seed(1)
    with torch.inference_mode():
        yield


def build(name, **more):
    network = ARCHITECTURES[name](**{**SMALL[name], **more}).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            for tensor in (module.weight, module.bias, module.running_mean):
                tensor.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    return network


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("sides", [(1, 1), (1, 7), (5, 3), (17, 30), (16, 16)])
@pytest.mark.parametrize("ndim", [2, 3])
def test_any_size_comes_back_in_its_shape(name, sides, ndim):
    shape = (2, 1, *(2,) * (ndim - 2), *sides)
    result = build(name, ndim=ndim)(torch.rand(shape), torch.tensor([0.1, 0.2]))
    assert result.shape == shape
    assert result.isfinite().all()


@pytest.mark.parametrize("name", SMALL)
def test_images_of_a_batch_do_not_touch(name):
    network, noisy = build(name), torch.rand(3, 1, 24, 24)
    sigma = torch.tensor([0.05, 0.1, 0.3])
    alone = [network(noisy[i : i + 1], sigma[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(network(noisy, sigma), torch.cat(alone))


@pytest.mark.parametrize("name", SMALL)
def test_inflated_network_equals_the_flat_one_plane_by_plane(name):
    flat = build(name)
    deep = inflate(flat).eval()
    volume, sigma = torch.rand(2, 1, 5, 24, 20), torch.tensor([0.1, 0.2])
    planes = [flat(volume[:, :, z], sigma) for z in range(5)]
    torch.testing.assert_close(deep(volume, sigma), torch.stack(planes, dim=2))


@pytest.mark.parametrize("name", SMALL)
def test_three_dimensions_look_along_z_but_not_far(name):
    network = build(name, ndim=3)
    volume, sigma = torch.rand(1, 1, 15, 16, 16), torch.tensor([0.1])
    changed = volume.clone()
    changed[:, :, 7] += 1
    differences = (network(changed, sigma) - network(volume, sigma)).abs()
    reached = np.flatnonzero(differences.amax(dim=(0, 1, 3, 4)) > 0) - 7
    assert 1 <= np.abs(reached).max() <= 4


@pytest.mark.parametrize("name", SMALL)
def test_nothing_beyond_the_receptive_radius_counts(name):
    network, sigma = build(name), torch.tensor([0.1])
    radius = network.receptive_radius
    centre = -(-radius // network.stride) * network.stride
    noisy = torch.rand(1, 1, 2 * centre + 8, 2 * centre + 8)
    changed = 5 * torch.rand_like(noisy)
    near = slice(centre - radius, centre + radius + 1)
    changed[..., near, near] = noisy[..., near, near]
    pixel = (0, 0, centre, centre)
    assert network(changed, sigma)[pixel] == network(noisy, sigma)[pixel]


@pytest.mark.parametrize("name", ["unet", "autoencoder"])
@pytest.mark.parametrize("scale", [1e-3, 7.0, 1e4])
def test_networks_without_bias_scale_with_image_and_noise(name, scale):
    network, noisy = build(name), torch.rand(2, 1, 24, 24)
    sigma = torch.tensor([0.1, 0.3])
    expected = scale * network(noisy, sigma)
    torch.testing.assert_close(
        network(scale * noisy, scale * sigma), expected, rtol=1e-4, atol=1e-5 * scale
    )


@pytest.mark.parametrize("name", SMALL)
def test_only_networks_that_say_so_hear_the_noise_level(name):
    network, noisy = build(name), torch.rand(1, 1, 24, 24)
    quiet, loud = (network(noisy, torch.tensor([s])) for s in (0.1, 0.4))
    assert bool((quiet != loud).any()) is network.uses_sigma


@pytest.mark.parametrize("ndim", [2, 3])
def test_folded_batch_normalisation_is_the_same_function(ndim):
    network = build("dncnn", ndim=ndim)
    folded = network.folded()
    assert not any("norm" in name for name in folded.state_dict())
    noisy, sigma = torch.rand(2, 1, *(3,) * (ndim - 2), 20, 20), torch.ones(2)
    torch.testing.assert_close(folded(noisy, sigma), network(noisy, sigma))
    assert folded.folded() is folded


def test_the_autoencoder_has_no_way_around_its_latent_image():
    network, sigma = build("autoencoder"), torch.tensor([0.1])
    network.encoder.register_forward_hook(lambda *args: torch.zeros_like(args[2]))
    assert (network(torch.rand(1, 1, 24, 24), sigma) == 0).all()


@pytest.mark.parametrize(
    "network",
    [
        *(kind(ndim=ndim) for kind in (UNet, DnCNN, AutoEncoder) for ndim in (2, 3)),
        UNet(ndim=3, z_taps=(1, 3, 1, 3)),
    ],
)
def test_memory_is_planned_by_the_largest_feature_map(network):
    sizes = []
    for module in network.modules():
        if not list(module.children()):
            module.register_forward_hook(lambda *args: sizes.append(args[2].numel()))
    depth = (1 + 2 * network.z_radius,) * (network.ndim - 2)
    noisy = torch.rand(1, 1, *depth, 64, 64)
    network.eval().between_neighbours(noisy, torch.tensor([0.1]))
    planes = 1 + 2 * network.z_held
    assert max(sizes) == planes * network.floats_per_pixel * 64**2


@pytest.mark.parametrize("sides", [(1, 1), (1, 9), (2, 3), (8, 5), (17, 8)])
def test_reflection_to_the_stride_is_numpys(sides):
    image = np.random.default_rng(0).random((1, 1, *sides))
    widths = [(0, 0), (0, 0), *((0, -side % 8) for side in sides)]
    padded = reflect_to_multiple(torch.from_numpy(image), 8)
    np.testing.assert_array_equal(padded, np.pad(image, widths, mode="reflect"))


@pytest.mark.parametrize("shape", [(2, 1, 6, 8), (2, 1, 3, 6, 8)])
def test_unshuffling_is_undone_by_shuffling(shape):
    image = torch.rand(shape)
    cells = unshuffle(image)
    assert cells.shape == (2, 4, *shape[2:-2], 3, 4)
    torch.testing.assert_close(cells[:, 1], image[:, 0, ..., 0::2, 1::2])
    torch.testing.assert_close(shuffle(cells), image)
