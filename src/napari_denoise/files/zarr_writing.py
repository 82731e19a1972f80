"""OME-Zarr 0.5 out: written plane by plane, and opened again as a layer."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import OptionError
from napari_denoise.files.info import ImageInfo
from napari_denoise.files.ngff import describe_ngff
from napari_denoise.files.zarr_reading import EXTRA, import_zarr

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from napari_denoise.files.info import ImageTarget

LEVEL = "0"
"""Name of the only resolution level."""
CHUNK = 1024
"""Longest side of a chunk in pixels: 1 to 4 MB for most types of pixels."""
ORDER = "TCSZYX"
"""Order of axes on disk: time, channel, space [NGFF 0.5]."""
PROVENANCE = "napari_denoise"
MARK = "mark"


def axes_on_disk(axes: str) -> str:
    """Return axes in the order that OME-Zarr wants.

    Parameters
    ----------
    axes : str
        Letters of TCZYXS. S, the colour samples, become channels.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        If there are channels and colour samples: OME-Zarr has one axis for both.
    """
    if {"C", "S"} <= set(axes):
        raise OptionError(
            "OME-Zarr has no room for channels (C) and colour samples (S) at once. "
            "Write this image to a TIFF file, or split its channels."
        )
    return "".join(sorted(axes, key=ORDER.index))


def require_zarr() -> tuple[Any, Any]:
    """Import what writes OME-Zarr: zarr, and yaozarrs' models of version 0.5.

    Raises
    ------
    OptionError
        If one of them is missing or too old.
    """
    zarr = import_zarr()
    try:
        from yaozarrs import v05
    except ImportError as error:
        raise OptionError(EXTRA) from error
    return zarr, v05


@contextmanager
def write_zarr(
    partial: Path,
    target: ImageTarget,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    axes: str,
) -> Iterator[Any]:
    """Make an image of one resolution level.

    Parameters
    ----------
    partial : Path
        Of the folder to be made.
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
    ZarrPixels
    """
    zarr, models = require_zarr()
    disk = axes_on_disk(axes)
    order = [axes.index(axis) for axis in disk]
    sides = tuple(shape[i] for i in order)
    name = Path(target.path).name.removesuffix(".zarr").removesuffix(".ome")
    info = target.info or ImageInfo()
    described = describe_ngff(info, sides, dtype, disk, name, LEVEL)
    # The models check it: what they take is a valid image.
    image = models.Image.model_validate(described).model_dump(exclude_none=True)
    group = zarr.create_group(partial, zarr_format=3, attributes={"ome": image})
    array = group.create_array(
        LEVEL,
        shape=sides,
        chunks=[min(shape[axes.index(a)], CHUNK) if a in "YX" else 1 for a in disk],
        dtype=dtype,
        dimension_names=[axis["name"] for axis in image["multiscales"][0]["axes"]],
        compressors=zarr.codecs.BloscCodec(cname="zstd", clevel=3, shuffle="shuffle"),
    )
    pixels = ZarrPixels(array, order)
    yield pixels
    facts = pixels.facts | ({MARK: target.mark} if target.mark else {})
    if facts:
        group.attrs[PROVENANCE] = facts


class ZarrPixels:
    """Takes planes by the axes of the image into an array of another order."""

    def __init__(self, array: Any, order: list[int]) -> None:
        self.facts: dict[str, Any] = {}
        self._array = array
        self._order = order

    def __setitem__(self, index: tuple[int | slice, ...], plane: NDArray[Any]) -> None:
        sides = [i for i in self._order if isinstance(index[i], slice)]
        turned = plane if sides == sorted(sides) else plane.T
        self._array[tuple(index[i] for i in self._order)] = turned


def zarr_mark(path: Path) -> str | None:
    """Read the mark of a folder; None where it has none."""
    import json

    told = json.loads((path / "zarr.json").read_text("utf-8"))
    mark = told["attributes"][PROVENANCE][MARK]
    return mark if isinstance(mark, str) else None


def open_ome_zarr(path: str | Path, axes: str) -> Any:
    """Open an image that was written here, without reading its pixels.

    Parameters
    ----------
    path : str or Path
        Of the folder.
    axes : str
        As they were when it was written.

    Returns
    -------
    array-like
        In that order of axes: a Zarr array, or a Dask array where the order on disk
        is another one.
    """
    import zarr

    array = zarr.open_array(Path(path) / LEVEL, mode="r")
    disk = axes_on_disk(axes)
    if disk == axes:
        return array
    import dask.array

    as_dask: Any = dask.array.from_array  # untyped
    return as_dask(array, chunks=array.chunks).transpose(
        [disk.index(axis) for axis in axes]
    )
