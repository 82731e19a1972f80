"""OME-Zarr 0.5 out: written plane by plane, and opened again as a layer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import OptionError
from napari_denoise.files.info import ImageInfo
from napari_denoise.files.ngff import describe_ngff
from napari_denoise.files.planes import canonical
from napari_denoise.files.zarr_reading import EXTRA, import_zarr

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    dtype = canonical(dtype)
    disk = axes_on_disk(axes)
    order = [axes.index(axis) for axis in disk]
    sides = tuple(shape[i] for i in order)
    info = _named(target)
    image = _valid(models, describe_ngff(info, sides, dtype, disk, LEVEL))
    group = zarr.create_group(partial, zarr_format=3, attributes={"ome": image})
    array = group.create_array(
        LEVEL,
        shape=sides,
        chunks=[min(shape[axes.index(a)], CHUNK) if a in "YX" else 1 for a in disk],
        dtype=dtype,
        dimension_names=[axis["name"] for axis in image["multiscales"][0]["axes"]],
        compressors=zarr.codecs.BloscCodec(cname="zstd", clevel=3, shuffle="shuffle"),
    )
    pixels = ZarrPixels(array, order, axes.find("C"))
    yield pixels
    complete_zarr(partial, target, pixels, axes)


def open_pixels(partial: Path, axes: str) -> ZarrPixels:
    """Open an image to write planes into it; other processes may do so, too.

    Parameters
    ----------
    partial : Path
        Of the folder, as :func:`write_zarr` made it.
    axes : str
        Of the image.

    Returns
    -------
    ZarrPixels
    """
    zarr, _ = require_zarr()
    order = [axes.index(axis) for axis in axes_on_disk(axes)]
    array = zarr.open_array(partial / LEVEL, mode="r+")
    return ZarrPixels(array, order, axes.find("C"))


def complete_zarr(
    partial: Path, target: ImageTarget, pixels: ZarrPixels, axes: str
) -> None:
    """Write what is known only in the end: what was seen of the planes, and `facts`.

    Parameters
    ----------
    partial : Path
        Of the folder.
    target : ImageTarget
        What is said of the image.
    pixels : ZarrPixels
        All planes were given to it, or its `ranges` were.
    axes : str
        Of the image.
    """
    zarr, models = require_zarr()
    group = zarr.open_group(partial, mode="r+")
    info, array = pixels.with_windows(_named(target)), pixels.array
    described = describe_ngff(info, array.shape, array.dtype, axes_on_disk(axes), LEVEL)
    group.attrs["ome"] = _valid(models, described)
    facts = pixels.facts | ({MARK: target.mark} if target.mark else {})
    if facts:
        group.attrs[PROVENANCE] = facts


def _named(target: ImageTarget) -> ImageInfo:
    """Have an image without a name take that of its folder."""
    info = target.info or ImageInfo()
    name = Path(target.path).name.removesuffix(".zarr").removesuffix(".ome")
    return info if info.name is not None else replace(info, name=name)


def _valid(models: Any, described: dict[str, Any]) -> dict[str, Any]:
    """Check metadata: what the models take is a valid image."""
    image = models.Image.model_validate(described)
    told: dict[str, Any] = image.model_dump(exclude_none=True)
    return told


class ZarrPixels:
    """Takes planes by the axes of the image into an array of another order.

    Those that were written can be read, too, also while another one is written.

    Parameters
    ----------
    array : zarr.Array
        On disk.
    order : list of int
        Which axis of the image each of its axes is.
    channel : int
        Which axis of the image is C; negative if it has none.

    Attributes
    ----------
    facts : dict
        Takes JSON; written with the image.
    ranges : dict of int to (float, float)
        Lowest and highest count of each channel that was written.
    """

    def __init__(self, array: Any, order: list[int], channel: int) -> None:
        self.facts: dict[str, Any] = {}
        self.array = array
        self._order = order
        self._channel = channel
        self.ranges: dict[int, tuple[float, float]] = {}

    def __setitem__(self, index: tuple[int | slice, ...], plane: NDArray[Any]) -> None:
        turned = plane.T if self._turns(index) else plane
        self.array[tuple(index[i] for i in self._order)] = turned
        channel: Any = index[self._channel] if self._channel >= 0 else 0
        low, high = self.ranges.get(channel, (np.inf, -np.inf))
        finite = plane[np.isfinite(plane)] if plane.dtype.kind == "f" else plane
        if finite.size:
            low, high = min(low, finite.min()), max(high, finite.max())
            self.ranges[channel] = float(low), float(high)

    def __getitem__(self, index: tuple[int | slice, ...]) -> NDArray[Any]:
        plane: NDArray[Any] = self.array[tuple(index[i] for i in self._order)]
        return plane.T if self._turns(index) else plane

    def _turns(self, index: tuple[int | slice, ...]) -> bool:
        sides = [i for i in self._order if isinstance(index[i], slice)]
        return sides != sorted(sides)

    def with_windows(self, info: ImageInfo) -> ImageInfo:
        """Have channels that nobody gave a window show all their counts."""
        channels = tuple(
            channel
            if channel.window or number not in self.ranges
            else replace(channel, window=self.ranges[number])
            for number, channel in enumerate(info.channels)
        )
        return replace(info, channels=channels)


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
