"""Which files hold the pixels of a TIFF image: some formats spread them over several.

Each of the files of Micro-Manager and Bio-Formats tells of the images of all of them.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from napari_denoise.errors import PartOfImage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tifffile import TiffFile, TiffPageSeries

NAMED_FILE = re.compile(r"""\bFileName\s*=\s*["']([^"']*)["']""")


def members(series: TiffPageSeries) -> list[TiffFile]:
    """List the files that hold an image, in the order of its planes.

    Parameters
    ----------
    series : TiffPageSeries
        Its pages.

    Returns
    -------
    list of TiffFile
        All but the one that was opened are closed, and can be opened again.
    """
    found = {id(p.parent): p.parent for p in series._pages if p is not None}
    return list({_path(file): file for file in found.values()}.values())


def is_home(file: TiffFile, series: TiffPageSeries) -> bool:
    """Whether an image belongs to a file: its first plane lies there."""
    return _path(members(series)[0]) == _path(file)


def lies_elsewhere(file: TiffFile, images: list[TiffPageSeries]) -> PartOfImage:
    """Make the error of a file all of whose images belong to other files."""
    path = _path(file)
    for series in images:
        first, *others = map(_path, members(series))
        if path in others:
            return PartOfImage(
                f"{path} is part of the image in {first}: open that one."
            )
    homes = {_path(members(series)[0]): None for series in images}
    first, *others = homes
    rest = f" and {len(others)} others: open those" if others else ": open that one"
    return PartOfImage(
        f"{path} tells of images, but holds no pixels of them. They lie in {first}"
        f"{rest}."
    )


def names_others(file: TiffFile) -> bool:
    """Whether images may lie in other files, as far as is told by the first page."""
    if file.is_mmstack or file.is_ndtiff:
        return True
    told = NAMED_FILE.findall(file.ome_metadata or "") if file.is_ome else []
    return any(name != file.filename for name in told)


def other_members(file: TiffFile, series: TiffPageSeries) -> list[Path]:
    """List the other files that hold an image."""
    return [
        path for member in members(series) if (path := _path(member)) != _path(file)
    ]


@contextmanager
def opened(file: TiffFile) -> Iterator[None]:
    """Open a file that holds a part of an image, unless it is the one in use."""
    handle = file.filehandle
    is_part = handle.closed
    if is_part:
        handle.open()
    try:
        yield
    finally:
        if is_part:
            handle.close()


def _path(file: TiffFile) -> Path:
    return Path(file.filehandle.path)
