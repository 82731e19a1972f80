"""What is read of layers, and what results become. No window is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Image, Labels, Layer, Points, Shapes

from napari_denoise import denoise, denoise_layer
from napari_denoise._napari.layers import (
    axes_choices,
    likely_axes,
    snapshot,
    unique_name,
)
from napari_denoise.errors import AxesError, ImageError
from napari_denoise.sources import layer_axes


def image(shape: tuple[int, ...], **properties: Any) -> Image:
    return Image(np.zeros(shape, np.uint8), **properties)


@pytest.mark.parametrize(
    ("shape", "properties", "axes"),
    [
        ((8, 8), {}, "YX"),
        ((8, 8), {"axis_labels": ("x", "y")}, "XY"),
        ((8, 8, 3), {"rgb": True}, "YXS"),
        ((5, 8, 8), {}, None),
        ((5, 8, 8), {"axis_labels": ("t", "y", "x")}, "TYX"),
        ((5, 8, 8), {"axis_labels": ("plane", "y", "x")}, None),
        ((5, 8, 8), {"axis_labels": ("z", "z", "x")}, None),
        ((5, 8, 8, 4), {"rgb": True, "axis_labels": ("Z", "Y", "X")}, "ZYXS"),
        ((2, 5, 8, 8), {"axis_labels": tuple("CZYX")}, "CZYX"),
    ],
)
def test_axes_are_read_off_the_labels_or_asked_for(
    shape: tuple[int, ...], properties: dict[str, Any], axes: str | None
) -> None:
    assert layer_axes(image(shape, **properties)) == axes


def test_choices_of_axes() -> None:
    assert axes_choices(image((5, 8, 8))) == ["ZYX", "TYX", "CYX"]
    assert axes_choices(image((8, 8, 3), rgb=False)) == ["ZYX", "TYX", "CYX", "YXC"]
    assert len(axes_choices(image((2, 3, 5, 8, 8)))) == 6
    assert axes_choices(image((1, 2, 3, 4, 8, 8))) == []
    assert likely_axes(image((5, 8, 8))) == "ZYX"
    assert likely_axes(image((8, 8, 3), rgb=False)) is None
    assert likely_axes(image((2, 5, 8, 8))) is None


def test_names_never_meet() -> None:
    taken = {"a [unet]", "a [unet] [1]"}
    assert unique_name("a [unet]", taken) == "a [unet] [2]"
    assert unique_name("b [unet]", taken) == "b [unet]"


def test_a_result_keeps_everything_but_the_pixels(noisy: Any) -> None:
    source = Image(
        noisy,
        name="cells",
        scale=(0.2, 0.3),
        translate=(4, 5),
        rotate=30,
        shear=[0.1],
        affine=np.diag([2.0, 2.0, 1.0]),
        units=("um", "um"),
        axis_labels=("y", "x"),
        colormap="magenta",
        contrast_limits=(110, 900),
        gamma=0.7,
        opacity=0.8,
        blending="additive",
        interpolation2d="linear",
        metadata={"stain": "actin"},
        visible=False,
    )
    data, properties, kind = denoise_layer(source, "tikhonov")
    result = Layer.create(data, properties, kind)
    before = source.as_layer_data_tuple()[1]
    after = result.as_layer_data_tuple()[1]
    for key in set(before) - {"name", "metadata", "visible"}:
        np.testing.assert_equal(after[key], before[key], err_msg=key)
    assert result.name == "cells [tikhonov]"
    assert result.visible
    assert (result.data.shape, result.data.dtype) == (noisy.shape, noisy.dtype)
    assert result.data.astype(float).std() < noisy.astype(float).std()
    assert source.metadata == {"stain": "actin"}
    assert result.metadata["stain"] == "actin"
    provenance = result.metadata["napari_denoise"]
    assert provenance["source"] == "cells"
    assert provenance["model"] == "tikhonov"


def test_rgb(noisy: Any) -> None:
    colours = np.stack([noisy // 8] * 3, axis=-1).astype(np.uint8)
    source = Image(colours, rgb=True)
    result = Layer.create(*denoise_layer(source, "tikhonov"))
    assert result.rgb
    assert result.data.shape == colours.shape
    assert not np.array_equal(result.data, colours)


def test_of_a_multiscale_layer_the_finest_level(noisy: Any) -> None:
    source = Image([noisy, noisy[::2, ::2]], multiscale=True, scale=(0.5, 0.5))
    result = Layer.create(*denoise_layer(source, "tikhonov"))
    assert not result.multiscale
    assert result.data.shape == noisy.shape
    assert tuple(result.scale) == (0.5, 0.5)
    np.testing.assert_array_equal(result.data, denoise(noisy, "tikhonov", axes="YX"))


def test_labels_of_the_layer_are_its_axes(noisy: Any) -> None:
    channels = np.stack([noisy, noisy // 2])
    source = Image(channels, axis_labels=("c", "y", "x"))
    *_, properties, _ = denoise_layer(source, "tikhonov")
    assert len(properties["metadata"]["napari_denoise"]["noise"]) == 2


def test_without_labels_four_axes_have_to_be_given(noisy: Any) -> None:
    source = Image(np.stack([[noisy, noisy]]))
    with pytest.raises(AxesError, match="TZYX"):
        denoise_layer(source, "tikhonov")
    data, *_ = denoise_layer(source, "tikhonov", axes="TCYX")
    assert data.shape == source.data.shape


def test_a_snapshot_outlives_its_layer(noisy: Any) -> None:
    source = Image(noisy, name="before")
    taken = snapshot(source)
    source.name = "after"
    source.data = np.zeros((4, 4))
    assert taken.name == "before"
    assert taken.data is noisy


@pytest.mark.parametrize("kind", [Labels, Points, Shapes])
def test_only_image_layers_are_taken(kind: Any) -> None:
    other = kind(np.zeros((8, 8), np.uint8)) if kind is Labels else kind(name="marks")
    with pytest.raises(ImageError, match=f"is a {kind.__name__} layer"):
        denoise_layer(other, "tikhonov")


@pytest.mark.parametrize("other", [np.zeros((8, 8)), [[1, 2], [3, 4]], None])
def test_arrays_are_sent_to_the_other_function(other: Any) -> None:
    with pytest.raises(ImageError, match="takes a napari image layer"):
        denoise_layer(other, "tikhonov")
