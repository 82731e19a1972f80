"""TIFF files made smaller once they are complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_denoise.files.planes import canonical

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

PREDICTED = 4
"""Bytes of the largest integers of which differences can be stored."""


def compress(path: Path, dtype: np.dtype[Any], **options: Any) -> None:
    """Write a TIFF file again, page by page and without loss, in its own place.

    Planes are written in any order at first, which compressed ones cannot be.

    Parameters
    ----------
    path : Path
        Of the file, uncompressed.
    dtype : numpy.dtype
        Of its pixels.
    **options
        With which :func:`tifffile.imwrite` made it.
    """
    import tifffile

    smaller = path.with_name(f"{path.name}z")
    try:
        with tifffile.TiffFile(path) as file:
            tifffile.imwrite(
                smaller,
                (_known(page.asarray()) for page in file.pages),
                dtype=canonical(dtype),
                compression="zlib",
                # Others need the extra codecs.
                predictor=dtype.kind in "iu" and dtype.itemsize <= PREDICTED,
                **options,
            )
        smaller.replace(path)
    finally:
        smaller.unlink(missing_ok=True)


def _known(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels.view(canonical(pixels.dtype))
