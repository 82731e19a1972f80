"""What the TIFF files of microscopes' own software say: Zeiss' LSM, MetaMorph's STK."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.files.info import ChannelInfo, ImageInfo
from napari_denoise.files.units import METRES, short_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

MICRONS = 1e6
"""In a metre, in which Zeiss counts."""


def lsm_info(entries: Mapping[str, Any]) -> ImageInfo:
    """Read what Zeiss' software says.

    Parameters
    ----------
    entries : mapping
        As tifffile names them.

    Returns
    -------
    ImageInfo
    """
    sizes = {axis: MICRONS * entries.get(f"VoxelSize{axis}", 0) for axis in "XYZ"}
    sizes["T"] = entries.get("TimeIntervall", 0)  # so it is spelled
    spacing = {axis: float(size) for axis, size in sizes.items() if size > 0}
    units = {axis: "s" if axis == "T" else "µm" for axis in spacing}
    colours = entries.get("ChannelColors") or {}
    named = zip(colours.get("ColorNames", ()), colours.get("Colors", ()), strict=False)
    channels = tuple(
        ChannelInfo(str(name), f"{red:02X}{green:02X}{blue:02X}")
        for name, (red, green, blue, *_) in named
    )
    return ImageInfo(entries.get("Name") or None, spacing, units, {}, channels)


def stk_info(entries: Mapping[str, Any], axes: str) -> ImageInfo:
    """Read what MetaMorph says.

    Parameters
    ----------
    entries : mapping
        As tifffile names them.
    axes : str
        Of the image: its planes are depths or times.

    Returns
    -------
    ImageInfo
    """
    unit = short_unit(entries.get("CalibrationUnits", ""))
    sizes = {}
    if unit in METRES:
        sizes = {axis: _number(entries.get(f"{axis}Calibration")) for axis in "XY"}
        sizes["Z"] = abs(float(np.ravel(entries.get("ZDistance", 0))[0]))
    spacing = {axis: size for axis, size in sizes.items() if size > 0}
    units = dict.fromkeys(spacing, str(unit))
    times = np.ravel(entries.get("TimeCreated", ())).astype(float)
    if "T" in axes and len(times) > 1 and times[-1] > times[0]:
        spacing["T"], units["T"] = float(np.diff(times).mean()) / 1000, "s"
    return ImageInfo(entries.get("Name") or None, spacing, units)


def _number(value: Any) -> float:
    """Return a number, which MetaMorph may write as a fraction; 0 if there is none."""
    parts = np.ravel(value if value is not None else 0).astype(float)
    number = parts[0] / parts[1] if len(parts) == 2 and parts[1] else parts[0]
    return float(number) if math.isfinite(number) else 0.0
