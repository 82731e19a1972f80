"""Parts of an image are what a run over all of it makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise import NoiseModel, denoise
from napari_denoise.errors import AxesError, Cancelled, OptionError
from napari_denoise.preview import Preview
from tests.conftest import draw, random_model, synthetic_scene

SIDE = 520


@pytest.fixture(scope="module")
def deep():
    return random_model("unet", ndim=3, widths=(4, 8), blocks=1, z_taps=[5, 1, 1])


@pytest.fixture(scope="module")
def image():
    """A plane so large that its middle sees no border, uint16."""
    clean = np.tile(synthetic_scene(104), (5, 5))
    return draw(clean, peak=60, gain=2, offset=100)[0].clip(0).astype(np.uint16)


def differ(part, whole):
    """Largest difference; rounding may fall on either side."""
    return np.abs(part.astype(float) - whole).max()


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((250, 300), (241, 293)), ((0, 40), (480, 520)), ((0, 520), (0, 520))],
)
def test_a_part_is_what_the_whole_is_there(rows, columns, image):
    whole = denoise(image, "unet-fast")
    part = Preview(image).part({}, rows, columns, "unet-fast")
    assert part.dtype == image.dtype
    assert part.shape == (rows[1] - rows[0], columns[1] - columns[0])
    assert differ(part, whole[slice(*rows), slice(*columns)]) <= 1


def test_only_what_decides_the_part_is_read(image):
    class Watched:
        shape, dtype, read = image.shape, image.dtype, 0

        def __getitem__(self, index):
            pixels = image[index]
            self.read = pixels.size
            return pixels

    watched = Watched()
    Preview(watched).part({}, (256, 272), (256, 272), "unet-fast")
    assert watched.read < image.size / 3


@pytest.mark.parametrize("strength", [0.5, 1.0, 1.5])
def test_strength_counts_as_in_a_run(strength, image):
    options = {"model": "unet-fast", "strength": strength}
    whole = denoise(image, **options)
    part = Preview(image).part({}, (200, 232), (300, 340), **options)
    assert differ(part, whole[200:232, 300:340]) <= 1


@pytest.fixture(scope="module")
def rugged():
    """Blocks of all brightnesses: wherever a margin ends, something is cut."""
    rng = np.random.default_rng(3)
    blocks = 10 ** rng.uniform(0, 3, (SIDE // 8, SIDE // 8))
    return rng.poisson(np.kron(blocks, np.ones((8, 8)))).astype(np.float32)


@pytest.mark.parametrize("correlation", [0.0, 1.5])
@pytest.mark.parametrize("model", ["unet-fast", "far", "tikhonov"])
def test_all_that_decides_a_part_is_looked_at(correlation, model, rugged):
    if model == "far":
        # Its receptive field is used to the rim, as that of trained ones never is.
        model = random_model("unet", ndim=2, widths=(4, 8, 8), blocks=1)
    noise = NoiseModel(gain=1, correlation_length=correlation)
    whole = denoise(rugged, model, noise=noise)
    preview = Preview(rugged, noise=noise)
    for rows, columns in (((250, 266), (241, 263)), ((0, 16), (230, 240))):
        part = preview.part({}, rows, columns, model)
        found = differ(part, whole[slice(*rows), slice(*columns)])
        assert found < 1e-6 * np.ptp(whole)


@pytest.mark.parametrize("z", [0, 1, 3, 6])
@pytest.mark.parametrize("along", ["Z", "T"])
def test_neighbours_are_looked_at(z, along, deep, image):
    planes = np.stack([image[8 * n : 8 * n + 64, :72] for n in range(7)])
    other = planes[:, ::-1]
    axes = "TZYX" if along == "Z" else "ZTYX"
    both = np.stack([planes, other]).astype(np.float32)
    whole = denoise(both, deep, axes=axes, neighbours=along)
    preview = Preview(both, axes=axes)
    for number in (0, 1):
        place = {along: z, "TZ".replace(along, ""): number}
        part = preview.part(place, (0, 64), (0, 72), deep, neighbours=along)
        assert differ(part, whole[number, z]) < 1e-3 * np.ptp(whole)


def test_channels_have_noise_of_their_own(image):
    both = np.stack([image[:96, :96], 3 * image[:96, :96]], axis=-1)
    whole = denoise(both, "tikhonov", axes="YXC")
    preview = Preview(both, axes="YXC")
    for channel in (0, 1):
        part = preview.part({"C": channel}, (8, 90), (0, 50), "tikhonov")
        assert differ(part, whole[8:90, :50, channel]) <= 1


def test_colours_come_together_and_alpha_stays(image):
    colours = (image[:96, :96] // 8).clip(0, 255).astype(np.uint8)
    rgba = np.stack([colours, colours[::-1], colours.T, 0 * colours + 7], axis=-1)
    whole = denoise(rgba, "tikhonov", axes="YXS")
    part = Preview(rgba, axes="YXS").part({}, (5, 60), (10, 96), "tikhonov")
    assert part.shape == (55, 86, 4)
    assert differ(part, whole[5:60, 10:96]) <= 1
    assert (part[..., 3] == 7).all()


def test_axes_in_another_order(image):
    turned = image[:200, :150].T
    whole = denoise(turned, "unet-fast", axes="XY")
    part = Preview(turned, axes="XY").part({}, (20, 50), (30, 90), "unet-fast")
    assert differ(part, whole[30:90, 20:50].T) <= 1


def test_what_has_no_noise_stays_as_it_is():
    flat = np.full((64, 64), 7, np.uint8)
    part = Preview(flat).part({}, (3, 30), (4, 20))
    np.testing.assert_array_equal(part, flat[3:30, 4:20])


def test_it_can_be_cancelled(image):
    with pytest.raises(Cancelled):
        Preview(image, cancelled=lambda: True)
    with pytest.raises(Cancelled):
        Preview(image).part({}, (0, 64), (0, 64), cancelled=lambda: True)


def test_bad_options_are_told(image):
    with pytest.raises(AxesError):
        Preview(image[None, None])
    with pytest.raises(OptionError, match="neighbours="):
        Preview(image).part({}, (0, 9), (0, 9), neighbours="Y")


class Counting:
    """Counts how often it is asked whether to stop: before each layer of a network."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return False


def test_another_strength_needs_no_network():
    noisy = np.random.default_rng(1).poisson(40, (96, 128)).astype(np.uint16)
    preview = Preview(noisy)

    def asked(model="unet-fast", rows=(10, 60), **options):
        count = Counting()
        found = preview.part({}, rows, (20, 100), model, cancelled=count, **options)
        whole = denoise(noisy, model, **options)[rows[0] : rows[1], 20:100]
        assert abs(found.astype(int) - whole).max() <= 1
        return count.times

    assert asked() > 10
    assert asked(strength=0.5) == 0
    assert asked(strength=0.7) == 0
    assert asked(strength=1.5) > 10  # the network is told more noise
    assert asked(strength=0.5) > 10
    assert asked(rows=(30, 90)) == 0  # all of so small an image is seen anyway
    assert asked("dncnn") > 10
    assert asked() > 10
