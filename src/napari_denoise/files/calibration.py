"""How far apart pixels, planes and frames are, in the words of each format."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_denoise.files.tiff import TiffImage

OME_UNITS = ("pm", "nm", "µm", "mm", "cm", "m", "in")
LENGTHS = dict.fromkeys(("um", "micron", "microns", "\\u00B5m"), "µm") | {"inch": "in"}
"""Other names of those units, as ImageJ's files have them."""
TIFF_UNITS = {2: "in", 3: "cm"}
ATTRIBUTES = {**{axis: f"PhysicalSize{axis}" for axis in "XYZ"}, "T": "TimeIncrement"}
NGFF_LENGTHS = {
    "pm": "picometer",
    "Å": "angstrom",
    "nm": "nanometer",
    "um": "micrometer",
    "\u00b5m": "micrometer",  # the micro sign
    "\u03bcm": "micrometer",  # the Greek letter
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "in": "inch",
}
NGFF_TIMES = {
    "us": "microsecond",
    "\u00b5s": "microsecond",
    "ms": "millisecond",
    "s": "second",
    "min": "minute",
    "h": "hour",
}


def pixel_spacing(
    image: TiffImage, axes: str
) -> tuple[tuple[float, ...], tuple[str | None, ...]]:
    """Read distances and their units off a TIFF file.

    Parameters
    ----------
    image : TiffImage
        As it was read.
    axes : str
        Letters of TCZYXS, one per axis.

    Returns
    -------
    scale : tuple of float
        One number per axis; 1 where the file does not say.
    units : tuple of (str or None)
        Of these, as OME-TIFF names them: ``"µm"``, ``"s"``, …
    """
    is_ome = image.flavour == "ome"
    known = image.metadata if is_ome else ome_calibration(image)
    read = [_spacing(known, ATTRIBUTES.get(axis, "")) for axis in axes]
    return tuple(size for size, _ in read), tuple(unit for _, unit in read)


def ome_calibration(like: TiffImage) -> dict[str, Any]:
    """Say in OME-TIFF's words what a plain or an ImageJ file says.

    Parameters
    ----------
    like : TiffImage
        As it was read.

    Returns
    -------
    dict
        ``PhysicalSizeX`` and so on; only what is known.
    """
    named = str(like.metadata.get("unit", ""))
    unit = LENGTHS.get(named, named) or TIFF_UNITS.get(like.resolution_unit, "")
    sizes = {}
    if like.resolution is not None and min(like.resolution) > 0:
        sizes = {axis: 1 / r for axis, r in zip("XY", like.resolution, strict=True)}
    if "spacing" in like.metadata:
        sizes["Z"] = float(like.metadata["spacing"])
    known: dict[str, Any] = {}
    for axis, size in sizes.items() if unit in OME_UNITS else ():
        known[f"PhysicalSize{axis}"] = size
        known[f"PhysicalSize{axis}Unit"] = unit
    if "finterval" in like.metadata:
        known["TimeIncrement"] = float(like.metadata["finterval"])
        known["TimeIncrementUnit"] = "s"
    return known


def ngff_unit(kind: str, unit: str | None) -> str | None:
    """Name a unit as OME-Zarr does.

    Parameters
    ----------
    kind : str
        Of the axis: ``"space"``, ``"time"`` or another one.
    unit : str or None
        Short or long: ``"µm"``, ``"micrometer"``.

    Returns
    -------
    str or None
        None for what no such axis is measured in, ``"pixel"`` for example.
    """
    known = {"time": NGFF_TIMES, "space": NGFF_LENGTHS}.get(kind, {})
    named = known.get(str(unit), str(unit))
    return named if named in known.values() else None


def _spacing(known: dict[str, Any], name: str) -> tuple[float, str | None]:
    size = known.get(name)
    if not isinstance(size, int | float) or not math.isfinite(size) or size <= 0:
        return 1.0, None
    # Without a unit, OME's numbers are in the ones that its schema says.
    usual = "s" if name == "TimeIncrement" else "µm"
    return float(size), str(known.get(f"{name}Unit", usual))
