"""Where a result goes, and how its numbers become the type of the source."""

from __future__ import annotations

import math
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from napari_denoise.errors import ImageError, OptionError
from napari_denoise.files import ImageTarget, create_image
from napari_denoise.filling import Filling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray


def result_dtype(dtype: DTypeLike | None, source: np.dtype[Any]) -> np.dtype[Any]:
    """Type of the result: as asked, or the source's in the machine's byte order.

    Parameters
    ----------
    dtype : dtype-like or None
        As the user gave it.
    source : numpy.dtype
        Type of the image.

    Returns
    -------
    numpy.dtype

    Raises
    ------
    OptionError
        If it is no integer or floating-point type.
    """
    if dtype is None:
        return source
    try:
        chosen = np.dtype(dtype)
    except TypeError as error:
        raise OptionError(f"There is no data type “{dtype}”.") from error
    if chosen.kind not in "iuf":
        raise OptionError(
            f"Results of type {chosen} do not work. Choose an integer or a "
            "floating-point type, for example float32."
        )
    return chosen


def cast(numbers: NDArray[np.floating], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Round and clip to an integer type; floats are only converted.

    Parameters
    ----------
    numbers : ndarray of float
        Counts.
    dtype : numpy.dtype
        Integer or floating-point type.

    Returns
    -------
    ndarray of dtype, same shape
    """
    if dtype.kind == "f":
        return numbers.astype(dtype)
    limits = np.iinfo(dtype)
    rounded = np.rint(numbers)
    # float32 cannot hold the largest 32- and 64-bit integers: set them by comparison.
    with np.errstate(invalid="ignore"):
        integers: NDArray[Any] = rounded.astype(dtype)
    integers[rounded >= limits.max] = limits.max
    integers[rounded <= limits.min] = limits.min
    return integers


@contextmanager
def open_output(
    out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
) -> Iterator[Any]:
    """Open what the result is written into.

    Parameters
    ----------
    out : None, array-like, str, Path or ImageTarget
        None makes an array in memory. A path names a TIFF file or, where it ends in
        ``.zarr``, an OME-Zarr folder; it must not exist, and gets its name only once
        it is complete.
    shape : tuple of int
        Of the result.
    dtype : numpy.dtype
        Of the result.
    axes : str
        Written into the file.

    Yields
    ------
    array-like
        Takes planes by assignment; of a file it is a `Filling`.

    Raises
    ------
    ImageError
        If the result is too large for the memory, or `out` has another shape.
    OptionError
        If `out` is of a narrower type.
    FileError
        If the file exists or cannot be made.
    """
    if (path := output_path(out)) is not None:
        target = out if isinstance(out, ImageTarget) else ImageTarget(path)
        with create_image(target, shape, dtype, axes) as pixels:
            yield Filling(pixels, shape, dtype, axes)
    elif out is None:
        yield _in_memory(shape, dtype)
    elif not hasattr(out, "shape") or not hasattr(out, "dtype"):
        raise OptionError(f"out={out!r} does not work: give an array or a path.")
    elif isinstance(out, np.ndarray) and not out.flags.writeable:
        raise OptionError("out is read-only: give an array that can be written to.")
    elif tuple(out.shape) != tuple(shape):
        raise ImageError(
            f"out has the shape {tuple(out.shape)}, but the result's is {shape}."
        )
    elif not np.can_cast(dtype, out.dtype):
        raise OptionError(
            f"out is of type {out.dtype}, which cannot hold all results of type "
            f"{dtype}. Give dtype=“{out.dtype}” to round and clip them to it."
        )
    else:
        yield out


def check_overlap(pixels: Any, out: Any) -> None:
    """Refuse an array whose pixels are those of the image, but in other places.

    Planes are read while others are written: only in place is that safe.

    Parameters
    ----------
    pixels : array-like
        The image.
    out : None, array-like, str, Path or ImageTarget
        As the user gave it.

    Raises
    ------
    OptionError
        If a result would overwrite pixels that are still to be read.
    """
    if not (isinstance(pixels, np.ndarray) and isinstance(out, np.ndarray)):
        return
    whereabouts = [
        (array.__array_interface__["data"][0], array.strides, array.dtype)
        for array in (pixels, out)
    ]
    if whereabouts[0] != whereabouts[1] and np.shares_memory(pixels, out):
        raise OptionError(
            "out shares memory with the image, but is not the image itself: pixels "
            "would be overwritten before they are read. Give another array."
        )


def output_path(out: Any) -> Path | None:
    """Path of the file that `out` stands for; None where it is no file.

    Parameters
    ----------
    out : None, array-like, str, Path or ImageTarget
        As :func:`napari_denoise.denoise` takes it.

    Returns
    -------
    Path or None
    """
    if isinstance(out, ImageTarget):
        return Path(out.path)
    return Path(out) if isinstance(out, str | Path) else None


def describe_output(target: Any, provenance: dict[str, Any]) -> None:
    """Have a file say how it came about.

    Parameters
    ----------
    target : array-like
        As :func:`open_output` yields it; arrays have no room for it.
    provenance : dict
        Takes JSON.
    """
    facts = getattr(target, "facts", None)
    if isinstance(facts, dict):
        facts.update(provenance)


def _in_memory(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    needed, free = math.prod(shape) * dtype.itemsize, psutil.virtual_memory().available
    if needed > free / 2:
        raise ImageError(
            f"The result needs {needed / 1e9:.1f} GB, more than half of the "
            f"{free / 1e9:.1f} GB of memory that are free. Give out a path such as "
            "“result.tif” or “result.zarr” to write it to a file."
        )
    return np.empty(shape, dtype)
