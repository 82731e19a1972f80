"""TIFF out: plain, ImageJ's and OME's, plane by plane, calibration kept."""

from __future__ import annotations

import errno
import os
import re
import shutil
from contextlib import contextmanager
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import FileError
from napari_denoise.files.imagej import fits_imagej, imagej_entries
from napari_denoise.files.info import ImageInfo
from napari_denoise.files.ome_xml import TYPES, write_ome
from napari_denoise.files.tiff_compression import compress
from napari_denoise.files.tiff_pixels import TiffPixels
from napari_denoise.files.tiff_tags import TEXT, palette_bytes, tag_options
from napari_denoise.files.units import in_bytes, in_centimetres

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from napari_denoise.files.info import ImageTarget

CLASSIC = 2**32 - 2**25
"""Larger TIFF files need 64-bit offsets."""
PAGE = 512
"""Bytes that describe a page, at most."""
SOFTWARE = "napari-denoise"
TAG = re.compile(rf"{SOFTWARE} \S+ (.+)")
OME_NAMES = (".ome.tif", ".ome.tiff")
CENTIMETRE = 3
UNABLE = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""Said by file systems that reserve nothing."""
XML = "description"


@contextmanager
def write_tiff(
    partial: Path,
    target: ImageTarget,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    axes: str,
) -> Iterator[Any]:
    """Make an uncompressed TIFF file and reserve its space.

    Parameters
    ----------
    partial : Path
        Of the file to be made.
    target : ImageTarget
        What is said of it.
    shape : tuple of int
        Of the image.
    dtype : numpy.dtype
        Of the image.
    axes : str
        Letters of TCZYXS, one per axis of `shape`.

    Yields
    ------
    TiffPixels
    """
    import tifffile

    _check_room(partial.parent, prod(shape) * dtype.itemsize)
    flavour = _flavour(target, shape, dtype, axes)
    options = _options(flavour, target, shape, dtype, axes)
    stored = dtype.newbyteorder("<")
    made: Any = tifffile.imwrite(partial, dtype=stored, returnoffset=True, **options)
    with partial.open("r+b", buffering=0) as file:
        reserve(file.fileno())
        first = min(axes.index("Y"), axes.index("X"))
        yield TiffPixels(file, made[0], shape, stored, first)
    if target.info and target.info.compressed:
        compress(partial, stored, **options)


def tiff_mark(path: Path) -> str | None:
    """Read the mark of a TIFF file; None where it has none."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        found = TAG.fullmatch(file.pages.first.software)
    return found[1] if found else None


def reserve(file: int) -> None:
    """Take a file's space on disk now, where the system can: better than half-way."""
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(file, 0, os.fstat(file).st_size)
    except OSError as error:
        if error.errno not in UNABLE:
            raise


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise FileError(
            f"The result needs {in_bytes(size)}, but the disk of {folder} has only "
            f"{in_bytes(free)} left: make room, or choose another folder."
        )


def _flavour(
    target: ImageTarget, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
) -> str:
    """Choose how the file describes itself: as its source, if that can hold it."""
    refusal = _ome_refusal(dtype, axes)
    if Path(target.path).name.lower().endswith(OME_NAMES):
        if refusal:
            raise FileError(f"{target.path} cannot be written: {refusal}")
        return "ome"
    source = target.info.flavour if target.info else "plain"
    room = prod(shape) * (dtype.itemsize) + PAGE * prod(shape[:-2]) < CLASSIC
    if source == "imagej" and room and fits_imagej(shape, dtype, axes):
        return "imagej"
    return "plain" if source == "plain" or refusal else "ome"


def _ome_refusal(dtype: np.dtype[Any], axes: str) -> str | None:
    if dtype.name not in TYPES:
        return (
            f"data type {dtype.name} is none of OME-TIFF's. Choose float32 as the type "
            "of the result (dtype), or a name ending in .tif."
        )
    if not axes.endswith(("YX", "YXS", "SYX")):
        return f"OME-TIFF holds no axes {axes}. Use a name ending in .tif."
    return None


def _options(
    flavour: str,
    target: ImageTarget,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    axes: str,
) -> dict[str, Any]:
    planes = prod(size for axis, size in zip(axes, shape, strict=True) if axis in "TCZ")
    said = _description(flavour, target, shape, dtype, axes)
    info = target.info or ImageInfo()
    tags = tag_options(info, flavour, dtype, axes)
    page = PAGE + palette_bytes(tags)
    size = prod(shape) * dtype.itemsize + page * planes + len(said.get(XML, b""))
    return {
        "shape": shape,
        "byteorder": "<",
        "bigtiff": flavour != "imagej" and size > CLASSIC,
        "software": " ".join(
            [SOFTWARE, version(SOFTWARE), *filter(None, [target.mark])]
        ),
        **_samples(shape, axes),
        **_resolution(info, flavour),
        **tags,
        **said,
    }


def _description(
    flavour: str,
    target: ImageTarget,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    axes: str,
) -> dict[str, Any]:
    info = target.info or ImageInfo()
    if flavour == "ome":
        name = Path(target.path).name.partition(".")[0]
        xml = write_ome(info, shape, dtype, axes, name)
        return {XML: xml, "metadata": None, "ome": False}
    entries = {**imagej_entries(info), "axes": axes}
    if flavour == "imagej":
        return {"imagej": True, "metadata": entries}
    text = {XML: str(info.native[TEXT]).encode()} if TEXT in info.native else {}
    if info.flavour == "plain":
        return {"ome": False, "metadata": entries, **text}
    # Colour tables and ranges are ImageJ's own; numbers and words go anywhere.
    plain = {k: v for k, v in entries.items() if isinstance(v, str | int | float)}
    return {"ome": False, "metadata": plain}


def _resolution(info: ImageInfo, flavour: str) -> dict[str, Any]:
    """Say pixels per unit: in the source's own fractions, or else per centimetre."""
    if "resolution" in info.native and info.flavour == flavour:
        return {key: info.native[key] for key in ("resolution", "resolutionunit")}
    if not {"X", "Y"} <= set(info.spacing) & set(info.units):
        return {}
    sizes = [in_centimetres(info.spacing[a], info.units[a]) for a in "XY"]
    return {
        "resolution": tuple(1 / size for size in sizes),
        "resolutionunit": CENTIMETRE,
    }


def _samples(shape: tuple[int, ...], axes: str) -> dict[str, Any]:
    """Say how tifffile is to write colour samples."""
    samples = shape[axes.index("S")] if axes.endswith(("YXS", "SYX")) else 1
    if samples in (3, 4):
        planar = "contig" if axes.endswith("S") else "separate"
        return {"photometric": "rgb", "planarconfig": planar}
    options = {"photometric": "minisblack"}
    contiguous = samples > 1 and axes.endswith("S")
    return {**options, "planarconfig": "contig"} if contiguous else options
