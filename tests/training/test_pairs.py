"""Pairs from arrays, layers, lists, files and folders, and files opened lazily."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from napari.layers import Image

from napari_denoise.errors import AxesError, FileError, ImageError, PairsError
from napari_denoise.samples import sample_path
from napari_denoise.training.opening import open_image
from napari_denoise.training.pairs import View, gather_pairs

FRAME = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)


@pytest.fixture
def folders(tmp_path):
    for role, add in (("low", 0), ("high", 1)):
        (tmp_path / role).mkdir()
        for number in (2, 10):
            path = tmp_path / role / f"cell{number}_{role}.tif"
            tifffile.imwrite(path, FRAME + np.uint16(add))
    return tmp_path / "low", tmp_path / "high"


def test_two_arrays_are_one_pair():
    (pair,) = gather_pairs(FRAME, FRAME + 1).pairs
    assert pair.noisy.open().data is FRAME
    assert pair.clean.open().layout.axes == "YX"


def test_layers_bring_their_names_and_axes():
    layer = Image(np.stack([FRAME, FRAME]), name="raw", axis_labels=("t", "y", "x"))
    (pair,) = gather_pairs(layer).pairs
    assert pair.name == "raw"
    assert pair.noisy.open().layout.axes == "TYX"
    assert pair.clean is None


def test_folders_are_matched_by_name_in_natural_order(folders):
    gathered = gather_pairs(*folders)
    names = [(pair.noisy.name, pair.clean.name) for pair in gathered.pairs]
    assert names == [
        ("cell2_low.tif", "cell2_high.tif"),
        ("cell10_low.tif", "cell10_high.tif"),
    ]
    assert gathered.remarks == ()


def test_what_is_left_out_is_named(folders):
    tifffile.imwrite(folders[0] / "stray.tif", FRAME)
    gathered = gather_pairs(str(folders[0]), str(folders[1]))
    assert len(gathered.pairs) == 2
    assert ["stray.tif" in remark for remark in gathered.remarks] == [True]


def test_pairs_by_order_say_so(folders):
    for number, path in enumerate(sorted(folders[1].iterdir())):
        path.rename(path.with_name(f"{'pq'[number]}.tif"))
    (remark,) = gather_pairs(*folders).remarks
    assert "order" in remark


def test_no_pixel_is_read_when_folders_are_gathered(folders):
    for path in folders[0].iterdir():
        path.write_bytes(b"no image")
    assert len(gather_pairs(*folders).pairs) == 2


def test_what_cannot_be_paired_is_refused(folders, tmp_path):
    with pytest.raises(PairsError, match="2 noisy and 1 clean"):
        gather_pairs([FRAME, FRAME], [FRAME])
    with pytest.raises(PairsError, match="same folder"):
        gather_pairs(folders[0], folders[0])
    with pytest.raises(PairsError, match="empty"):
        gather_pairs([], [])
    (tmp_path / "none").mkdir()
    with pytest.raises(FileError, match="no images"):
        gather_pairs(tmp_path / "none", folders[1])
    with pytest.raises(FileError, match="no file"):
        gather_pairs(tmp_path / "gone.tif")
    with pytest.raises(ImageError):
        gather_pairs(np.array(["text"]))


def test_an_uncompressed_tiff_is_mapped_not_read(tmp_path):
    path = tmp_path / "big-endian.tif"
    tifffile.imwrite(path, FRAME, byteorder=">")
    data, axes = open_image(path)
    assert isinstance(data, np.memmap)
    assert axes == "YX"
    assert np.array_equal(data, FRAME)


@pytest.mark.parametrize("options", [{"compression": "zlib"}, {"tile": (16, 16)}])
def test_other_tiffs_are_read_by_pages(tmp_path, options):
    path = tmp_path / "stack.tif"
    stack = np.stack([FRAME, FRAME + 1, FRAME + 2])
    written = {"photometric": "minisblack", "metadata": {"axes": "TYX"}, **options}
    tifffile.imwrite(path, stack, **written)
    opened = View("stack", path).open()
    assert opened.layout.axes == "TYX"
    planes = opened.layout.planes(opened.layout.channels[0])
    for plane, index in zip(stack, planes, strict=True):
        assert np.array_equal(opened.layout.read(opened.data, index), plane)
    assert np.array_equal(opened.data[1:, 4], stack[1:, 4])


def test_a_single_compressed_plane_is_read(tmp_path):
    path = tmp_path / "plane.tif"
    tifffile.imwrite(path, FRAME, compression="zlib")
    opened = View("plane", path).open()
    (index,) = opened.layout.planes(opened.layout.channels[0])
    assert np.array_equal(opened.layout.read(opened.data, index), FRAME)


def test_the_samples_open_as_they_are_read():
    path = sample_path("neubias_dna_confocal_widefield_zcyx.tif")
    opened = View("dna", path).open()
    assert opened.layout.axes == "ZCYX"
    assert np.array_equal(opened.data[7, 1], tifffile.imread(path)[7, 1])


def test_ome_zarr_opens_with_its_axes(tmp_path):
    zarr = pytest.importorskip("zarr")
    group = zarr.create_group(tmp_path / "new.zarr", zarr_format=3)
    array = group.create_array("0", shape=(2, 64, 48), dtype="u2")
    array[1] = FRAME
    axes = [{"name": name} for name in "tyx"]
    described = {"multiscales": [{"axes": axes, "datasets": [{"path": "0"}]}]}
    group.attrs["ome"] = described
    opened = View("new", tmp_path / "new.zarr").open()
    assert opened.layout.axes == "TYX"
    assert np.array_equal(opened.data[1], FRAME)
    group.attrs["ome"] = {}
    with pytest.raises(FileError, match="OME-Zarr"):
        View("new", tmp_path / "new.zarr").open()


def test_damaged_files_and_unknown_axes_are_refused(folders):
    path = folders[0] / "cell2_low.tif"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(FileError, match=r"cell2_low\.tif"):
        View("cut", path).open()
    with pytest.raises(AxesError):
        View("flat", FRAME, "TYX").open()
