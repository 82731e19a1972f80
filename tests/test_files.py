"""TIFF files of all flavours come back with pixels, axes and calibration."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
import pytest
import tifffile

from napari_denoise.axes import Layout
from napari_denoise.errors import FileError
from napari_denoise.files import ImageTarget, create_image, open_image
from napari_denoise.files import read_tiff as read

FLAVOURS = {"plain": {}, "imagej": {"imagej": True}, "ome": {"ome": True}}
RAMP = np.linspace(0, 255, 256, dtype=np.uint8)
LUTS = [np.stack([RAMP, 0 * RAMP, RAMP // 2]), np.stack([0 * RAMP, RAMP, 0 * RAMP])]
HYPERSTACK = {
    "axes": "TZCYX",
    "spacing": 0.5,
    "unit": "um",
    "finterval": 2.5,
    "LUTs": LUTS,
    "Ranges": (10.0, 500.0, 20.0, 900.0),
    "mode": "composite",
}
PIXELS = {
    "axes": "TCZYX",
    "PhysicalSizeX": 0.11,
    "PhysicalSizeXUnit": "µm",
    "PhysicalSizeY": 0.12,
    "PhysicalSizeYUnit": "µm",
    "PhysicalSizeZ": 0.3,
    "PhysicalSizeZUnit": "µm",
    "TimeIncrement": 2.0,
    "TimeIncrementUnit": "s",
    "Channel": {"Name": ["actin", "DNA & more"]},
}


def numbers(shape, dtype="uint16"):
    return np.random.default_rng(0).integers(0, 200, shape).astype(dtype)


def write(path, data, axes, info=None, **target):
    """Write an array plane by plane, the last plane first."""
    layout = Layout(data.shape, axes)
    target = ImageTarget(path, info, **target)
    with create_image(target, data.shape, data.dtype, axes) as pixels:
        for channel in [*layout.channels, *layout.copied]:
            for index in layout.planes(channel)[::-1]:
                pixels[index] = data[index]


@pytest.fixture
def round_trip(tmp_path):
    """Write with tifffile, read, write again, and open both with tifffile."""
    with ExitStack() as opened:

        def round_trip(data, suffix=".tif", target=None, **options):
            paths = tmp_path / f"a{suffix}", tmp_path / f"b{target or suffix}"
            tifffile.imwrite(paths[0], data, **options)
            with open_image(paths[0]) as image:
                whole = image.data[...]
                np.testing.assert_array_equal(whole.squeeze(), data.squeeze())
                write(paths[1], whole, image.axes, image.info)
            return [opened.enter_context(tifffile.TiffFile(path)) for path in paths]

        yield round_trip


def assert_same_pixels(before, after):
    np.testing.assert_array_equal(after.asarray(), before.asarray())
    assert after.asarray().dtype == before.asarray().dtype
    assert after.series[0].axes == before.series[0].axes


def test_imagej_hyperstacks_keep_calibration_and_display(round_trip):
    before, after = round_trip(
        numbers((2, 3, 2, 8, 9)),
        imagej=True,
        resolution=(7.5, 7.25),
        metadata=HYPERSTACK,
    )
    assert_same_pixels(before, after)
    assert after.is_imagej
    entries, expected = after.imagej_metadata, before.imagej_metadata
    assert entries.keys() == expected.keys()
    for name in ("spacing", "unit", "finterval", "mode", "Ranges"):
        assert entries[name] == expected[name]
    np.testing.assert_array_equal(entries["LUTs"], LUTS)
    for name in ("XResolution", "YResolution"):
        tags = (file.pages.first.tags[name].value for file in (before, after))
        assert len({numerator / denominator for numerator, denominator in tags}) == 1


def test_ome_files_keep_sizes_units_times_and_names(round_trip):
    before, after = round_trip(
        numbers((2, 2, 3, 8, 9)), ".ome.tif", ome=True, metadata=PIXELS
    )
    assert_same_pixels(before, after)
    assert after.is_ome
    pixels = [
        tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
        for file in (before, after)
    ]
    names = [[channel["Name"] for channel in p["Channel"]] for p in pixels]
    assert names[1] == names[0] == ["actin", "DNA & more"]
    for key in set(PIXELS) - {"axes", "Channel"}:
        assert pixels[1][key] == pixels[0][key] == PIXELS[key]


@pytest.mark.parametrize("unit", [1, 2, 3])
def test_plain_files_keep_their_resolution(unit, round_trip):
    before, after = round_trip(
        numbers((8, 9)), resolution=(300, 72), resolutionunit=unit, metadata=None
    )
    assert_same_pixels(before, after)
    for name in ("XResolution", "YResolution", "ResolutionUnit"):
        tags = [file.pages.first.tags[name].value for file in (before, after)]
        assert tags[0] == tags[1]


@pytest.mark.parametrize("axes", ["YX", "ZYX", "CYX", "TYX", "TCZYX", "ZCYX"])
def test_axes_of_plain_files_are_kept(axes, round_trip):
    shape = [{"T": 2, "C": 3, "Z": 4, "Y": 8, "X": 9}[axis] for axis in axes]
    before, after = round_trip(
        numbers(shape), photometric="minisblack", metadata={"axes": axes}
    )
    assert_same_pixels(before, after)
    assert after.series[0].axes == axes


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("samples", [3, 4])
def test_colours_are_kept(samples, flavour, round_trip):
    before, after = round_trip(
        numbers((2, 8, 9, samples), "uint8"),
        photometric="rgb",
        metadata={"axes": "ZYXS"},
        **FLAVOURS[flavour],
    )
    assert_same_pixels(before, after)
    assert after.pages.first.photometric == tifffile.PHOTOMETRIC.RGB


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32"])
def test_types_are_kept(dtype, flavour, round_trip):
    data = numbers((3, 8, 9), dtype)
    if flavour == "imagej" and dtype not in ("uint8", "uint16", "float32"):
        flavour = "plain"
    before, after = round_trip(
        data, photometric="minisblack", metadata={"axes": "ZYX"}, **FLAVOURS[flavour]
    )
    assert_same_pixels(before, after)


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint64", "float16", "float64"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_plain_files_take_every_type(dtype, order, round_trip):
    data = numbers((8, 9), np.dtype(dtype).newbyteorder(order))
    before, after = round_trip(data, byteorder=order)
    np.testing.assert_array_equal(after.asarray(), before.asarray())
    assert after.asarray().dtype.name == dtype


@pytest.mark.parametrize("dtype", ["float64", "int16", "float16", "uint64"])
def test_a_result_that_imagej_cannot_hold_still_is_written(dtype, tmp_path):
    source, target = tmp_path / "a.tif", tmp_path / "b.tif"
    tifffile.imwrite(source, numbers((2, 3, 2, 8, 9)), imagej=True, metadata=HYPERSTACK)
    image = read(source)
    data = image.data.astype(dtype)
    write(target, data, image.axes, image.info)
    with tifffile.TiffFile(target) as file:
        assert not file.is_imagej
        assert file.series[0].axes == "TZCYX"
        np.testing.assert_array_equal(file.asarray(), data)


def test_an_imagej_file_becomes_an_ome_file_of_the_same_sizes(round_trip):
    before, after = round_trip(
        numbers((2, 3, 2, 8, 9)),
        ".tif",
        ".ome.tif",
        imagej=True,
        resolution=(10, 5),
        metadata=HYPERSTACK,
    )
    np.testing.assert_array_equal(after.asarray(), before.asarray())
    pixels = tifffile.xml2dict(after.ome_metadata)["OME"]["Image"]["Pixels"]
    sizes = [pixels[f"PhysicalSize{axis}"] for axis in "XYZ"]
    assert sizes == pytest.approx([0.1, 0.2, 0.5])
    assert pixels["TimeIncrement"] == pytest.approx(2.5)


@pytest.mark.parametrize("dtype", ["float16", "int64"])
def test_what_ome_cannot_hold_is_refused(dtype, tmp_path):
    with pytest.raises(FileError, match="cannot be written: data type"):
        write(tmp_path / "a.ome.tif", numbers((8, 9), dtype), "YX")
    assert list(tmp_path.iterdir()) == []


def test_pages_without_a_name_are_unknown_axes(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", numbers((5, 8, 9)), metadata=None)
    assert read(tmp_path / "a.tif").axes in ("QYX", "IYX")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.97])
def test_a_file_cut_short_is_refused(share, tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, numbers((60, 70)), compression="zlib")
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(FileError, match=r"a\.tif"):
        read(path)


@pytest.mark.filterwarnings("ignore")  # numpy's and tifffile's, on the way
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_damaged_files_are_refused_or_read(flavour, tmp_path):
    path, rng = tmp_path / "a.tif", np.random.default_rng(0)
    data = numbers((3, 8, 9))
    tifffile.imwrite(path, data, photometric="minisblack", **FLAVOURS[flavour])
    intact, refused = np.frombuffer(path.read_bytes(), np.uint8), 0
    for _ in range(60):
        damaged = intact.copy()
        damaged[rng.integers(0, 200, 3)] = rng.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        try:
            read(path)
        except FileError:
            refused += 1
    assert refused > 5


@pytest.mark.parametrize("content", [b"", b"hello", b"II*\0\0\0\0\0", b"\x89PNG" * 50])
def test_what_is_no_tiff_is_refused(content, tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"a\.tif"):
        read(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "no.tif", tmp_path):
        with pytest.raises(FileError):
            read(path)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path, data = tmp_path / "a.tif", numbers((8, 9))
    path.write_bytes(b"old")
    with pytest.raises(FileError, match="exists already"):
        write(path, data, "YX")
    with (
        pytest.raises(KeyError),
        create_image(ImageTarget(path, overwrite=True), (8, 9), "u2", "YX"),
    ):
        raise KeyError
    assert path.read_bytes() == b"old"
    write(path, data, "YX", overwrite=True)
    np.testing.assert_array_equal(tifffile.imread(path), data)
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileError, match="no folder"):
        write(tmp_path / "no" / "a.tif", data, "YX")
