"""Arrays and napari layers, seen alike, and refused where they cannot be denoised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_denoise.errors import ImageError

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
        """Type of the pixels."""
        dtype: np.dtype[Any] = np.dtype(self.data.dtype)
        return dtype


def read_source(image: Any) -> Source:
    """See an array or a napari image layer as a `Source`.

    Parameters
    ----------
    image : array-like or napari.layers.Image
        Lists and tuples of numbers become arrays; of a multiscale layer the finest
        level is taken.

    Returns
    -------
    Source

    Raises
    ------
    ImageError
        If the kind of data cannot be denoised, or the image is empty.
    """
    source = _from_layer(image) if _is_layer(image) else _from_array(image)
    if source.dtype.kind not in "iuf" or source.dtype.itemsize > 8:
        raise ImageError(f"Images of type {source.dtype} cannot be denoised. {WORKS}")
    if 0 in source.data.shape:
        raise ImageError(f"The image is empty: its shape is {source.data.shape}.")
    return source


def layer_labels(layer: Any) -> str | None:
    """Axes of a napari layer as letters, where all its labels are such letters.

    Parameters
    ----------
    layer : napari.layers.Image
        Any image layer.

    Returns
    -------
    str or None
        For example ``"ZYX"``, or ``"YXS"`` for an RGB image.
    """
    labels = [str(label).upper() for label in layer.axis_labels]
    samples = "S" if getattr(layer, "rgb", False) else ""
    if all(label in set("TCZYX") for label in labels):
        return "".join(labels) + samples
    # Without labels an RGB layer still says that its last axis holds samples.
    default = {2: "YX", 3: "ZYX"}.get(len(labels))
    return default + samples if default and samples else None


def _is_layer(image: Any) -> bool:
    return hasattr(image, "axis_labels") and hasattr(image, "data")


def _from_layer(layer: Any) -> Source:
    if not hasattr(layer, "rgb"):
        raise ImageError(
            f"“{layer.name}” is a {type(layer).__name__} layer. "
            "Choose an image layer: only images can be denoised."
        )
    data = layer.data[0] if layer.multiscale else layer.data
    return Source(data, layer_labels(layer), layer.name)


def _from_array(image: Any) -> Source:
    if not all(hasattr(image, name) for name in ("shape", "dtype", "__getitem__")):
        image = np.asarray(image)
    return Source(image, None, None)
