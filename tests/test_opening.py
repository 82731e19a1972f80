"""Images in files open lazily: every kind of TIFF and Zarr, each with its story."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given
from hypothesis import strategies as st

from napari_denoise import denoise_folder
from napari_denoise.errors import FileError, OptionError
from napari_denoise.files import (
    ChannelInfo,
    is_image_path,
    open_image,
    series_names,
)
from napari_denoise.files import chunks as chunks_module
from tests.test_files import HYPERSTACK, LUTS, PIXELS, numbers

NOBODY = 65534
"""Number of the user who owns nothing."""
STACK = numbers((2, 3, 2, 40, 36))
KINDS = {
    "contiguous": {},
    "big-endian": {"byteorder": ">"},
    "bigtiff": {"bigtiff": True},
    "deflate": {"compression": "zlib"},
    "predictor": {"compression": "zlib", "predictor": True},
    "lzw": {"compression": "lzw"},
    "zstd": {"compression": "zstd"},
    "tiled": {"tile": (16, 16)},
    "tiled and compressed": {"tile": (16, 32), "compression": "zlib"},
    "strips": {"rowsperstrip": 7},
    "imagej": {"imagej": True},
    "ome": {"ome": True},
    "ome, tiled": {"ome": True, "tile": (16, 16), "compression": "zlib"},
}


def write(path, data, **options):
    axes = options.pop("axes", "TZCYX")
    options = {"photometric": "minisblack", "metadata": {"axes": axes}, **options}
    tifffile.imwrite(path, data, **options)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One file of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    names = {kind: folder / f"{n}.tif" for n, kind in enumerate(KINDS)}
    return {kind: write(names[kind], STACK, **KINDS[kind]) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_tiff_is_read_as_it_was_written(kind, files):
    with open_image(files[kind]) as image:
        assert (image.axes, image.data.shape) == ("TZCYX", STACK.shape)
        assert image.data.dtype == STACK.dtype
        np.testing.assert_array_equal(image.data[...], STACK)
        np.testing.assert_array_equal(np.asarray(image.data), STACK)
        np.testing.assert_array_equal(image.data[1, 2, 1], STACK[1, 2, 1])
        assert image.notes == ()


def indices(shape):
    """Indices of integers and slices, some axes left out."""

    def one(size):
        return st.integers(-size, size - 1) | st.slices(size)

    parts = [st.tuples(*map(one, shape[:count])) for count in range(len(shape) + 1)]
    return st.one_of(*parts, st.builds(lambda i: (..., i), one(shape[-1])))


@pytest.mark.parametrize("kind", ["contiguous", "big-endian", "tiled", "ome", "strips"])
@given(index=indices(STACK.shape))
def test_slices_of_a_tiff_are_those_of_its_array(kind, index, files):
    with open_image(files[kind]) as image:
        np.testing.assert_array_equal(image.data[index], STACK[index])


@pytest.fixture(scope="module")
def chunked(tmp_path_factory):
    path = tmp_path_factory.mktemp("zarr") / "a.zarr"
    array = zarr.create_array(
        path, shape=STACK.shape, dtype="u2", chunks=(1, 2, 2, 16, 36)
    )
    array[:] = STACK
    return path


@given(index=indices(STACK.shape), room=st.sampled_from([100, 5000, 2**28]))
def test_slices_of_a_zarr_are_those_of_its_array(index, room, chunked):
    former, chunks_module.SLAB = chunks_module.SLAB, room
    try:
        with open_image(chunked) as image:
            np.testing.assert_array_equal(image.data[index], STACK[index])
            np.testing.assert_array_equal(image.data[index], STACK[index])
    finally:
        chunks_module.SLAB = former


@pytest.mark.parametrize("index", [5, (0, 3), (0,) * 6, [0, 1], "a", 1.5, None])
def test_what_is_no_index_is_refused(index, files, chunked):
    for path in (files["contiguous"], files["deflate"], chunked):
        with open_image(path) as image, pytest.raises(IndexError):
            image.data[index]


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_colours_lie_together_or_apart(planar, compression, tmp_path):
    axes = "ZYXS" if planar == "contig" else "ZSYX"
    shape = (4, 20, 30, 3) if planar == "contig" else (4, 3, 20, 30)
    data, path = numbers(shape, "uint8"), tmp_path / "a.tif"
    colours = {"photometric": "rgb", "planarconfig": planar}
    write(path, data, axes=axes, compression=compression, **colours)
    with open_image(path) as image:
        assert image.axes == axes
        np.testing.assert_array_equal(image.data[...], data)
        np.testing.assert_array_equal(image.data[2, 1], data[2, 1])
        np.testing.assert_array_equal(image.data[1, ..., 2], data[1, ..., 2])


def test_pages_are_read_once_for_their_colours(tmp_path, monkeypatch):
    path, decoded = tmp_path / "a.tif", []
    write(
        path,
        numbers((2, 9, 8, 3), "uint8"),
        axes="ZYXS",
        photometric="rgb",
        compression="zlib",
    )
    asarray = tifffile.TiffPage.asarray

    def counted(page, *args, **kwargs):
        decoded.append(page.index)
        return asarray(page, *args, **kwargs)

    monkeypatch.setattr(tifffile.TiffPage, "asarray", counted)
    monkeypatch.setattr(tifffile.TiffFrame, "asarray", counted)
    with open_image(path) as image:
        for plane in range(2):
            for colour in range(3):
                image.data[plane, :, :, colour]
    assert decoded == [0, 1]


# What files say ---------------------------------------------------------------


def test_imagej_tells_voxels_times_and_colours(tmp_path):
    path = tmp_path / "a.tif"
    labels = [f"slice {n}" for n in range(12)]
    told = {**HYPERSTACK, "Labels": labels, "Info": "objective 63×", "xorigin": 2}
    write(path, STACK, imagej=True, resolution=(8, 4), metadata=told)
    with open_image(path) as image:
        info = image.info
    assert info.flavour == "imagej"
    assert info.spacing == {"X": 0.125, "Y": 0.25, "Z": 0.5, "T": 2.5}
    assert info.units == {"X": "µm", "Y": "µm", "Z": "µm", "T": "s"}
    assert info.origin == {"X": -0.25}
    assert info.channels == (
        ChannelInfo(None, "FF007F", (10.0, 500.0)),
        ChannelInfo(None, "00FF00", (20.0, 900.0)),
    )
    assert info.native["Labels"] == labels
    np.testing.assert_array_equal(info.native["LUTs"], LUTS)


def test_ome_tells_voxels_times_names_and_colours(tmp_path):
    channels = {"Name": ["actin", "DNA"], "Color": [-16776961, 16711935]}
    plane = {"PositionX": [5.0] * 12, "PositionXUnit": ["mm"] * 12}
    told = {**PIXELS, "axes": "TZCYX", "Channel": channels, "Plane": plane}
    path = write(tmp_path / "a.ome.tif", STACK, metadata={**told, "Name": "cells"})
    with open_image(path) as image:
        info = image.info
    assert (info.flavour, info.name) == ("ome", "cells")
    assert info.spacing == {"X": 0.11, "Y": 0.12, "Z": 0.3, "T": 2.0}
    assert info.units == {"X": "µm", "Y": "µm", "Z": "µm", "T": "s"}
    assert info.origin == pytest.approx({"X": 5000})
    assert info.channels == (
        ChannelInfo("actin", "FF0000"),
        ChannelInfo("DNA", "00FF00"),
    )


def test_times_of_planes_tell_the_interval(tmp_path):
    times = {"DeltaT": [2.5 * (n // 6) for n in range(12)], "DeltaTUnit": ["min"] * 12}
    metadata = {"axes": "TZCYX", "Plane": times}
    with open_image(write(tmp_path / "a.ome.tif", STACK, metadata=metadata)) as image:
        assert (image.info.spacing, image.info.units) == ({"T": 2.5}, {"T": "min"})


@pytest.mark.parametrize(("unit", "name"), [(1, None), (2, "in"), (3, "cm")])
def test_plain_files_tell_their_resolution(unit, name, tmp_path):
    path = tmp_path / "a.tif"
    write(path, STACK[0, 0], axes="CYX", resolution=(300, 50), resolutionunit=unit)
    with open_image(path) as image:
        info = image.info
    assert info.units == ({"X": name, "Y": name} if name else {})
    assert info.spacing == ({"X": 1 / 300, "Y": 1 / 50} if name else {})


# Several images in a file -----------------------------------------------------


def test_each_series_is_an_image(tmp_path):
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path) as file:
        for number, side in enumerate((20, 30, 40)):
            told = {"axes": "ZYX", "Name": f"well {number}", "PhysicalSizeX": side}
            file.write(
                numbers((2, side, side)), photometric="minisblack", metadata=told
            )
    assert series_names(path) == ["well 0", "well 1", "well 2"]
    for number, side in enumerate((20, 30, 40)):
        with open_image(path, number) as image:
            assert image.data.shape == (2, side, side)
            assert image.info.name == f"well {number}"
            assert image.info.spacing["X"] == side
            np.testing.assert_array_equal(image.data[1], numbers((2, side, side))[1])
    for number in (-1, 3):
        with pytest.raises(FileError, match="holds 3"), open_image(path, number):
            pass


@pytest.mark.parametrize("ome", [True, False])
def test_levels_of_a_pyramid_and_thumbnails_are_no_series(ome, tmp_path):
    path, data = tmp_path / "a.tif", numbers((64, 64))
    with tifffile.TiffWriter(path, ome=ome) as file:
        file.write(data, subifds=2, tile=(16, 16))
        for step in (2, 4):
            file.write(data[::step, ::step], subfiletype=1, tile=(16, 16))
        if not ome:
            file.write(data[::8, ::8], subfiletype=1)
    assert len(series_names(path)) == 1
    with open_image(path) as image:
        np.testing.assert_array_equal(image.data[...], data)


def test_an_image_in_several_files_is_one(tmp_path):
    parts = [tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"]
    stack = numbers((2, 8, 9))
    for part, plane in zip(parts, stack, strict=True):
        tifffile.imwrite(part, plane, metadata={"axes": "YX"}, compression="zlib")
    uuids = [f"urn:uuid:0000000{n}-0000-0000-0000-000000000000" for n in range(2)]
    tiff_data = "".join(
        f'<TiffData FirstZ="{n}" IFD="0" PlaneCount="1"><UUID FileName="{p.name}">{u}'
        "</UUID></TiffData>"
        for n, (p, u) in enumerate(zip(parts, uuids, strict=True))
    )
    for part, uuid in zip(parts, uuids, strict=True):
        with tifffile.TiffFile(part) as file:
            xml = file.ome_metadata
        start = xml.index("<TiffData")
        xml = xml[:start] + tiff_data + xml[xml.index("/>", start) + 2 :]
        xml = xml.replace('SizeZ="1"', 'SizeZ="2"')
        old = xml[xml.index("urn:uuid:") :].partition('"')[0]
        tifffile.tiffcomment(part, xml.replace(old, uuid).encode())
    with open_image(parts[0]) as image:
        assert image.axes == "ZYX"
        for number in range(2):
            np.testing.assert_array_equal(image.data[number], stack[number])


# Zarr -------------------------------------------------------------------------


def ngff(group, data, version="0.4", axes="tzcyx", **told):
    """Write one image as others do."""
    array = group.create_array("0", shape=data.shape, dtype=data.dtype)
    array[:] = data
    kinds = {"t": "time", "c": "channel"}
    named = [{"name": a, "type": kinds.get(a, "space")} for a in axes]
    for axis in named:
        if axis["name"] in "zyx":
            axis["unit"] = "micrometer"
    multiscale = {"axes": named, "datasets": [{"path": "0", **told.pop("level", {})}]}
    described = {"multiscales": [{**multiscale, **told.pop("multiscale", {})}], **told}
    is_new = version == "0.5"
    group.attrs.update(
        {"ome": {"version": "0.5", **described}} if is_new else described
    )


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_opens_with_its_story(version, tmp_path):
    group = zarr.create_group(
        tmp_path / "a.zarr", zarr_format=3 if version == "0.5" else 2
    )
    window = {"start": 5, "end": 90, "min": 0, "max": 255}
    shift = {"type": "translation", "translation": [0, 1, 0, 2, 3]}
    ngff(
        group,
        STACK,
        version,
        level={
            "coordinateTransformations": [
                {"type": "scale", "scale": [1, 0.5, 1, 0.2, 0.1]},
                shift,
            ]
        },
        multiscale={
            "name": "cells",
            "coordinateTransformations": [{"type": "scale", "scale": [3, 1, 1, 2, 2]}],
        },
        omero={
            "channels": [
                {"label": "actin", "color": "ff0000", "window": window},
                {"color": "00FF00", "window": window},
            ]
        },
    )
    assert series_names(tmp_path / "a.zarr") == ["cells"]
    with open_image(tmp_path / "a.zarr") as image:
        assert (image.axes, image.info.flavour) == ("TZCYX", "zarr")
        np.testing.assert_array_equal(image.data[1, :, 1], STACK[1, :, 1])
        info = image.info
    assert info.spacing == {"T": 3, "Z": 0.5, "Y": 0.4, "X": 0.2}
    assert info.units == dict.fromkeys("ZYX", "µm")
    assert info.origin == {"Z": 1, "Y": 4, "X": 6}
    assert info.channels == (
        ChannelInfo("actin", "FF0000", (5, 90)),
        ChannelInfo(None, "00FF00", (5, 90)),
    )


def test_converted_files_hold_series(tmp_path):
    root = zarr.create_group(tmp_path / "a.zarr", zarr_format=2)
    root.attrs["bioformats2raw.layout"] = 3
    for number in range(2):
        ngff(root.create_group(str(number)), STACK[number : number + 1])
    assert series_names(tmp_path / "a.zarr") == ["0", "1"]
    (tmp_path / "a.zarr" / "OME").mkdir()
    names = "".join(f'<Image ID="Image:{n}" Name="field {n}"/>' for n in range(2))
    (tmp_path / "a.zarr" / "OME" / "METADATA.ome.xml").write_text(
        f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{names}</OME>'
    )
    assert series_names(tmp_path / "a.zarr") == ["field 0", "field 1"]
    with open_image(tmp_path / "a.zarr", 1) as image:
        np.testing.assert_array_equal(image.data[0], STACK[1])


def test_each_field_of_a_plate_is_an_image(tmp_path):
    root = zarr.create_group(tmp_path / "a.zarr", zarr_format=3)
    wells = [{"path": f"A/{column}"} for column in (1, 2)]
    root.attrs["ome"] = {"version": "0.5", "plate": {"wells": wells}}
    for column in (1, 2):
        well = root.create_group(f"A/{column}")
        well.attrs["ome"] = {"well": {"images": [{"path": "0"}, {"path": "1"}]}}
        for field in range(2):
            ngff(well.create_group(str(field)), STACK[:1] + column, "0.5")
    names = series_names(tmp_path / "a.zarr")
    assert names == ["A/1/0", "A/1/1", "A/2/0", "A/2/1"]
    with open_image(tmp_path / "a.zarr", 2) as image:
        np.testing.assert_array_equal(image.data[...], STACK[:1] + 2)


def test_a_plain_array_has_axes_that_nobody_named(chunked, tmp_path):
    with open_image(chunked) as image:
        assert image.axes == "QQQQQ"
    named = zarr.create_array(
        tmp_path / "b.zarr",
        shape=(2, 3, 4),
        dtype="u1",
        dimension_names=("z", "y", "x"),
    )
    named[:] = 7
    with open_image(tmp_path / "b.zarr") as image:
        assert image.axes == "ZYX"


def test_chunks_of_many_planes_are_decoded_once(tmp_path, monkeypatch):
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(128, 32, 32), dtype="u2", chunks=(64, 32, 32)
    )
    stack = numbers((128, 32, 32))
    array[:] = stack
    reads = []
    read = chunks_module.Chunked._read
    monkeypatch.setattr(
        chunks_module.Chunked, "_read", lambda s, box: reads.append(box) or read(s, box)
    )
    with open_image(tmp_path / "a.zarr") as image:
        for number in range(128):
            plane = image.data[number]
            np.testing.assert_array_equal(plane, stack[number])
            plane[:] = 0  # what is kept stays as it is
    assert len(reads) == 2
    reads.clear()
    monkeypatch.setattr(chunks_module, "SLAB", 10 * 32 * 32 * 2)
    with open_image(tmp_path / "a.zarr") as image:
        for number in range(128):
            np.testing.assert_array_equal(image.data[number], stack[number])
    assert 13 <= len(reads) <= 20


# What cannot be opened --------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.02, 0.4, 0.9])
def test_a_tiff_cut_short_is_told(kind, share, files, tmp_path):
    path = tmp_path / "cut.tif"
    content = files[kind].read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with (
        pytest.raises(FileError, match=r"cut\.tif"),
        open_image(path) as image,
    ):
        image.data[...]
        pytest.fail(f"read as {image.data.shape}")


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("missing", [1, 700, 0.3, 0.6])
def test_a_cut_is_told_as_one_where_the_description_comes_last(
    missing, compression, big, tmp_path
):
    path, data = tmp_path / "cut.ome.tif", numbers((2, 64, 64))
    options = {"tile": (16, 16), "compression": compression, "bigtiff": big}
    tifffile.imwrite(path, data, metadata={"axes": "CYX"}, **options)
    content = path.read_bytes()
    left = len(content) - missing if missing >= 1 else int(missing * len(content))
    path.write_bytes(content[:left])
    with pytest.raises(FileError, match="truncated"), open_image(path):
        pytest.fail("it was opened")


def test_tiles_that_were_never_written_are_no_cut(tmp_path):
    path = tmp_path / "sparse.tif"
    options = {"shape": (32, 32), "dtype": "u2", "tile": (16, 16)}
    tifffile.imwrite(path, iter([b""] * 4), compression="zlib", **options)
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].dataoffsets == (0,) * 4
    with open_image(path) as image:
        assert not image.data[...].any()


def test_what_is_missing_or_holds_no_image_is_told(tmp_path):
    (tmp_path / "empty.zarr").mkdir()
    (tmp_path / "folder").mkdir()
    zarr.create_group(tmp_path / "group.zarr")
    (tmp_path / "text.tif").write_text("hello")
    (tmp_path / "empty.tif").write_bytes(b"")
    names = ["no.tif", "no.zarr", "empty.zarr", "folder", "group.zarr"]
    for name in [*names, "text.tif", "empty.tif"]:
        with pytest.raises(FileError, match=name), open_image(tmp_path / name):
            pass
        with pytest.raises(FileError, match=name):
            series_names(tmp_path / name)
    with pytest.raises(FileError, match=r"empty\.zarr holds no Zarr image"):
        series_names(tmp_path / "empty.zarr")


@pytest.mark.parametrize("version", [2, 3])
def test_a_damaged_chunk_is_told(version, tmp_path):
    path, stack = tmp_path / "a.zarr", numbers((3, 32, 32))
    array = zarr.create_array(
        path, shape=stack.shape, dtype="u2", chunks=(1, 32, 32), zarr_format=version
    )
    array[:] = stack
    chunk = path / ("1.0.0" if version == 2 else "c/1/0/0")
    chunk.write_bytes(chunk.read_bytes()[:20])
    with open_image(path) as image:
        np.testing.assert_array_equal(image.data[2], stack[2])
        with pytest.raises(FileError, match=r"a\.zarr cannot be read: a chunk"):
            image.data[1]


def test_damaged_metadata_of_a_zarr_are_told(tmp_path):
    group = zarr.create_group(tmp_path / "a.zarr", zarr_format=2)
    ngff(group, STACK)
    attributes = tmp_path / "a.zarr" / ".zattrs"
    for told in (
        {"multiscales": []},
        {"multiscales": [{"axes": [{"name": "x"}], "datasets": [{"path": "0"}]}]},
        {"multiscales": [{"datasets": [{"path": "9"}]}]},
        {"multiscales": 5},
        {"plate": {}},
    ):
        attributes.write_text(json.dumps(told))
        with (
            pytest.raises(FileError, match=r"a\.zarr"),
            open_image(tmp_path / "a.zarr"),
        ):
            pass


@pytest.fixture
def open_to_all():
    """A folder into which everybody may look."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@contextmanager
