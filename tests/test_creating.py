"""Image files are made plane by plane, and others read what they say."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import product

import numpy as np
import ome_types
import pytest
import tifffile
import yaozarrs
import zarr

from napari_denoise.errors import FileError
from napari_denoise.files import (
    ChannelInfo,
    ImageInfo,
    ImageTarget,
    create_image,
    open_image,
    read_mark,
    tiff_pixels,
    tiff_writing,
)
from napari_denoise.files.units import in_bytes
from tests.test_files import HYPERSTACK, LUTS, PIXELS, numbers, write

STACK = numbers((2, 3, 2, 20, 18))
STORY = ImageInfo(
    name="cells",
    spacing={"X": 0.1, "Y": 0.2, "Z": 0.5, "T": 2.0},
    units={"X": "µm", "Y": "µm", "Z": "nm", "T": "min"},
    channels=(
        ChannelInfo("actin", "FF0000", (5.0, 90.0)),
        ChannelInfo("DNA", "00FF7F", (7.0, 80.0)),
    ),
)
NAMES = ["a.tif", "a.ome.tif", "a.zarr"]


def rewritten(source, target, **options):
    """Open a file and write it again, as a run does that changes nothing."""
    with open_image(source) as image:
        out = ImageTarget(target, image.info, **options)
        shape, dtype = image.data.shape, image.data.dtype
        with create_image(out, shape, dtype, image.axes) as pixels:
            for index in product(*map(range, shape[:-2])):
                pixels[(*index, slice(None), slice(None))] = image.data[index]
    return target


def same(told, expected):
    assert told.spacing == pytest.approx(expected.spacing)
    assert told.units == expected.units


# The same flavour -------------------------------------------------------------


def test_an_imagej_stack_keeps_all_that_imagej_knows(tmp_path):
    labels = [f"slice {n}" for n in range(12)]
    told = {**HYPERSTACK, "Labels": labels, "Info": "objective 63×", "xorigin": 2}
    tifffile.imwrite(
        tmp_path / "a.tif", STACK, imagej=True, resolution=(8, 4), metadata=told
    )
    target = rewritten(tmp_path / "a.tif", tmp_path / "b.tif", mark="0f3a")
    with (
        tifffile.TiffFile(tmp_path / "a.tif") as before,
        tifffile.TiffFile(target) as after,
    ):
        assert after.is_imagej
        assert after.series[0].axes == "TZCYX"
        np.testing.assert_array_equal(after.asarray(), STACK)
        entries, expected = after.imagej_metadata, before.imagej_metadata
        np.testing.assert_array_equal(entries.pop("LUTs"), LUTS)
        del expected["LUTs"]
        assert entries == expected
        assert len(after.pages) == 12  # for readers that know no hyperstacks
        np.testing.assert_array_equal(after.pages[7].asarray(), STACK[1, 0, 1])
    assert read_mark(target) == "0f3a"


def test_an_ome_file_keeps_its_whole_document(tmp_path):
    planes = {"DeltaT": [float(n) for n in range(12)], "PositionX": [1.5] * 12}
    channels = {
        "Name": ["actin", "DNA & more"],
        "Color": [-16776961, 16711935],
        "Fluor": ["GFP", "DAPI"],
        "EmissionWavelength": [520.0, 460.0],
    }
    told = {**PIXELS, "axes": "TZCYX", "Channel": channels, "Plane": planes}
    notes = {"Name": "cells", "Description": "a dish", "MapAnnotation": {"dye": "x"}}
    source = tmp_path / "a.ome.tif"
    tifffile.imwrite(source, STACK, metadata={**told, **notes})
    target = rewritten(source, tmp_path / "b.tif", mark="0f3a")
    before, after = ome_types.from_tiff(source), ome_types.from_tiff(target)
    assert before.uuid != after.uuid
    one, other = before.images[0], after.images[0]
    assert other.pixels.tiff_data_blocks == one.pixels.tiff_data_blocks
    other.pixels.dimension_order = one.pixels.dimension_order
    assert other == one
    assert after.structured_annotations == before.structured_annotations
    assert [c.fluor for c in other.pixels.channels] == ["GFP", "DAPI"]
    with tifffile.TiffFile(target) as file:
        assert file.is_ome
        assert file.series[0].axes == "TZCYX"
        np.testing.assert_array_equal(file.asarray(), STACK)
    assert read_mark(target) == "0f3a"


def test_only_the_chosen_series_is_in_the_result(tmp_path):
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path) as file:
        for number in range(3):
            told = {"axes": "YX", "Name": f"well {number}", "Dataset": {"Name": "d"}}
            file.write(numbers((20, 30)) + number, metadata=told)
    with open_image(path, 1) as image:
        write(tmp_path / "b.ome.tif", image.data[...], image.axes, image.info)
    (only,) = ome_types.from_tiff(tmp_path / "b.ome.tif").images
    assert only.name == "well 1"
    data = tifffile.imread(tmp_path / "b.ome.tif")
    np.testing.assert_array_equal(data, numbers((20, 30)) + 1)


def test_another_type_of_pixels_is_told(tmp_path):
    source = tmp_path / "a.ome.tif"
    told = {**PIXELS, "axes": "TZCYX", "SignificantBits": 12}
    tifffile.imwrite(source, STACK, metadata=told)
    with open_image(source) as image:
        write(tmp_path / "b.tif", STACK.astype("f4"), image.axes, image.info)
    pixels = ome_types.from_tiff(tmp_path / "b.tif").images[0].pixels
    assert pixels.type.value == "float"
    assert pixels.significant_bits is None


def test_other_axes_than_the_source_had_are_told(tmp_path):
    source = tmp_path / "a.ome.tif"
    tifffile.imwrite(source, STACK[0, 0], metadata={"axes": "CYX"})
    with open_image(source) as image:
        write(tmp_path / "b.tif", image.data[...], "ZYX", image.info)
    pixels = ome_types.from_tiff(tmp_path / "b.tif").images[0].pixels
    assert (pixels.size_z, pixels.size_c, len(pixels.channels)) == (2, 1, 1)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert file.series[0].axes == "ZYX"


def test_an_old_schema_stays_valid(tmp_path):
    source = tmp_path / "a.ome.tif"
    tifffile.imwrite(source, STACK[0], metadata={"axes": "ZCYX", "PhysicalSizeX": 0.5})
    with tifffile.TiffFile(source) as file:
        xml = file.ome_metadata.replace("2016-06", "2013-06")
    xml = xml.replace("<LightPath/>", "")
    tifffile.tiffcomment(source, xml.encode())
    target = rewritten(source, tmp_path / "b.tif")
    with tifffile.TiffFile(target) as file:
        assert "2013-06" in file.ome_metadata
    assert ome_types.from_tiff(target).images[0].pixels.physical_size_x == 0.5


def test_an_ome_zarr_keeps_its_story(tmp_path):
    write(tmp_path / "a.zarr", STACK.swapaxes(1, 2), "TCZYX", STORY)
    target = rewritten(tmp_path / "a.zarr", tmp_path / "b.zarr", mark="0f3a")
    yaozarrs.validate_zarr_store(str(target))
    told = [
        json.loads((path / "zarr.json").read_text())["attributes"]["ome"]
        for path in (tmp_path / "a.zarr", target)
    ]
    assert told[0] == told[1]
    assert read_mark(target) == "0f3a"


@pytest.mark.parametrize("unit", ["µm", "nm", None])
def test_the_place_of_an_image_is_kept_by_ome(unit, tmp_path):
    spacing, origin = {"X": 0.5, "Y": 0.5, "Z": 2.0}, {"X": 12.5, "Y": -3.0, "Z": 1e-4}
    units = dict.fromkeys("XYZ", unit) if unit else {}
    info = ImageInfo(spacing=spacing, units=units, origin=origin)
    write(tmp_path / "a.zarr", STACK[0], "ZCYX", info)
    rewritten(tmp_path / "a.zarr", tmp_path / "b.ome.tif")
    target = rewritten(tmp_path / "b.ome.tif", tmp_path / "c.ome.tif")
    with open_image(target) as image:
        assert image.info.origin == pytest.approx(origin)
        assert image.info.units == dict.fromkeys("XYZ", unit or "µm")
    (plane,) = ome_types.from_tiff(target).images[0].pixels.planes
    assert (plane.position_x, plane.position_y) == (12.5, -3.0)
    assert plane.position_z_unit.value == (unit or "µm")


@pytest.mark.parametrize(
    ("size", "told"),
    [(900, "0.9 kB"), (2_500, "2.5 kB"), (31_000_000, "31.0 MB"), (4e12, "4000.0 GB")],
)
def test_room_is_told_in_the_unit_that_suits_it(size, told):
    assert in_bytes(int(size)) == told


PALETTE = np.stack([np.arange(256), np.arange(256)[::-1], np.full(256, 7)]) * 257


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(
    ("name", "flavour"), [("a.tif", {}), ("a.tif", {"imagej": True}), ("a.ome.tif", {})]
)
def test_a_palette_is_kept(name, flavour, compression, tmp_path):
    data, shown = numbers((3, 20, 18), "uint8"), {"colormap": PALETTE.astype("u2")}
    told = {"compression": compression, "metadata": {"axes": "ZYX"}, **flavour}
    tifffile.imwrite(tmp_path / name, data, photometric="palette", **shown, **told)
    target = rewritten(tmp_path / name, tmp_path / f"b{name}")
    with tifffile.TiffFile(target) as file:
        for page in file.pages:
            assert page.photometric.name == "PALETTE"
            np.testing.assert_array_equal(page.colormap, PALETTE)
        assert file.series[0].axes == "ZYX"
        np.testing.assert_array_equal(file.asarray(), data)


def test_a_palette_of_256_colours_is_for_imagejs_wider_counts_too(tmp_path):
    options = {"imagej": True, "photometric": "minisblack"}
    shown = PALETTE.astype("u2")
    tifffile.imwrite(tmp_path / "a.tif", STACK[0, 0], colormap=shown, **options)
    target = rewritten(tmp_path / "a.tif", tmp_path / "b.tif")
    with tifffile.TiffFile(target) as file:
        np.testing.assert_array_equal(file.pages[0].colormap, PALETTE)


def test_a_palette_is_left_where_counts_are_of_another_type(tmp_path):
    data, shown = numbers((20, 18), "uint8"), PALETTE.astype("u2")
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="palette", colormap=shown)
    with open_image(tmp_path / "a.tif") as image:
        assert [channel.colour for channel in image.info.channels] == ["FF0007"]
        write(tmp_path / "b.tif", data.astype("f4"), image.axes, image.info)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert file.pages[0].photometric.name == "MINISBLACK"
        np.testing.assert_array_equal(file.asarray(), data)


@pytest.mark.parametrize("flavour", [{}, {"imagej": True}])
def test_dark_counts_stay_white(flavour, tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", STACK[0, 0], photometric="miniswhite", **flavour
    )
    target = rewritten(tmp_path / "a.tif", tmp_path / "b.tif")
    with tifffile.TiffFile(target) as file:
        assert file.pages[0].photometric.name == "MINISWHITE"
        np.testing.assert_array_equal(file.asarray(), STACK[0, 0])


@pytest.mark.parametrize("metadata", [None, {"axes": "YX", "dye": "µ-Dapi"}])
def test_a_text_and_a_date_are_kept(metadata, tmp_path):
    when, text = "2024:01:31 12:00:59", "a dish, 37 °C\nsecond"
    options = {"description": text.encode(), "datetime": when, "metadata": metadata}
    tifffile.imwrite(tmp_path / "a.tif", STACK[0, 0, 0], **options)
    rewritten(tmp_path / "a.tif", tmp_path / "b.tif")
    target = rewritten(tmp_path / "b.tif", tmp_path / "c.tif")
    with tifffile.TiffFile(target) as file:
        assert file.pages[0].description == text
        assert file.pages[0].tags["DateTime"].value == when
        if metadata:
            assert file.shaped_metadata[0]["dye"] == "µ-Dapi"
    with open_image(target) as image:
        assert image.axes == "YX"


def test_all_words_of_a_plain_file_are_kept(tmp_path):
    told = {"Channel": {"Name": ["a", "b"]}, "list": [1, 2.5], "none": None, "u": "µm"}
    tifffile.imwrite(tmp_path / "a.tif", STACK[0, 0], metadata={"axes": "CYX", **told})
    target = rewritten(tmp_path / "a.tif", tmp_path / "b.tif")
    with tifffile.TiffFile(target) as file:
        assert file.shaped_metadata[0] == {"shape": [2, 20, 18], "axes": "CYX", **told}
    with open_image(target) as image:
        assert [channel.name for channel in image.info.channels] == ["a", "b"]


@pytest.mark.parametrize("letter", "qQlL")
def test_integers_of_64_bits_fit_into_a_zarr(letter, tmp_path):
    data = STACK[0, 0].astype(letter) << 40
    write(tmp_path / "array.zarr", data, "CYX")
    tifffile.imwrite(tmp_path / "a.tif", data, metadata={"axes": "CYX"})
    rewritten(tmp_path / "a.tif", tmp_path / "file.zarr")
    for name in ("array.zarr", "file.zarr"):
        with open_image(tmp_path / name) as image:
            assert image.data.dtype == data.dtype
            np.testing.assert_array_equal(image.data[...], data)


def test_a_file_that_became_shorter_is_told_and_not_waited_for(tmp_path):
    made = create_image(ImageTarget(tmp_path / "a.tif"), (3, 9, 8), np.uint16, "ZYX")
    with made as pixels:
        (hidden,) = tmp_path.iterdir()
        size = hidden.stat().st_size
        os.truncate(hidden, size // 3)
        with pytest.raises(OSError, match="shorter"):
            pixels[2, :, :]
        os.truncate(hidden, size)
        assert pixels[2, :, :].shape == (9, 8)


# Another flavour --------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_spacing_and_units_are_told_in_every_flavour(name, tmp_path):
    axes, data = "TCZYX", STACK.swapaxes(1, 2)
    write(tmp_path / name, data, axes, STORY)
    with open_image(tmp_path / name) as image:
        np.testing.assert_array_equal(image.data[...], data)
        assert image.axes == axes
        told = image.info
    if name == "a.tif":  # one unit for all lengths, and the resolution per centimetre
        assert told.spacing == pytest.approx({"X": 0.1, "Y": 0.2, "Z": 5e-4, "T": 120})
        assert told.units == {"X": "µm", "Y": "µm", "Z": "µm", "T": "s"}
    else:
        same(told, STORY)
        assert told.name == "cells"
        assert [c.colour for c in told.channels] == ["FF0000", "00FF7F"]
        assert [c.name for c in told.channels] == ["actin", "DNA"]


def test_independent_readers_agree_about_ome(tmp_path):
    write(tmp_path / "a.ome.tif", STACK.swapaxes(1, 2), "TCZYX", STORY)
    pixels = ome_types.from_tiff(tmp_path / "a.ome.tif").images[0].pixels
    assert (pixels.physical_size_x, pixels.physical_size_y) == (0.1, 0.2)
    assert (pixels.physical_size_z, pixels.physical_size_z_unit.value) == (0.5, "nm")
    assert (pixels.time_increment, pixels.time_increment_unit.value) == (2, "min")
    assert [channel.name for channel in pixels.channels] == ["actin", "DNA"]
    colours = [channel.color.as_rgb_tuple() for channel in pixels.channels]
    assert colours == [(255, 0, 0), (0, 255, 127)]
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert file.series[0].axes == "TCZYX"


def test_imagejs_tables_become_colours_of_a_zarr(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", STACK, imagej=True, resolution=(8, 4), metadata=HYPERSTACK
    )
    rewritten(tmp_path / "a.tif", tmp_path / "b.zarr")
    yaozarrs.validate_zarr_store(str(tmp_path / "b.zarr"))
    ome = zarr.open_group(tmp_path / "b.zarr", mode="r").attrs["ome"]
    channels = ome["omero"]["channels"]
    assert [channel["color"] for channel in channels] == ["FF007F", "00FF00"]
    windows = [channel["window"] for channel in channels]
    assert [(w["start"], w["end"]) for w in windows] == [(10, 500), (20, 900)]


def test_channels_without_a_window_show_all_their_counts(tmp_path):
    data = STACK[0, 0].astype("f4")
    data[1, 3, 3] = np.nan
    info = ImageInfo(channels=(ChannelInfo("a", "FF0000", (1, 2)), ChannelInfo("b")))
    write(tmp_path / "a.zarr", data, "CYX", info)
    with open_image(tmp_path / "a.zarr") as image:
        windows = [channel.window for channel in image.info.channels]
    assert windows == [(1, 2), (np.nanmin(data[1]), np.nanmax(data[1]))]


@pytest.mark.parametrize("size", [20, 10**9])
def test_what_is_too_large_for_imagej_becomes_ome(size, tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_writing, "CLASSIC", size)
    tifffile.imwrite(
        tmp_path / "a.tif", STACK, imagej=True, resolution=(8, 4), metadata=HYPERSTACK
    )
    target = rewritten(tmp_path / "a.tif", tmp_path / "b.tif")
    with tifffile.TiffFile(target) as file:
        assert file.is_bigtiff is file.is_ome is (size == 20)
        np.testing.assert_array_equal(file.asarray(), STACK)
    with open_image(target) as image:
        assert image.info.spacing == {"X": 0.125, "Y": 0.25, "Z": 0.5, "T": 2.5}


@pytest.mark.skipif(
    shutil.disk_usage(tempfile.gettempdir()).free < 5e9, reason="5 GB have to be free"
)
def test_a_result_larger_than_4_gb_has_all_its_pages(tmp_path):
    shape = (33, 8192, 8192)  # the pixels are never written: the file is sparse
    target = ImageTarget(tmp_path / "a.tif", ImageInfo(flavour="imagej"))
    reserve, tiff_writing.reserve = tiff_writing.reserve, lambda *_: None
    try:
        with create_image(target, shape, np.dtype("u2"), "ZYX") as pixels:
            pixels[32, :, :] = np.full(shape[1:], 7, "u2")
    finally:
        tiff_writing.reserve = reserve
    with open_image(tmp_path / "a.tif") as image:
        assert image.data.shape == shape
        assert (image.data[32, 8191, :5] == 7).all()
        assert not image.data[31, 8191, :5].any()
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff
        assert len(file.pages) == 33


# Axes -------------------------------------------------------------------------

SHAPES = {
    "YX": (20, 18),
    "XY": (20, 18),
    "ZYX": (3, 20, 18),
    "YXS": (20, 18, 3),
    "YXC": (20, 18, 5),
    "SYX": (3, 20, 18),
    "CYXS": (2, 20, 18, 4),
    "XYZT": (20, 18, 2, 3),
    "TZCYX": STACK.shape,
}


@pytest.mark.parametrize("axes", SHAPES)
@pytest.mark.parametrize("block", [1, 2**25])
def test_a_tiff_holds_any_order_of_axes(axes, block, tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_pixels, "BLOCK", block)
    data = numbers(SHAPES[axes], "uint8")
    write(tmp_path / "a.tif", data, axes)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), data)
    with open_image(tmp_path / "a.tif") as image:
        assert (image.axes, image.data.shape) == (axes, data.shape)


@pytest.mark.parametrize("axes", ["YX", "ZYX", "YXS", "SYX", "CYXS", "TZCYX"])
def test_an_ome_tiff_holds_them_too(axes, tmp_path):
    data = numbers(SHAPES[axes], "uint8")
    write(tmp_path / "a.ome.tif", data, axes)
    ome_types.from_tiff(tmp_path / "a.ome.tif")
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert file.series[0].axes == axes
        np.testing.assert_array_equal(file.asarray(), data)


def test_axes_that_ome_has_not_are_refused(tmp_path):
    with pytest.raises(FileError, match=r"no axes XYZT.*\.tif"):
        write(tmp_path / "a.ome.tif", numbers(SHAPES["XYZT"]), "XYZT")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("axes", ["YXS", "SYX"])
def test_colour_samples_become_channels_of_their_colours(axes, tmp_path):
    shape = tuple({"Y": 20, "X": 18, "S": 3}[axis] for axis in axes)
    write(tmp_path / "a.zarr", numbers(shape).astype("u1"), axes)
    with open_image(tmp_path / "a.zarr") as image:
        assert image.axes == "CYX"
        assert image.info.channels == (
            ChannelInfo("red", "FF0000", (0, 255)),
            ChannelInfo("green", "00FF00", (0, 255)),
            ChannelInfo("blue", "0000FF", (0, 255)),
        )


# Compression ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flavour", "dtype"),
    [
        *product(({}, {"imagej": True}, {"ome": True}), ("uint16", "float32")),
        *product(({},), ("int8", "uint32", "int64", "uint64", "float64")),
    ],
    ids=str,
)
def test_what_was_compressed_is_compressed_again(flavour, dtype, tmp_path):
    data = np.zeros((3, 2, 200, 300), dtype) + np.arange(6).reshape(3, 2, 1, 1)
    told = {"metadata": {"axes": "ZCYX"}, "compression": "zlib", **flavour}
    tifffile.imwrite(tmp_path / "a.tif", data.astype(dtype), **told)
    target = rewritten(tmp_path / "a.tif", tmp_path / "b.tif", mark="m")
    with tifffile.TiffFile(target) as file:
        assert file.pages[5].compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert file.series[0].axes == "ZCYX"
        assert file.is_imagej is ("imagej" in flavour)
        np.testing.assert_array_equal(file.asarray(), data)
    assert target.stat().st_size < data.nbytes / 10
    assert read_mark(target) == "m"
    assert set(tmp_path.iterdir()) == {tmp_path / "a.tif", target}


@pytest.mark.parametrize("axes", SHAPES)
def test_any_order_of_axes_is_compressed(axes, tmp_path):
    data = numbers(SHAPES[axes], "uint8")
    write(tmp_path / "a.tif", data, axes, ImageInfo(compressed=True))
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), data)
    with open_image(tmp_path / "a.tif") as image:
        assert (image.axes, image.info.compressed) == (axes, True)


# Marks, and what lies beside --------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mark", ["sha256:0f3a 12", None])
def test_marks_are_found_again(name, mark, tmp_path):
    write(tmp_path / name, STACK, "TZCYX", mark=mark)
    assert read_mark(tmp_path / name) == mark


def test_other_files_have_no_mark(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", STACK)
    (tmp_path / "b.tif").write_text("hello")
    zarr.create_group(tmp_path / "c.zarr")
    (tmp_path / "d.zarr").mkdir()
    for name in ("a.tif", "b.tif", "c.zarr", "d.zarr", "no.tif", "no.zarr"):
        assert read_mark(str(tmp_path / name)) is None


@pytest.mark.parametrize("name", NAMES)
def test_what_lies_beside_is_there_before_the_image(name, tmp_path):
    path, beside = tmp_path / name, tmp_path / f"{name}.json"
    target = ImageTarget(path, mark="m", beside=True)
    with create_image(target, STACK.shape, STACK.dtype, "TZCYX") as pixels:
        pixels.facts["model"] = "unet"
        assert not beside.exists()
    assert json.loads(beside.read_text()) == {"model": "unet"}
    assert set(tmp_path.iterdir()) == {path, beside}
    if name == "a.zarr":
        told = zarr.open_group(path, mode="r").attrs["napari_denoise"]
        assert told == {"model": "unet", "mark": "m"}


@pytest.mark.parametrize("name", NAMES)
def test_an_error_leaves_nothing(name, tmp_path):
    target = ImageTarget(tmp_path / name, beside=True)
    with (
        pytest.raises(ValueError, match="mine"),
        create_image(target, STACK.shape, STACK.dtype, "TZCYX") as pixels,
    ):
        pixels[0, 0, 0, :, :] = STACK[0, 0, 0]
        raise ValueError("mine")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_before_anything_is_computed(tmp_path):
    target = ImageTarget(tmp_path / "a.tif")
    with (
        pytest.raises(FileError, match=r"only .* GB left: make room"),
        create_image(target, (10**6, 8192, 8192), np.dtype("f4"), "ZYX"),
    ):
        pytest.fail("there is no room for 268 TB")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="limits of files are Linux's")
def test_a_file_that_may_not_grow_is_told(tmp_path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limits[1]))
    try:
        with pytest.raises(FileError, match="cannot be written"):
            write(tmp_path / "a.tif", numbers((3, 1000, 1000)), "ZYX")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def fill(path, value, start):
    start.wait()
    write(path, np.full((20, 64, 64), value, "u2"), "ZYX", overwrite=True)


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_at_once_leave_one_whole_image(name, tmp_path):
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    path = tmp_path / name
    runs = [context.Process(target=fill, args=(path, v, start)) for v in (1, 2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert 0 in {run.exitcode for run in runs}
    with open_image(path) as image:
        whole = image.data[...]
    assert whole.min() == whole.max()
    assert list(tmp_path.iterdir()) == [path]


# Memory -----------------------------------------------------------------------

STREAM = """
import resource, sys
import numpy as np
from napari_denoise.files import ImageTarget, create_image, open_image

