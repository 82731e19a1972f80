"""What TIFF files of all flavours say besides pixels."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.files.info import ChannelInfo, ImageInfo
from napari_denoise.files.microscopes import lsm_info, stk_info
from napari_denoise.files.ome_xml import read_ome
from napari_denoise.files.tiff_tags import PALETTE, kept_tags, plain_text
from napari_denoise.files.units import METRES, converted, short_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tifffile import TiffFile, TiffPageSeries

COUNTED = ("ImageJ", "axes", "images", "channels", "slices", "frames", "hyperstack")
"""ImageJ's own entries that follow from shape and axes."""
SHAPED = ("shape", "axes", "truncated")
"""The same in the description that tifffile writes."""
PLAIN = ("generic", "shaped", "uniform")
"""Kinds of images whose descriptions are nobody's but their author's."""
TIFF_UNITS = {2: "in", 3: "cm"}


def tiff_info(file: TiffFile, series: TiffPageSeries, image: int) -> ImageInfo:
    """Read what a TIFF file says of one of its images.

    Parameters
    ----------
    file : TiffFile
        Open.
    series : TiffPageSeries
        The image's pages.
    image : int
        Its place among the images of the file.

    Returns
    -------
    ImageInfo
    """
    first: Any = series.keyframe
    if series.kind == "ome" and file.ome_metadata:
        info = read_ome(file.ome_metadata, image, series.name)
        return replace(info, native={**info.native, **kept_tags(first)})
    size = dict(zip(series.axes, series.shape, strict=True))
    if series.kind == "imagej":
        entries = dict(file.imagej_metadata or {})
        native = {k: v for k, v in entries.items() if k not in COUNTED}
        return _described(native, first, size, "imagej")
    if series.kind == "lsm":
        return lsm_info(file.lsm_metadata or {})
    if series.kind == "stk":
        return stk_info(file.stk_metadata or {}, series.axes)
    native = _shaped_entries(first.shaped_description)
    if series.kind in PLAIN:
        native |= plain_text(first)
    return _described(native, first, size, "plain")


def _shaped_entries(description: str | None) -> dict[str, Any]:
    try:
        entries = json.loads(description or "{}")
    except ValueError:
        return {}
    return {k: v for k, v in entries.items() if k not in SHAPED}


def _described(
    native: dict[str, Any], page: Any, size: dict[str, int], flavour: Any
) -> ImageInfo:
    """Read ImageJ's words, which plain files may have too."""
    native |= kept_tags(page)
    spacing, units = _resolution(page, native, flavour)
    interval = _positive(native.get("finterval"))
    if interval:
        spacing["T"] = interval
        units["T"] = short_unit(native.get("tunit", "s")) or "s"
    origin = {
        axis: -float(native[key]) * spacing[axis]
        for axis, key in zip("XYZ", ("xorigin", "yorigin", "zorigin"), strict=True)
        if axis in spacing and _is_number(native.get(key))
    }
    return ImageInfo(
        str(native["name"]) if native.get("name") else None,
        spacing,
        units,
        origin,
        _channels(native, size.get("C", 1)),
        flavour,
        {**native, **_resolution_tags(page)},
    )


def _resolution_tags(page: Any) -> dict[str, Any]:
    """Keep the tags as they are: their fractions are not always those of a distance."""
    tags = page.tags
    found = [tags.get(name) for name in ("XResolution", "YResolution")]
    if None in found:
        return {}
    numbers = [_ratio(tag.value) for tag in found]
    unit = int(tags["ResolutionUnit"].value) if "ResolutionUnit" in tags else 1
    if min(numbers) <= 0:
        return {}
    return {"resolution": tuple(numbers), "resolutionunit": unit}


def _resolution(
    page: Any, native: Mapping[str, Any], flavour: str
) -> tuple[dict[str, float], dict[str, str]]:
    tags = _resolution_tags(page)
    tagged = TIFF_UNITS.get(tags.get("resolutionunit", 1))
    unit = short_unit(native.get("unit")) or tagged
    if unit not in METRES:
        return {}, {}
    # ImageJ's own unit is that of the fractions too, whatever the tag says.
    per = unit if flavour == "imagej" or tagged is None else tagged
    fractions = tags.get("resolution", ())
    sizes = {
        axis: converted(1 / fraction, per, unit)
        for axis, fraction in zip("XY", fractions, strict=bool(fractions))
    }
    depth = _positive(native.get("spacing"))
    sizes |= {"Z": depth} if depth else {}
    units = {axis: short_unit(native.get(f"{axis.lower()}unit")) for axis in sizes}
    return sizes, {axis: units[axis] or unit for axis in sizes}


def _channels(native: Mapping[str, Any], count: int) -> tuple[ChannelInfo, ...]:
    ranges = np.ravel(native.get("Ranges", ())).tolist()
    if not ranges and {"min", "max"} <= set(native):
        ranges = [native["min"], native["max"]]
    tables = native.get("LUTs", ())
    tables = tables if isinstance(tables, list) else [tables]
    if "LUTs" not in native and count == 1 and PALETTE in native:
        tables = [native[PALETTE] >> 8]
    names = _names(native)
    channels = tuple(
        ChannelInfo(
            str(names[number]) if number < len(names) else None,
            _brightest(tables[number]) if number < len(tables) else None,
            _window(ranges[2 * number : 2 * number + 2]),
        )
        for number in range(count)
    )
    return channels if set(channels) != {ChannelInfo()} else ()


def _names(native: Mapping[str, Any]) -> list[Any]:
    """List the names of channels, in this software's words or in those of OME."""
    told = native.get("Channel")
    names = told.get("Name") if isinstance(told, dict) else None
    names = native.get("channel_names", names)
    return [names] if isinstance(names, str) else list(names or ())


def _brightest(table: Any) -> str | None:
    colours = np.asarray(table)
    if colours.shape not in ((3, 256), (3, 65536)):
        return None
    return "".join(f"{value:02X}" for value in colours[:, -1])


def _window(bounds: list[Any]) -> tuple[float, float] | None:
    if len(bounds) != 2 or not all(_is_number(bound) for bound in bounds):
        return None
    return float(bounds[0]), float(bounds[1])


def _ratio(value: Any) -> float:
    numerator, denominator = value
    return float(np.divide(numerator, denominator)) if denominator else 0.0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _positive(value: Any) -> float | None:
    return float(value) if _is_number(value) and value > 0 else None
