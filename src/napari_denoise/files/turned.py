"""Images whose file has their axes in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import FileError
from napari_denoise.files.planes import Lazy, full_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.files.info import ImageFile


def in_order(image: ImageFile, axes: str) -> Any:
    """See the pixels of a file with its axes in another order.

    Parameters
    ----------
    image : ImageFile
        Opened.
    axes : str
        Those to see, in any order. Colour samples (S) may be the file's channels (C),
        as OME-Zarr has them. Axes of the file that are left out must be of length 1;
        those that the file has not are seen with length 1: TIFF files keep none.

    Returns
    -------
    array-like
        Reads only what is asked for.

    Raises
    ------
    FileError
        If the file has other axes.
    """
    held = image.axes
    if "S" in axes and "S" not in held and "C" not in axes:
        held = held.replace("C", "S")
    if held == axes:
        return image.data
    sides = zip(held, image.data.shape, strict=True)
    spare = [axis for axis, side in sides if axis not in axes and side != 1]
    unnamed = "Q" in held + axes and sorted(held) != sorted(axes)
    if spare or unnamed or not set(held) & set(axes):
        raise FileError(f"{image.path} has the axes {image.axes}, not {axes}.")
    return Turned(image.data, [axes.find(axis) for axis in held], len(axes))


class Turned(Lazy):
    """Looks like an array whose axes were moved; some have come and some have gone.

    Parameters
    ----------
    array : array-like
        As it lies in the file.
    order : list of int
        Which axis of this image each of its axes is; negative for one of length 1
        that is none.
    ndim : int
        Number of axes of this image. Those that the array has not are of length 1.
    """

    def __init__(self, array: Any, order: list[int], ndim: int) -> None:
        self._array, self._order = array, order
        sides = dict(zip(order, array.shape, strict=True))
        self.shape = tuple(int(sides.get(axis, 1)) for axis in range(ndim))
        self.dtype = np.dtype(array.dtype)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        parts = full_index(index, self.shape)
        asked = tuple(parts[i] if i >= 0 else 0 for i in self._order)
        pixels = np.asarray(self._array[asked])
        # Axes that an integer picked from are gone.
        kept = [i for i in self._order if i >= 0 and isinstance(parts[i], slice)]
        pixels = pixels.transpose(np.argsort(kept))
        slices = [i for i, part in enumerate(parts) if isinstance(part, slice)]
        added = tuple(n for n, i in enumerate(slices) if i not in kept)
        new = np.expand_dims(pixels, added)
        # A slice may also leave nothing of an axis that was added.
        return new[tuple(parts[i] if i not in kept else slice(None) for i in slices)]
