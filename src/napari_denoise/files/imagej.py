"""ImageJ's words for what is known of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_denoise.files.tiff_tags import TAGS as KEPT
from napari_denoise.files.units import converted, in_seconds

if TYPE_CHECKING:
    import numpy as np

    from napari_denoise.files.info import ImageInfo

AXES = "TZCYXS"
DTYPES = ("uint8", "uint16", "float32")
TAGS = ("resolution", "resolutionunit", *KEPT)
BINARY = ("Info", "Labels", "Properties")
"""Words that lie in a tag of their own, in Unicode."""


def fits_imagej(shape: tuple[int, ...], dtype: np.dtype[Any], axes: str) -> bool:
    """Whether ImageJ has such images: their type, and their order of axes."""
    ordered = [AXES.index(axis) for axis in axes]
    samples = shape[axes.index("S")] if "S" in axes else 1
    coloured = samples == 1 or (samples in (3, 4) and dtype.name == "uint8")
    return coloured and ordered == sorted(ordered) and dtype.name in DTYPES


def imagej_entries(info: ImageInfo) -> dict[str, Any]:
    """Say what is known in the words of ImageJ's description.

    Parameters
    ----------
    info : ImageInfo
        Of any flavour; what another file of ImageJ's said is kept as it was.

    Returns
    -------
    dict
    """
    if info.flavour in ("imagej", "plain") and info.native:
        kept = {k: v for k, v in info.native.items() if k not in TAGS}
        if info.flavour == "plain":
            return kept
        return {k: v if k in BINARY else _in_ascii(v) for k, v in kept.items()}
    entries: dict[str, Any] = {"name": info.name} if info.name else {}
    unit = next((info.units[axis] for axis in "XYZ" if axis in info.units), None)
    if unit:
        entries["unit"] = unit.replace("µ", "u").replace("Å", "angstrom")
    if unit and "Z" in info.spacing:
        entries["spacing"] = converted(
            info.spacing["Z"], info.units.get("Z", unit), unit
        )
    if "T" in info.spacing:
        entries["finterval"] = in_seconds(info.spacing["T"], info.units.get("T", "s"))
    return entries


def _in_ascii(value: Any) -> Any:
    """Escape letters as ImageJ does."""
    if not isinstance(value, str):
        return value
    return "".join(c if c.isascii() else f"\\u{ord(c):04X}" for c in value)
