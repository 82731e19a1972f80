"""Which axis is which, and the planes that follow from it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.errors import AxesError


@pytest.mark.parametrize(
    ("shape", "axes", "labels", "expected"),
    [
        ((5, 6), None, None, "YX"),
        ((7, 5, 6), None, None, "ZYX"),
        ((7, 5, 6), "tyx", None, "TYX"),
        ((7, 5, 6), None, "cyx", "CYX"),
        ((7, 5, 6), "TYX", "CYX", "TYX"),
        ((7, 5, 6), None, "-3-2", "ZYX"),
        ((5, 6, 3), "YXS", None, "YXS"),
        ((5, 6, 4), "YXC", None, "YXC"),
        ((2, 3, 4, 5, 6), "TCZYX", None, "TCZYX"),
        ((6, 5), "XY", None, "XY"),
    ],
)
def test_axes_are_resolved(shape, axes, labels, expected):
    assert resolve_axes(shape, axes, labels) == expected


@pytest.mark.parametrize(
    ("shape", "axes", "labels", "words"),
    [
        ((5, 6), "ZYX", None, ["ZYX", "(5, 6)"]),
        ((7, 5, 6), "YX", None, ["YX", "(7, 5, 6)"]),
        ((7, 5, 6), "YYX", None, ["YYX", "once"]),
        ((7, 5, 6), "QYX", None, ["QYX"]),
        ((7, 5, 6), "ZCX", None, ["ZCX", "Y"]),
        ((5, 6, 5), "YXS", None, ["5", "RGBA"]),
        ((5, 6, 3), None, None, ["YXS", "ZYX", "YXC"]),
        ((5, 6, 4), None, None, ["YXS", "ZYX", "YXC"]),
        ((2, 7, 5, 6), None, None, ["TZYX", "CZYX"]),
        ((2, 2, 7, 5, 6), None, None, ["TCZYX"]),
        ((7, 5, 6), None, "QYX", ["ZYX", "TYX"]),
        ((7, 5, 6), None, "IYX", ["ZYX", "TYX"]),
        ((6,), None, None, ["Y and X"]),
        ((), None, None, ["Y and X", "()"]),
    ],
)
def test_unclear_axes_are_refused_with_the_choices(shape, axes, labels, words):
    with pytest.raises(AxesError) as caught:
        resolve_axes(shape, axes, labels)
    assert all(word in str(caught.value) for word in words)


@st.composite
def layouts(draw):
    others = draw(st.lists(st.sampled_from("TCZS"), unique=True))
    axes = "".join(draw(st.permutations([*"YX", *others])))
    return Layout(tuple(draw(st.integers(1, 4)) for _ in axes), axes)


@given(layouts())
def test_planes_of_all_channels_cover_the_array_once(layout):
    image = np.arange(np.prod(layout.shape)).reshape(layout.shape)
    written = np.full(layout.shape, -1)
    for channel in layout.channels + layout.copied:
        planes = layout.planes(channel)
        assert len(planes) == layout.planes_per_channel
        for index in planes:
            plane = layout.read(image, index)
            assert plane.shape == layout.plane_shape
            assert (written[index] == -1).all()
            layout.write(written, index, plane)
    np.testing.assert_array_equal(written, image)


@given(layouts())
def test_planes_come_as_rows_and_columns(layout):
    image = np.random.default_rng(0).random(layout.shape)
    channel = layout.channels[-1] if layout.channels else layout.copied[0]
    order = [layout.axes.index(axis) for axis in "TCZSYX" if axis in layout.axes]
    ordered = np.transpose(image, order)
    for axis in "CS":
        if axis in layout.axes:
            at = [a for a in "TCZSYX" if a in layout.axes].index(axis)
            ordered = np.take(ordered, [channel[axis]], at)
    expected = ordered.reshape(-1, *layout.plane_shape)
    planes = [layout.read(image, index) for index in layout.planes(channel)]
    np.testing.assert_array_equal(planes, expected)


@pytest.mark.parametrize(
    ("samples", "denoised", "copied"), [(1, 1, 0), (2, 1, 1), (3, 3, 0), (4, 3, 1)]
)
def test_the_last_of_two_or_four_samples_is_alpha(samples, denoised, copied):
    layout = Layout((2, 5, 6, samples), "CYXS")
    assert len(layout.channels) == 2 * denoised
    assert [position["S"] for position in layout.copied] == [samples - 1] * 2 * copied
