"""Names of units in each format, and the short ones that are used here."""

from __future__ import annotations

NGFF_LENGTHS = {
    "pm": "picometer",
    "Å": "angstrom",
    "nm": "nanometer",
    "µm": "micrometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "in": "inch",
}
NGFF_TIMES = {
    "ns": "nanosecond",
    "µs": "microsecond",
    "ms": "millisecond",
    "s": "second",
    "min": "minute",
    "h": "hour",
}
METRES = {
    "pm": 1e-12,
    "Å": 1e-10,
    "nm": 1e-9,
    "µm": 1e-6,
    "mm": 1e-3,
    "cm": 1e-2,
    "m": 1.0,
    "in": 0.0254,
}
SECONDS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
SHORT = {
    **{long: short for short, long in (NGFF_LENGTHS | NGFF_TIMES).items()},
    **dict.fromkeys(("um", "\u03bcm", "\\u00B5m", "micron", "microns"), "µm"),
    **dict.fromkeys(("us", "\u03bcs"), "µs"),
    **dict.fromkeys(("sec", "seconds"), "s"),
    "inches": "in",
    "angstroms": "Å",
    "\u212b": "Å",
    "minutes": "min",
    "hours": "h",
}
"""Other names of units; ImageJ's files have some of them."""


def short_unit(name: object) -> str | None:
    """Name a unit of length or time as OME-TIFF does.

    Parameters
    ----------
    name : object
        As a file or a layer has it: ``"micron"``, ``"micrometer"``, ``"um"``, …

    Returns
    -------
    str or None
        ``"µm"``; None for what is neither, ``"pixel"`` for example.
    """
    text = str(name).strip()
    short = SHORT.get(text, SHORT.get(text.lower(), text))
    return short if short in METRES or short in SECONDS else None


def ngff_unit(axis: str, unit: str | None) -> str | None:
    """Name the unit of an axis as OME-Zarr does.

    Parameters
    ----------
    axis : str
        Its letter.
    unit : str or None
        Short or long.

    Returns
    -------
    str or None
        None for what no such axis is measured in.
    """
    known = NGFF_TIMES if axis == "T" else NGFF_LENGTHS
    return known.get(short_unit(unit) or "") if axis in "TZYX" else None


def in_seconds(time: float, unit: str) -> float:
    """Express a time in seconds."""
    return time * SECONDS.get(unit, 1.0)


def in_centimetres(length: float, unit: str) -> float:
    """Express a length in centimetres."""
    return length * METRES.get(unit, 1e-2) / METRES["cm"]


def converted(length: float, unit: str, wanted: str) -> float:
    """Express a length in another unit."""
    return length if unit == wanted else length * METRES[unit] / METRES[wanted]


def in_bytes(size: int) -> str:
    """Write a number of bytes in the unit that suits it: ``"1.5 MB"``."""
    unit, power = next(
        (
            (unit, 1000**power)
            for power, unit in ((3, "GB"), (2, "MB"))
            if size >= 1000**power
        ),
        ("kB", 1000),
    )
    return f"{size / power:.1f} {unit}"
