"""TIFF files that end too early, found out before their pixels are read."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import FileError
from napari_denoise.files.tiff_members import members, opened

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPageSeries

UNCOMPRESSED = 1
NEEDED = (270, 273, 279, 324, 325, 50838, 50839)
"""Tags of descriptions, ImageJ's own among them, and of where pixels lie."""
WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 16: 8}
"""Bytes of a value of such a tag, by its type."""


def refuse_cut(file: TiffFile, series: TiffPageSeries) -> None:
    """Refuse a file whose pages, descriptions or pixels lead out of it.

    Of its pages only the first and the last are looked into: there may be very many.

    Parameters
    ----------
    file : TiffFile
        Open.
    series : TiffPageSeries
        The pages of the image that is asked for.

    Raises
    ------
    FileError
        If it is cut.
    """
    # Without its description a file passes for one of another kind.
    if _loses_tags(file):
        raise _cut(file)
    if file.is_imagej and series.kind != "imagej":
        told = (file.imagej_metadata or {}).get("images", 1)
        if isinstance(told, int) and told > len(file.pages):
            raise _cut(file)
    if series.kind in ("stk", "lsm"):
        return
    for part in members(series) if series.kind == "ome" else [file]:
        with opened(part):
            last = part.pages[len(part.pages) - 1]
            if (
                _next_page(part, last) >= part.filehandle.size
                or _lies_outside(part, part.pages.first)
                or _lies_outside(part, last)
            ):
                raise _cut(part)


def _loses_tags(file: TiffFile) -> bool:
    """Whether what the first page needs lies outside of the file."""
    tiff, handle = file.tiff, file.filehandle
    handle.seek(file.pages.first.offset)
    (count,) = struct.unpack(tiff.tagnoformat, handle.read(tiff.tagnosize))
    listed = handle.read(count * tiff.tagsize)
    for start in range(0, len(listed), tiff.tagsize):
        tag = listed[start : start + tiff.tagsize]
        code, kind = struct.unpack(tiff.tagformat1, tag[:4])
        number, value = struct.unpack(tiff.tagformat2, tag[4:])
        length = number * WIDTHS.get(kind, 0)
        if code in NEEDED and length > tiff.tagoffsetthreshold:
            (offset,) = struct.unpack(tiff.offsetformat, value[: tiff.offsetsize])
            if offset + length > handle.size:
                return True
    return False


def _next_page(file: TiffFile, last: Any) -> int:
    """Where the page after the last one would begin; 0 if there is none."""
    tiff, handle = file.tiff, file.filehandle
    handle.seek(last.offset)
    (count,) = struct.unpack(tiff.tagnoformat, handle.read(tiff.tagnosize))
    handle.seek(count * tiff.tagsize, 1)
    (offset,) = struct.unpack(tiff.offsetformat, handle.read(tiff.offsetsize))
    return int(offset)


def _lies_outside(file: TiffFile, page: Any) -> bool:
    """Whether strips or tiles of a page do; tiles that were never written are at 0."""
    offsets, counts = page.dataoffsets, page.databytecounts
    if page.compression == UNCOMPRESSED:  # some writers round the last one up
        return max(offsets, default=0) >= file.filehandle.size
    ends = (sum(segment) for segment in zip(offsets, counts, strict=False))
    return max(ends, default=0) > file.filehandle.size


def _cut(file: TiffFile) -> FileError:
    return FileError(
        f"{file.filehandle.path} is truncated: it says that it holds more than there "
        "is. Copy it again from where it comes from."
    )
