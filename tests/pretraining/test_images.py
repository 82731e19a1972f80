"""Which images are read, and how patches are cut from them."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.io import imread

from pretraining.images import CleanImage, draw_patch, load_collection
from tests.pretraining.conftest import MAX_NOISE


def sides(images):
    return sorted(len(image.pixels) for image in images)


def test_noisy_and_small_images_are_left_out(data):
    collection = load_collection(data / "train", MAX_NOISE, validate_every=100)
    assert sides(collection.training["cells"]) == list(range(96, 117))
    noisy = imread(data / "train/cells/noisy.png")
    everything = load_collection(data / "train", 99, validate_every=100)
    known = [image.pixels.tobytes() for image in everything.training["cells"]]
    assert noisy.tobytes() in known
    assert len(known) == 22


def test_no_image_both_trains_and_validates(collection):
    training, validation = collection.training["cells"], collection.validation
    assert sides([*training, *validation]) == list(range(96, 117))
    assert len(validation) == 4


def test_one_and_nought_are_the_percentiles_of_the_image(data, collection):
    image = collection.training["cells"][0]
    relative = (image.pixels - image.low) / (image.high - image.low)
    assert np.mean(relative < 0) <= 0.01 + 1 / relative.size
    assert np.mean(relative > 1) <= 0.001 + 1 / relative.size


@pytest.mark.parametrize("shape", [(64, 64), (65, 64), (66, 130), (97, 64), (60, 80)])
def test_patches_have_their_side_however_small_the_image(shape):
    pixels = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    image = CleanImage(pixels, 10.0, 240.0)
    for seed in range(25):
        patch = draw_patch(image, 64, 2.0, np.random.default_rng(seed))
        assert patch.shape == (64, 64)
        assert patch.dtype == np.float32
        assert np.isfinite(patch).all()


def test_patches_that_are_not_shrunk_are_pieces_of_the_image():
    pixels = np.arange(20 * 20, dtype=np.uint16).reshape(20, 20)
    image = CleanImage(pixels, 0.0, 1.0)
    steps = set()
    for seed in range(40):
        patch = draw_patch(image, 16, 1.0, np.random.default_rng(seed))
        values = np.unique(patch)
        assert np.isin(values, pixels).all()
        assert len(values) == 256
        steps.add((patch[1, 0] - patch[0, 0], patch[0, 1] - patch[0, 0]))
    assert steps == {
        (a, b) for x in (1, -1) for y in (20, -20) for a, b in ((x, y), (y, x))
    }


def test_patches_with_content_are_drawn_more_often():
    pixels = np.zeros((64, 512), np.uint8)
    pixels[::2, :64] = 255
    image = CleanImage(pixels, 0.0, 255.0)
    drawn = [
        draw_patch(image, 32, 1.0, np.random.default_rng(s)).std() for s in range(200)
    ]
    assert np.mean(np.array(drawn) > 0) > 0.3  # by area alone 0.2