def somebody():
    """Be somebody else than root, to whom nothing is forbidden."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_what_may_not_be_read_is_told(open_to_all):
    path = write(open_to_all / "a.tif", STACK)
    path.chmod(0)
    with somebody(), pytest.raises(FileError, match="not be allowed"):
        open_image(path).__enter__()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_folders_that_may_not_be_looked_into_are_told(open_to_all):
    raw, shut, out = (open_to_all / name for name in ("raw", "raw/shut", "out"))
    shut.mkdir(parents=True)
    write(raw / "a.tif", STACK)
    # What is imported on the way, only root may read perhaps.
    denoise_folder(raw, open_to_all / "before", "tikhonov")
    shut.chmod(0)
    with somebody():
        report = denoise_folder(raw, out, "tikhonov")
    assert [record.file for record in report.failed] == ["shut"]
    assert "looked into" in report.failed[0].error
    assert report.done == 1
    out.chmod(0o555)
    with somebody(), pytest.raises(FileError, match="Nothing can be written"):
        denoise_folder(raw, out, "tikhonov")


WITHOUT_CODECS = """
import sys
sys.modules["imagecodecs"] = None  # as if it were not installed
from napari_denoise.cli import main
sys.argv = ["napari-denoise", "noise", sys.argv[1], "--axes", "TZCYX"]
main()
"""


@pytest.mark.parametrize("kind", ["lzw", "zstd", "deflate"])
def test_other_compression_needs_its_extra(kind, files):
    run = [sys.executable, "-c", WITHOUT_CODECS, files[kind]]
    done = subprocess.run(run, capture_output=True, text=True)
    assert (done.returncode == 0) is (kind == "deflate")
    if kind != "deflate":
        assert done.stderr.count("\n") == 1
        assert "pip install “napari-denoise[codecs]”" in done.stderr


@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_one_line_is_said_of_a_file_cut_short(kind, files, tmp_path):
    path = tmp_path / "cut.tif"
    path.write_bytes(files[kind].read_bytes()[:9000])
    command = Path(sys.executable).with_name("napari-denoise")
    done = subprocess.run([command, "noise", path], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "truncated" in done.stderr


@pytest.mark.parametrize("kind", ["contiguous", "deflate", "zarr"])
def test_threads_read_at_the_same_time(kind, files, chunked):
    planes = list(np.ndindex(2, 3, 2)) * 20
    with (
        open_image(files.get(kind, chunked)) as image,
        ThreadPoolExecutor(4) as threads,
    ):
        read = list(threads.map(image.data.__getitem__, planes))
    for index, plane in zip(planes, read, strict=True):
        np.testing.assert_array_equal(plane, STACK[index])


def test_zarr_needs_its_extra(chunked, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)  # as if it were not installed
    with pytest.raises(OptionError, match="pip install"), open_image(chunked):
        pass


def test_what_happens_in_the_block_stays_as_it_is(files):
    with pytest.raises(ValueError, match="mine"), open_image(files["ome"]):
        raise ValueError("mine")


def test_images_are_known_by_their_names(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "folder.tif").mkdir()
    yes = ["a.tif", "a.TIFF", "a.ome.tif", "a.btf", "a.tf8", "a.lsm", "a.stk", "a.zarr"]
    no = ["a.png", ".a.tif", "a", "tif", "folder.tif", "b.zarr"]
    assert [is_image_path(tmp_path / name) for name in yes] == [True] * len(yes)
    assert not any(is_image_path(str(tmp_path / name)) for name in no)
    assert is_image_path(Path("a.tif"))
