"""Images whose file has their axes in another order."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from napari_denoise.errors import FileError
from napari_denoise.files import ImageFile, ImageInfo
from napari_denoise.files.turned import Turned, in_order

PIXELS = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)


def opened(axes: str) -> ImageFile:
    return ImageFile(Path("a.zarr"), PIXELS, axes, ImageInfo())


@pytest.mark.parametrize("axes", ["".join(a) for a in permutations("CZYX")])
@pytest.mark.parametrize(
    "index", [..., 1, (0, 1), (slice(1, None), 0, slice(None, None, 2)), (..., 1)]
)
def test_it_is_read_as_if_it_were_transposed(axes: str, index: object) -> None:
    turned = in_order(opened("CZYX"), axes)
    expected = PIXELS.transpose(["CZYX".index(axis) for axis in axes])
    assert turned.shape == expected.shape
    np.testing.assert_array_equal(turned[index], expected[index])


def test_what_is_in_order_is_handed_out_as_it_is() -> None:
    assert in_order(opened("CZYX"), "CZYX") is PIXELS


def test_channels_may_be_colour_samples() -> None:
    turned = in_order(opened("CZYX"), "ZYXS")
    assert isinstance(turned, Turned)
    np.testing.assert_array_equal(turned[...], PIXELS.transpose(1, 2, 3, 0))


def test_other_axes_are_told() -> None:
    with pytest.raises(FileError, match="CZYX, not TZYX"):
        in_order(opened("CZYX"), "TZYX")
