"""Image files that stay at hand through a training, many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise import files

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def open_image(path: Path) -> tuple[Any, str]:
    """Open an image file without reading its pixels, and without holding it open.

    Parameters
    ----------
    path : Path
        Of a TIFF file or an OME-Zarr folder.

    Returns
    -------
    data : array-like
        Has `shape`, `dtype` and slicing.
    axes : str
        As the file names them.

    Raises
    ------
    FileError
        If it is missing, damaged or of another kind.
    """
    import tifffile

    with files.open_image(path) as image:
        data, axes = image.data, image.axes
    if path.is_dir():
        return data, axes
    try:
        # Patches are drawn from anywhere in it, over and over.
        return tifffile.memmap(path, mode="r"), axes
    except ValueError:
        return _Reopened(path, data.shape, data.dtype), axes


@dataclass(frozen=True)
class _Reopened:
    """A TIFF file that is compressed, or scattered over its file.

    It is opened for each read: systems allow only some hundred files at a time.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __getitem__(self, index: Any) -> NDArray[Any]:
        with files.open_image(self.path) as image:
            return np.asarray(image.data[index])