source, target = sys.argv[1:]
with open_image(source) as image:
    shape = image.data.shape
    out = ImageTarget(target, image.info)
    with create_image(out, shape, image.data.dtype, image.axes) as pixels:
        for z in range(shape[0]):
            pixels[z, :, :] = image.data[z]
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak(source, target):
    """Megabytes of memory that a copy takes at most."""
    run = [sys.executable, "-c", STREAM, source, target]
    return int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no resource module")
@pytest.mark.parametrize(
    ("name", "compression"),
    [("b.tif", None), ("b.ome.tif", "zlib"), ("b.zarr", None)],
)
def test_memory_is_flat_in_the_length_of_the_stack(name, compression, tmp_path):
    plane = np.random.default_rng(0).integers(0, 9, (1024, 1024)).astype("u2")
    peaks = []
    for length in (8, 96):  # 16 and 192 MB
        folder = tmp_path / str(length)
        folder.mkdir()
        source = folder / "a.tif"
        tifffile.imwrite(
            source,
            (plane for _ in range(length)),
            shape=(length, *plane.shape),
            dtype="u2",
            photometric="minisblack",
            compression=compression,
            metadata={"axes": "ZYX"},
        )
        peaks.append(peak(source, folder / name))
    assert peaks[1] - peaks[0] < 60
