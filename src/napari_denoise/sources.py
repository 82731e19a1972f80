"""Arrays and napari layers, seen alike, and refused where they cannot be denoised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_denoise.errors import ImageError

LETTERS = "TCZYX"
WORKS = "Integer and floating-point images work (int8 to uint64, float16 to float64)."


@dataclass(frozen=True)
class Source:
    """Something that can be denoised.

    Attributes
    ----------
    data : array-like
        Has `shape`, `dtype` and slicing; read plane by plane, never changed.
    labels : str or None
        Its axes as letters of TCZYXS where it names them.
    name : str or None
    """

    data: Any
    labels: str | None
    name: str | None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels; raises `ImageError` for types that numpy lacks."""
        try:
            dtype: np.dtype[Any] = np.dtype(self.data.dtype)
        except TypeError as error:
            raise ImageError(
                f"Images of type {self.data.dtype} cannot be denoised; hand over a "
                f"numpy array. {WORKS}"
            ) from error
        return dtype


def read_source(image: Any) -> Source:
    """See an array or a napari image layer as a `Source`.

    Parameters
    ----------
    image : array-like, napari.layers.Image or Source
        Lists and tuples of numbers become arrays; of a multiscale layer the finest
        level is taken; a `Source` stays as it is.

    Returns
    -------
    Source

    Raises
    ------
    ImageError
        If the kind of data cannot be denoised, or the image is empty.
    """
    source = image if isinstance(image, Source) else _from_any(image)
    if source.dtype.kind not in "iuf" or source.dtype.itemsize > 8:
        raise ImageError(f"Images of type {source.dtype} cannot be denoised. {WORKS}")
    if 0 in source.data.shape:
        raise ImageError(f"The image is empty: its shape is {source.data.shape}.")
    return source


def layer_axes(layer: Any) -> str | None:
    """Axes of a napari layer's pixels, or None where labels are needed and missing.

    Parameters
    ----------
    layer : napari.layers.Image
        Any image layer.

    Returns
    -------
    str or None
        Letters of TCZYX if each label is a different one of them, in either case, and
        Y and X are among them; ``"YX"`` for any 2D layer; S last for RGB.
    """
    samples = "S" if layer.rgb else ""
    labels = [str(label).upper() for label in layer.axis_labels]
    known = set(labels) <= set(LETTERS) and len(set(labels)) == len(labels)
    if known and {"Y", "X"} <= set(labels):
        return "".join(labels) + samples
    return "YX" + samples if len(labels) == 2 else None


def layer_pixels(layer: Any) -> Any:
    """Pixels of a napari layer, level 0 of a multiscale one; not copied."""
    return layer.data[0] if layer.multiscale else layer.data


def _from_any(image: Any) -> Source:
    return _from_layer(image) if _is_layer(image) else _from_array(image)


def _is_layer(image: Any) -> bool:
    return hasattr(image, "axis_labels") and hasattr(image, "data")


def _from_layer(layer: Any) -> Source:
    if not hasattr(layer, "rgb"):
        raise ImageError(
            f"“{layer.name}” is a {type(layer).__name__} layer. "
            "Choose an image layer: only images can be denoised."
        )
    return Source(layer_pixels(layer), layer_axes(layer), layer.name)


def _from_array(image: Any) -> Source:
    if not all(hasattr(image, name) for name in ("shape", "dtype", "__getitem__")):
        try:
            image = np.asarray(image)
        except ValueError as error:
            raise ImageError(f"This is no image: {error}. {WORKS}") from error
    return Source(image, None, None)
