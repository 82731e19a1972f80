"""Images whose file has their axes in another order."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_denoise.errors import FileError
from napari_denoise.files import ImageFile, ImageInfo, open_image
from napari_denoise.files.turned import Turned, in_order

PIXELS = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)


def opened(axes: str) -> ImageFile:
    return ImageFile(Path("a.zarr"), PIXELS, axes, ImageInfo())


@pytest.mark.parametrize("axes", ["".join(a) for a in permutations("CZYX")])
@pytest.mark.parametrize(
    "index", [..., 1, (0, 1), (slice(1, None), 0, slice(None, None, 2)), (..., 1)]
)
def test_it_is_read_as_if_it_were_transposed(axes: str, index: Any) -> None:
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


@pytest.mark.parametrize("axes", ["TCZYX", "CZTYX", "XYZCT", "SCZYX"])
@pytest.mark.parametrize(
    "index",
    [
        ...,
        0,
        (0, 0),
        (slice(1, None),),
        (..., 0),
        (slice(None), 0, slice(None, None, 2)),
    ],
)
def test_an_axis_that_the_file_has_not_is_of_length_1(axes: str, index: Any) -> None:
    new = "T" if "T" in axes else "S"
    expected = PIXELS[None].transpose([f"{new}CZYX".index(axis) for axis in axes])
    turned = in_order(opened("CZYX"), axes)
    assert (turned.shape, turned.ndim) == (expected.shape, 5)
    np.testing.assert_array_equal(turned[index], expected[index])


@pytest.mark.parametrize("axes", ["CZYX", "ZCXY", "TCZYX"])
@pytest.mark.parametrize("index", [..., 0, (slice(None), 1, ..., slice(0, 2))])
def test_an_axis_of_length_1_does_not_count(axes: str, index: Any) -> None:
    image = ImageFile(Path("a.zarr"), PIXELS[:, None], "CPZYX", ImageInfo())
    order = ["CZYX".index(axis) for axis in axes if axis != "T"]
    expected = PIXELS.transpose(order)
    expected = expected[None] if "T" in axes else expected
    turned = in_order(image, axes)
    assert turned.shape == expected.shape
    np.testing.assert_array_equal(turned[index], expected[index])


def test_a_tiff_stands_for_the_zarr_that_it_was_made_from(tmp_path: Path) -> None:
    data = PIXELS[:1].astype(np.uint16)  # C of length 1
    tifffile.imwrite(tmp_path / "a.ome.tif", data, metadata={"axes": "CZYX"})
    with open_image(tmp_path / "a.ome.tif") as image:
        assert image.axes == "ZYX"
        seen = in_order(image, "TCZYX")
        np.testing.assert_array_equal(seen[0, :, 1:], data[:, 1:])
