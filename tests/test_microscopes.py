"""Files of microscopes' own software, as their formats describe them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import tifffile

from napari_denoise.files import ChannelInfo, open_image, series_names
from tests.test_files import numbers

STACK = numbers((3, 20, 16))


def write_stk(path, times=(0, 500, 1000), depths=(2, 2, 2)):
    """A MetaMorph stack: one page, whose tags tell that more planes follow."""
    pixels, planes = STACK.tobytes(), len(STACK)
    sizes = struct.pack("<4I", 65, 1000, 130, 1000)  # fractions
    text = b"um\0"
    unit = struct.pack("<I", len(text)) + text + b"\0"
    uic2 = b"".join(
        struct.pack("<6I", z, 10, 0, t, 0, 0)
        for z, t in zip(depths, times, strict=True)
    )
    sizes_at = 8 + len(pixels)
    unit_at = sizes_at + len(sizes)
    uic1_at = unit_at + len(unit)
    uic1 = struct.pack("<6I", 4, sizes_at, 5, sizes_at + 8, 6, unit_at)
    uic2_at = uic1_at + len(uic1)
    tags = [
        *((256, 4, 1, 16), (257, 4, 1, 20), (258, 3, 1, 16), (259, 3, 1, 1)),
        *((262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 20)),
        *((279, 4, 1, 640), (33628, 4, 3, uic1_at), (33629, 5, planes, uic2_at)),
    ]
    ifd = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", *t) for t in tags
    )
    header = b"II*\0" + struct.pack("<I", uic2_at + len(uic2))
    body = pixels + sizes + unit + uic1 + uic2
    path.write_bytes(header + body + ifd + bytes(4))
    return path


@pytest.mark.parametrize(
    ("depths", "axes", "expected"),
    [
        ((2, 2, 2), "ZYX", {"X": 0.065, "Y": 0.13, "Z": 0.2}),
        ((0, 0, 0), "TYX", {"X": 0.065, "Y": 0.13, "T": 0.5}),
    ],
)
def test_metamorph_stacks(depths, axes, expected, tmp_path):
    with open_image(write_stk(tmp_path / "a.stk", depths=depths)) as image:
        assert image.axes == axes
        np.testing.assert_array_equal(image.data[...], STACK)
        assert image.info.spacing == pytest.approx(expected)
        units = {axis: "s" if axis == "T" else "µm" for axis in expected}
        assert image.info.units == units


def write_lsm(path):
    """A Zeiss stack: each page is followed by its thumbnail."""
    told = np.zeros(1, tifffile.TIFF.CZ_LSMINFO)
    told["MagicNumber"], told["StructureSize"] = 67127628, told.itemsize
    sizes = {"X": 16, "Y": 20, "Z": 3, "Channels": 1, "Time": 1}
    for axis, size in sizes.items():
        told[f"Dimension{axis}"] = size
    for axis, size in {"X": 1e-7, "Y": 1e-7, "Z": 4e-7}.items():
        told[f"VoxelSize{axis}"] = size
    told["TimeIntervall"] = 1.5
    told["OffsetChannelColors"] = 8
    names = struct.pack("<I", 6) + b"Ch1-T\0\0"
    colours = struct.pack("<6I4B", 28 + len(names), 1, 1, 24, 28, 0, 255, 128, 0, 0)
    with tifffile.TiffWriter(path, byteorder="<") as file:
        tag = (34412, 1, told.nbytes, told.tobytes(), True)
        plain = {"metadata": None, "contiguous": False, "photometric": "minisblack"}
        for number, plane in enumerate(STACK):
            file.write(plane, extratags=[] if number else [tag], **plain)
            file.write(plane[::4, ::4], subfiletype=1, **plain)
    content = path.read_bytes()
    told["OffsetChannelColors"] = len(content)
    start = content.index(struct.pack("<I", 67127628))
    content = content[:start] + told.tobytes() + content[start + told.nbytes :]
    path.write_bytes(content + colours + names)
    return path


def test_zeiss_stacks(tmp_path):
    path = write_lsm(tmp_path / "a.lsm")
    assert len(series_names(path)) == 1
    with open_image(path) as image:
        assert image.axes == "ZYX"
        np.testing.assert_array_equal(image.data[...], STACK)
        assert image.info.spacing == pytest.approx(
            {"X": 0.1, "Y": 0.1, "Z": 0.4, "T": 1.5}
        )
        assert image.info.units == {"X": "µm", "Y": "µm", "Z": "µm", "T": "s"}
        assert image.info.channels == (ChannelInfo("Ch1-T", "FF8000"),)
