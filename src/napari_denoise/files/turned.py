"""Images whose file has their axes in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import FileError
from napari_denoise.files.planes import full_index

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
        Those of the file, in any order. Colour samples (S) may be its channels (C), as
        OME-Zarr has them.

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
    if "S" in axes and "S" not in held:
        held = held.replace("C", "S")
    if sorted(held) != sorted(axes):
        raise FileError(f"{image.path} has the axes {image.axes}, not {axes}.")
    if held == axes:
        return image.data
    return Turned(image.data, [axes.index(axis) for axis in held])


class Turned:
    """Looks like an array whose axes were moved.

    Parameters
    ----------
    array : array-like
        As it lies in the file.
    order : list of int
        Which axis of this image each of its axes is.
    """

    def __init__(self, array: Any, order: list[int]) -> None:
        self._array, self._order = array, order
        self.shape = tuple(array.shape[i] for i in np.argsort(order))
        self.dtype = np.dtype(array.dtype)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        parts = full_index(index, self.shape)
        pixels = np.asarray(self._array[tuple(parts[i] for i in self._order)])
        # Axes that an integer picked from are gone.
        kept = [i for i in self._order if isinstance(parts[i], slice)]
        return pixels.transpose(np.argsort(kept))
