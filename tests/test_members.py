"""Images of OME-TIFF that lie in several files, each of which tells of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_denoise.errors import FileError
from napari_denoise.files import open_image, read_tiff, series_names, sibling_files

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

OME = (
    '<?xml version="1.0" encoding="UTF-8"?><OME xmlns='
    '"http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{}">{}</OME>'
)
SIDE = 32


def pixels(number: int, planes: int) -> NDArray[np.uint16]:
    """Counts that no other file has."""
    rng = np.random.default_rng(number)
    shape = (planes, SIDE, SIDE)
    return rng.integers(100 * number, 100 * number + 50, shape).astype(np.uint16)


def uuid(number: int) -> str:
    return f"urn:uuid:00000000-0000-0000-0000-{number:012d}"


def described(image: int, planes: list[tuple[str, str, int]]) -> str:
    """Tell of an image, whose planes lie in files, with a UUID, at a page."""
    data = "".join(
        f'<TiffData FirstZ="{z}" IFD="{page}" PlaneCount="1">'
        f'<UUID FileName="{name}">{known}</UUID></TiffData>'
        for z, (name, known, page) in enumerate(planes)
    )
    return (
        f'<Image ID="Image:{image}" Name="Pos{image}"><Pixels ID="Pixels:{image}" '
        f'DimensionOrder="XYZCT" Type="uint16" SizeX="{SIDE}" SizeY="{SIDE}" '
        f'SizeZ="{len(planes)}" SizeC="1" SizeT="1"><Channel ID="Channel:{image}:0" '
        f'SamplesPerPixel="1"/>{data}</Pixels></Image>'
    )


def write(path: Path, number: int, planes: int, told: str, **options: Any) -> None:
    xml = OME.format(uuid(number), told).encode()
    told_of: dict[str, Any] = {"metadata": None, "description": xml, **options}
    data = pixels(number, planes)
    tifffile.imwrite(path, data, photometric="minisblack", **told_of)


def positions(folder: Path, **options: Any) -> list[Path]:
    """Three images of two planes, each in its own file."""
    files = [folder / f"pos{n}.ome.tif" for n in range(3)]
    told = "".join(
        described(n, [(file.name, uuid(n), z) for z in range(2)])
        for n, file in enumerate(files)
    )
    for number, file in enumerate(files):
        write(file, number, 2, told, **options)
    return files


def parts(folder: Path) -> list[Path]:
    """One image of three planes, each in its own file."""
    files = [folder / f"plane{n}.ome.tif" for n in range(3)]
    told = described(0, [(file.name, uuid(n), 0) for n, file in enumerate(files)])
    for number, file in enumerate(files):
        write(file, number, 1, told)
    return files


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_each_position_is_read_from_its_own_file(
    compression: str | None, tmp_path: Path
) -> None:
    for number, file in enumerate(positions(tmp_path, compression=compression)):
        assert series_names(file) == [f"Pos{number}"]
        with open_image(file) as image:
            assert image.info.name == f"Pos{number}"
            np.testing.assert_array_equal(image.data[...], pixels(number, 2))
        with pytest.raises(FileError, match="holds 1"), open_image(file, 1):
            pass
        assert sibling_files(file) == []


def test_a_position_whose_neighbour_is_gone_is_itself(tmp_path: Path) -> None:
    first, _, last = positions(tmp_path)
    first.unlink()
    assert series_names(last) == ["Pos2"]
    np.testing.assert_array_equal(read_tiff(last).data, pixels(2, 2))


def test_an_image_in_several_files_belongs_to_the_first(tmp_path: Path) -> None:
    first, *others = parts(tmp_path)
    assert sibling_files(first) == others
    with open_image(first) as image:
        assert image.notes == ()
        for number in range(3):
            np.testing.assert_array_equal(image.data[number], pixels(number, 1)[0])
    for other in others:
        assert sibling_files(other) == []
        for refused in (series_names, read_tiff):
            with pytest.raises(FileError, match=r"part of .*plane0.*: open that one"):
                refused(other)


def test_what_is_left_of_an_image_in_several_files_belongs_to_the_next(
    tmp_path: Path,
) -> None:
    first, second, third = parts(tmp_path)
    first.unlink()
    image = read_tiff(second)
    assert "1 planes are missing" in image.notes[0]
    expected = [np.zeros_like(pixels(1, 1)), pixels(1, 1), pixels(2, 1)]
    np.testing.assert_array_equal(image.data, np.concatenate(expected))
    assert sibling_files(second) == [third]


def test_a_file_that_only_tells_of_others_names_them(tmp_path: Path) -> None:
    files = positions(tmp_path)
    told = "".join(
        described(n, [(file.name, uuid(n), z) for z in range(2)])
        for n, file in enumerate(files)
    )
    write(tmp_path / "all.ome.tif", 9, 1, told)
    with pytest.raises(FileError, match=r"no pixels .*pos0.* and 2 others: open those"):
        read_tiff(tmp_path / "all.ome.tif")


def test_a_part_that_was_cut_short_is_named(tmp_path: Path) -> None:
    first, second, _ = parts(tmp_path)
    second.write_bytes(second.read_bytes()[: -SIDE * SIDE])
    with pytest.raises(FileError, match="plane1"):
        read_tiff(first)


@pytest.mark.parametrize("name", ["a.tif", "a.zarr", "a.txt"])
def test_most_files_have_no_siblings(name: str, tmp_path: Path) -> None:
    assert sibling_files(tmp_path / name) == []
    (tmp_path / name).write_text("no image")
    assert sibling_files(tmp_path / name) == []
