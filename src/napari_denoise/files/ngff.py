"""The metadata of OME-Zarr, read and said (NGFF 0.4 and 0.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.files.info import ChannelInfo, ImageInfo
from napari_denoise.files.units import ngff_unit, short_unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KINDS = {"T": "time", "C": "channel", "S": "channel"}
COLOURS = ("FF0000", "00FF00", "0000FF", "FFFFFF")
"""Of colour samples, and of channels of which nothing is known."""
SAMPLES = tuple(map(ChannelInfo, ("red", "green", "blue"), COLOURS))


def letters_of(names: Sequence[Any]) -> str:
    """Return axes as letters: Q for each whose name is none of T, C, Z, Y and X."""
    letters = [str(name).upper() for name in names]
    known = [a if a in set("TCZYX") and letters.count(a) == 1 else "Q" for a in letters]
    return "".join(known)


def read_ngff(metadata: Mapping[str, Any]) -> ImageInfo:
    """Read what the metadata of a group say of its image.

    Parameters
    ----------
    metadata : mapping
        With ``"multiscales"`` and perhaps ``"omero"``.

    Returns
    -------
    ImageInfo
        Of the finest level.
    """
    multiscale = metadata["multiscales"][0]
    axes = [a for a in multiscale.get("axes", ()) if isinstance(a, dict)]
    letters = letters_of([axis["name"] for axis in axes])
    scale, shift = np.ones(len(axes)), np.zeros(len(axes))
    level = multiscale["datasets"][0].get("coordinateTransformations", [])
    for step in [*level, *multiscale.get("coordinateTransformations", [])]:
        if isinstance(step.get("scale"), list):
            scale, shift = scale * step["scale"], shift * step["scale"]
        elif isinstance(step.get("translation"), list):
            shift = shift + step["translation"]
    units = {
        letter: short_unit(axis.get("unit"))
        for letter, axis in zip(letters, axes, strict=True)
    }
    place = {letter: i for i, letter in enumerate(letters)}
    told = [a for a in letters if a in "TZYX" and (units[a] or scale[place[a]] != 1)]
    return ImageInfo(
        multiscale.get("name") or None,
        {a: float(scale[place[a]]) for a in told},
        {a: unit for a in told if (unit := units[a])},
        {a: float(shift[place[a]]) for a in told if shift[place[a]]},
        tuple(_channel(c) for c in metadata.get("omero", {}).get("channels", ())),
        "zarr",
        {"omero": metadata["omero"]} if "omero" in metadata else {},
    )


def describe_ngff(
    info: ImageInfo,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    axes: str,
    level: str,
) -> dict[str, Any]:
    """Say it in the words of NGFF 0.5.

    Parameters
    ----------
    info : ImageInfo
        What is known of the image.
    shape : tuple of int
        In the order of `axes`.
    dtype : numpy.dtype
        Of the pixels.
    axes : str
        Letters of TCSZYX, in this order.
    level : str
        Name of its only resolution level.

    Returns
    -------
    dict
        The attribute ``"ome"``.
    """
    scale = [float(info.spacing.get(axis, 1.0)) for axis in axes]
    shift = [float(info.origin.get(axis, 0.0)) for axis in axes]
    transforms: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
    if any(shift):
        transforms.append({"type": "translation", "translation": shift})
    told: dict[str, Any] = {
        "version": "0.5",
        "multiscales": [
            {
                "name": info.name,
                "axes": [_axis(axis, info.units.get(axis)) for axis in axes],
                "datasets": [{"path": level, "coordinateTransformations": transforms}],
            }
        ],
    }
    channels = _omero(info, dict(zip(axes, shape, strict=True)), dtype)
    return told | ({"omero": {"channels": channels}} if channels else {})


def _axis(letter: str, unit: str | None) -> dict[str, str]:
    name = "c" if letter == "S" else letter.lower()
    axis = {"name": name, "type": KINDS.get(letter, "space")}
    named = ngff_unit(letter, unit)
    return {**axis, "unit": named} if named else axis


def _channel(told: Mapping[str, Any]) -> ChannelInfo:
    window = told.get("window") or {}
    bounds = [window.get(key) for key in ("start", "end")]
    numbers = [float(b) for b in bounds if isinstance(b, int | float)]
    colour = str(told.get("color") or "").lstrip("#").upper()
    return ChannelInfo(
        told.get("label") or None,
        colour if len(colour) == 6 else None,
        (numbers[0], numbers[1]) if len(numbers) == 2 else None,
    )


def _omero(
    info: ImageInfo, size: dict[str, int], dtype: np.dtype[Any]
) -> list[dict[str, Any]]:
    """Say how channels are shown; a channel without a window spans its type's range."""
    # Colour samples become channels; what else is said of channels is of none of them.
    channels = SAMPLES if size.get("S") == len(SAMPLES) else info.channels
    count = size.get("S", size.get("C", 1))
    if len(channels) != count or ("S" in size and channels is not SAMPLES):
        return []
    kept = info.native.get("omero", {}).get("channels", ())
    kept = kept if len(kept) == count else ({},) * count
    lowest, highest = _range(dtype)
    told = []
    for number, channel in enumerate(channels):
        start, end = channel.window or (lowest, highest)
        window = {"min": min(lowest, start), "max": max(highest, end)}
        window |= kept[number].get("window", {}) | {"start": start, "end": end}
        default = "FFFFFF" if count == 1 else COLOURS[number % len(COLOURS)]
        label = {"label": channel.name} if channel.name else {}
        told.append(
            {
                "active": True,
                **kept[number],
                **label,
                "color": channel.colour or default,
                "window": window,
            }
        )
    return told


def _range(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind == "f":
        return 0.0, 1.0
    limits = np.iinfo(dtype)
    return float(limits.min), float(limits.max)
