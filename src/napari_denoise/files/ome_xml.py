"""OME-XML: what it says of an image, and the same said of a result.

A result keeps the whole document of its source, the instrument and the annotations
among them; only what follows from its own pixels is written anew.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from xml.etree import ElementTree as ET

from napari_denoise.files.info import ChannelInfo, ImageInfo
from napari_denoise.files.units import METRES, short_unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
SIZES = {**{axis: f"PhysicalSize{axis}" for axis in "XYZ"}, "T": "TimeIncrement"}
USUAL = {**dict.fromkeys("XYZ", "µm"), "T": "s"}
"""Units of what is written without one."""
TYPES = {
    **{name: name for name in ("int8", "int16", "int32", "uint8", "uint16", "uint32")},
    "float32": "float",
    "float64": "double",
}
STORED = ("BinData", "TiffData", "MetadataOnly")


def read_ome(xml: str, image: int = 0, name: str = "") -> ImageInfo:
    """Read what OME-XML says of an image.

    Parameters
    ----------
    xml : str
        The document.
    image : int
        Place of the image in it.
    name : str
        Its name; where the two disagree, because some images have no pixels, the first
        of that name is meant.

    Returns
    -------
    ImageInfo
        With the document as ``native["xml"]`` and the image's identifier as
        ``native["image"]``.
    """
    root = _parsed(xml)
    element = None if root is None else _image_of(root, image, name)
    pixels = None if element is None else element.find("Pixels")
    if element is None or pixels is None:
        return ImageInfo(flavour="ome")
    sizes = {axis: _size(pixels, axis) for axis in SIZES}
    if sizes["T"] is None:
        sizes["T"] = _mean_interval(pixels)
    known = {axis: size for axis, size in sizes.items() if size is not None}
    channels = tuple(_channel(channel) for channel in pixels.findall("Channel"))
    return ImageInfo(
        element.get("Name"),
        {axis: size for axis, (size, _) in known.items()},
        {axis: unit for axis, (_, unit) in known.items()},
        _origin(pixels, {axis: unit for axis, (_, unit) in known.items()}),
        channels if set(channels) != {ChannelInfo()} else (),
        "ome",
        {"xml": xml, "image": element.get("ID")},
    )


def image_names(xml: str) -> list[str | None]:
    """Names of the images that OME-XML describes, in its order."""
    root = _parsed(xml)
    return [] if root is None else [e.get("Name") for e in root.findall("Image")]


def write_ome(
    info: ImageInfo, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str, name: str
) -> bytes:
    """Describe an image that is stored plane by plane, from the file's first page on.

    Parameters
    ----------
    info : ImageInfo
        What is said of it.
    shape : tuple of int
        Of the image.
    dtype : numpy.dtype
        One of `TYPES`.
    axes : str
        Letters of TCZ, then YX, YXS or SYX.
    name : str
        Of an image that has none.

    Returns
    -------
    bytes
        The document, in UTF-8.
    """
    root, element = _document(info, name)
    pixels = element.find("Pixels")
    if pixels is None:
        pixels = ET.SubElement(element, "Pixels", ID="Pixels:0")
    size = dict(zip(axes, shape, strict=True))
    _say_size(pixels, size, TYPES[dtype.name], axes)
    _say_spacing(pixels, info)
    _say_channels(pixels, info, size.get("C", 1), size.get("S", 1))
    if root.get("xmlns") == SCHEMA:
        _say_origin(pixels, info)
    xml: bytes = ET.tostring(root, "utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>' + xml


def _parsed(xml: str) -> ET.Element | None:
    """Parse a document, and name its elements without their namespace."""
    try:
        root = ET.fromstring(xml)
    except ET.ParseError:
        return None
    space, _, _ = root.tag.rpartition("}")
    for element in root.iter():
        if space and isinstance(element.tag, str):
            element.tag = element.tag.removeprefix(space + "}")
    root.set("xmlns", space.removeprefix("{") or SCHEMA)
    return root if root.tag == "OME" else None


def _image_of(root: ET.Element, image: int, name: str) -> ET.Element | None:
    images = root.findall("Image")
    named = [element for element in images if element.get("Name", "") == name]
    if image < len(images) and (not named or images[image] in named):
        return images[image]
    return named[0] if named else None


def _size(pixels: ET.Element, axis: str) -> tuple[float, str] | None:
    size = _number(pixels.get(SIZES[axis]))
    unit = short_unit(pixels.get(f"{SIZES[axis]}Unit", USUAL[axis]))
    return (size, unit) if size and size > 0 and unit else None


def _mean_interval(pixels: ET.Element) -> tuple[float, str] | None:
    """Average the time between frames where only their own times are written."""
    times = {
        int(plane.get("TheT", 0)): _number(plane.get("DeltaT"))
        for plane in pixels.findall("Plane")
        if plane.get("TheC", "0") == plane.get("TheZ", "0") == "0"
    }
    first, last = times.get(0), max(times, default=0)
    end = times.get(last)
    unit = next((plane.get("DeltaTUnit") for plane in pixels.findall("Plane")), None)
    short = short_unit(unit or "s")
    if not last or first is None or end is None or end <= first or short is None:
        return None
    return (end - first) / last, short


def _origin(pixels: ET.Element, units: dict[str, str]) -> dict[str, float]:
    plane = pixels.find("Plane")
    if plane is None:
        return {}
    # Positions are in units of the stage, unless they say otherwise.
    found = {
        axis: (
            _number(plane.get(f"Position{axis}")),
            short_unit(plane.get(f"Position{axis}Unit")),
        )
        for axis in "XYZ"
        if axis in units
    }
    return {
        axis: place * METRES[unit] / METRES[units[axis]]
        for axis, (place, unit) in found.items()
        if place is not None and unit in METRES
    }


def _channel(channel: ET.Element) -> ChannelInfo:
    colour = _number(channel.get("Color"))
    shade = None if colour is None else f"{(int(colour) >> 8) & 0xFFFFFF:06X}"
    return ChannelInfo(channel.get("Name"), shade)


def _document(info: ImageInfo, name: str) -> tuple[ET.Element, ET.Element]:
    kept = info.native.get("xml") if info.flavour == "ome" else None
    root = _parsed(str(kept)) if kept else None
    images = [] if root is None else root.findall("Image")
    chosen = next((e for e in images if e.get("ID") == info.native.get("image")), None)
    if root is None or chosen is None:
        root = ET.Element("OME", xmlns=SCHEMA)
        chosen = ET.SubElement(root, "Image", ID="Image:0", Name=info.name or name)
    for parent, child in list(_children(root)):
        foreign = child.tag == "Image" and child is not chosen
        if child.tag == "ImageRef" and child.get("ID") != chosen.get("ID"):
            foreign = True
        if foreign:
            parent.remove(child)
    root.set("UUID", f"urn:uuid:{uuid4()}")
    root.set("Creator", "napari-denoise")
    return root, chosen


def _children(root: ET.Element) -> Iterator[tuple[ET.Element, ET.Element]]:
    return ((parent, child) for parent in root.iter() for child in parent)


def _say_size(pixels: ET.Element, size: dict[str, int], kind: str, axes: str) -> None:
    former = dict(pixels.attrib)
    stack = [axis for axis in axes if axis in "TCZ"]
    order = "XY" + "".join([*reversed(stack), *(a for a in "CZT" if a not in stack)])
    told = {axis: size.get(axis, 1) for axis in "XYZCT"}
    planes = math.prod(told[axis] for axis in "ZCT")
    told["C"] *= size.get("S", 1)
    pixels.attrib |= {"DimensionOrder": order, "Type": kind}
    pixels.attrib |= {f"Size{axis}": str(number) for axis, number in told.items()}
    for key in ("BigEndian", "Interleaved"):
        pixels.attrib.pop(key, None)
    if former.get("Type") != kind:
        pixels.attrib.pop("SignificantBits", None)
    if "S" in size:
        pixels.set("Interleaved", "true" if axes.endswith("S") else "false")
    same = all(former.get(f"Size{a}") == pixels.get(f"Size{a}") for a in "ZCT")
    for child in list(pixels):
        if child.tag in STORED or (child.tag == "Plane" and not same):
            pixels.remove(child)
    place = len(pixels.findall("Channel"))
    pixels.insert(place, ET.Element("TiffData", IFD="0", PlaneCount=str(planes)))


def _say_spacing(pixels: ET.Element, info: ImageInfo) -> None:
    for axis, attribute in SIZES.items():
        if axis not in info.spacing:
            continue
        unit = info.units.get(axis, USUAL[axis])
        pixels.set(attribute, repr(float(info.spacing[axis])))
        # Schemas before 2015 know no units.
        if unit != USUAL[axis] or f"{attribute}Unit" in pixels.attrib:
            pixels.set(f"{attribute}Unit", unit)


def _say_origin(pixels: ET.Element, info: ImageInfo) -> None:
    """Place the first plane; those of a source keep the places they have."""
    if pixels.find("Plane") is not None or not any(info.origin.values()):
        return
    told = {}
    for axis in (axis for axis in "XYZ" if axis in info.origin):
        told[f"Position{axis}"] = repr(float(info.origin[axis]))
        # Without a unit a position counts the steps of some stage.
        told[f"Position{axis}Unit"] = info.units.get(axis, USUAL[axis])
    if told:
        place = dict.fromkeys(("TheZ", "TheC", "TheT"), "0")
        # The schema wants it after the last TiffData.
        tags = [child.tag for child in pixels]
        after = len(tags) - tags[::-1].index("TiffData")
        pixels.insert(after, ET.Element("Plane", {**place, **told}))


def _say_channels(
    pixels: ET.Element, info: ImageInfo, count: int, samples: int
) -> None:
    former = pixels.findall("Channel")
    fits = all(int(e.get("SamplesPerPixel", 1)) == samples for e in former)
    if len(former) == count and fits:
        return
    for unfit in former:
        pixels.remove(unfit)
    told = info.channels if len(info.channels) == count else (ChannelInfo(),) * count
    for number, channel in enumerate(told):
        element = ET.Element(
            "Channel", ID=f"Channel:0:{number}", SamplesPerPixel=str(samples)
        )
        if channel.name:
            element.set("Name", channel.name)
        if channel.colour:
            element.set("Color", str(_signed(channel.colour)))
        pixels.insert(number, element)


def _signed(colour: str) -> int:
    """Write red, green, blue and full opacity as OME's signed 32-bit integer."""
    number = int(f"{colour}FF", 16)
    return number - 2**32 if number >= 2**31 else number


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "nan")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
