"""What is read of layers, and what results become. No window is needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import dask.array
import numpy as np
import pytest
import zarr
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer, Points, Shapes

from napari_denoise import denoise, denoise_layer
from napari_denoise._napari.layers import (
    axes_choices,
    likely_axes,
    snapshot,
    unique_name,
)
from napari_denoise._napari.lazy import discard
from napari_denoise.errors import AxesError, FileError, ImageError
from napari_denoise.sources import layer_axes

if TYPE_CHECKING:
    from pathlib import Path


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


# Results in files -----------------------------------------------------------


@pytest.fixture
def movie(noisy: Any) -> Image:
    return Image(
        np.stack([noisy, noisy // 2, noisy // 3]),
        name="cells",
        axis_labels=("t", "y", "x"),
        scale=(2, 0.2, 0.3),
        translate=(0, 4, 5),
        units=("s", "um", "um"),
        colormap="magenta",
        contrast_limits=(110, 900),
        metadata={"stain": "actin"},
    )


@pytest.mark.parametrize(
    ("name", "kind"), [("result.zarr", zarr.Array), ("result.tif", np.memmap)]
)
def test_a_result_in_a_file_is_a_lazy_layer(
    name: str, kind: type, movie: Image, tmp_path: Path
) -> None:
    path = tmp_path / name
    in_memory = Layer.create(*denoise_layer(movie, "tikhonov"))
    result = Layer.create(*denoise_layer(movie, "tikhonov", out=str(path)))
    assert isinstance(result.data, kind)
    assert result.data.shape == movie.data.shape
    np.testing.assert_array_equal(result.data[...], in_memory.data)
    before = in_memory.as_layer_data_tuple()[1]
    after = result.as_layer_data_tuple()[1]
    for key in set(before) - {"metadata"}:
        np.testing.assert_equal(after[key], before[key], err_msg=key)
    assert result.metadata["stain"] == "actin"
    provenance = result.metadata["napari_denoise"]
    assert provenance["out"] == str(path)
    assert provenance["source"] == "cells"
    assert "out" not in in_memory.metadata["napari_denoise"]


def test_a_lazy_layer_reads_only_what_is_looked_at(
    movie: Image, tmp_path: Path
) -> None:
    out = tmp_path / "result.zarr"
    viewer = ViewerModel()
    result = Layer.create(*denoise_layer(movie, "tikhonov", out=out))
    viewer.add_layer(result)
    viewer.dims.set_current_step(0, 0)
    looked_at = [result.data_to_world((frame, 60, 60)) for frame in range(3)]
    assert result.get_value(looked_at[0], world=True) > 0
    # What a Zarr lacks is zero there: had it been read before, it would not be.
    (out / "0" / "c" / "2" / "0" / "0").unlink()
    viewer.dims.set_current_step(0, 1)
    assert result.get_value(looked_at[1], world=True) > 0
    viewer.dims.set_current_step(0, 2)
    assert result.get_value(looked_at[2], world=True) == 0
    assert tuple(result.contrast_limits) == (110, 900)


def test_a_zarr_is_told_the_scale_of_its_layer(movie: Image, tmp_path: Path) -> None:
    denoise_layer(movie, "tikhonov", out=tmp_path / "a.zarr")
    written = json.loads((tmp_path / "a.zarr" / "zarr.json").read_text())
    (image,) = written["attributes"]["ome"]["multiscales"]
    units = [axis["unit"] for axis in image["axes"]]
    assert units == ["second", "micrometer", "micrometer"]
    scale, shift = image["datasets"][0]["coordinateTransformations"]
    assert scale["scale"] == [2, 0.2, 0.3]
    assert shift["translation"] == [0, 4, 5]


@pytest.mark.parametrize("name", ["a.zarr", "a.tif"])
def test_rgb_in_a_file(name: str, noisy: Any, tmp_path: Path) -> None:
    colours = np.stack([noisy // 8] * 3, axis=-1).astype(np.uint8)
    source = Image(colours, rgb=True, scale=(0.5, 0.25))
    result = Layer.create(*denoise_layer(source, "tikhonov", out=tmp_path / name))
    expected, *_ = denoise_layer(source, "tikhonov")
    assert result.rgb
    np.testing.assert_array_equal(np.asarray(result.data), expected)


def test_axes_in_another_order_than_the_file_has_them(
    noisy: Any, tmp_path: Path
) -> None:
    stack = np.stack([[noisy, noisy // 2]] * 3)
    source = Image(stack, axis_labels=tuple("zcyx"), scale=(3, 1, 1, 1))
    result = Layer.create(*denoise_layer(source, "tikhonov", out=tmp_path / "a.zarr"))
    assert isinstance(result.data, dask.array.Array)
    assert tuple(result.scale) == (3, 1, 1, 1)
    expected, *_ = denoise_layer(source, "tikhonov")
    np.testing.assert_array_equal(result.data.compute(), expected)


def test_one_plane_of_a_stack_in_a_tiff(noisy: Any, tmp_path: Path) -> None:
    source = Image(noisy[None], axis_labels=tuple("zyx"))
    data, *_ = denoise_layer(source, "tikhonov", out=tmp_path / "a.tif")
    assert data.shape == (1, *noisy.shape)


def test_a_lazy_result_can_be_denoised_again(movie: Image, tmp_path: Path) -> None:
    once = Layer.create(*denoise_layer(movie, "tikhonov", out=tmp_path / "a.zarr"))
    data, properties, _ = denoise_layer(once, "tikhonov", noise=5.0)
    np.testing.assert_array_equal(
        data, denoise(once.data[...], "tikhonov", axes="TYX", noise=5.0)
    )
    assert "out" not in properties["metadata"]["napari_denoise"]


def test_a_file_that_exists_is_kept(movie: Image, tmp_path: Path) -> None:
    (tmp_path / "a.zarr").write_text("precious")
    with pytest.raises(FileError, match="exists already"):
        denoise_layer(movie, "tikhonov", out=tmp_path / "a.zarr")
    assert (tmp_path / "a.zarr").read_text() == "precious"


@pytest.mark.parametrize("name", ["a.zarr", "a.tif"])
def test_a_result_that_nobody_wants_leaves_no_file(
    name: str, noisy: Any, tmp_path: Path
) -> None:
    wanted = tmp_path / "wanted.zarr"
    denoise(noisy, "tikhonov", out=wanted)
    discard(denoise(noisy, "tikhonov", out=str(tmp_path / name)))
    discard(denoise(noisy, "tikhonov"))
    assert list(tmp_path.iterdir()) == [wanted]
