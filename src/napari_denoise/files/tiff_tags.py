"""Tags of TIFF files that a result repeats: palette, photometry, date and text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from napari_denoise.files.info import ImageInfo

PALETTE, PHOTOMETRY = "ColorMap", "PhotometricInterpretation"
DATE, TEXT = "DateTime", "ImageDescription"
TAGS = (PALETTE, PHOTOMETRY, DATE, TEXT)
"""Their names among what only one flavour knows."""
DATES = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")
WHITE_IS_ZERO = 0
OF_PROGRAMS = ("ImageJ=", "SCIFIO=", "shape=", "{", "<OME", "<?xml")
"""How descriptions begin that would no longer hold, or are written anew."""


def kept_tags(page: Any) -> dict[str, Any]:
    """Read the tags of a page that hold for its result, too.

    Parameters
    ----------
    page : TiffPage
        First of the image.

    Returns
    -------
    dict
        By `TAGS`, where there are any.
    """
    date = page.tags.valueof(DATE)
    found = {
        PALETTE: page.colormap,
        PHOTOMETRY: "miniswhite" if page.photometric == WHITE_IS_ZERO else None,
        DATE: date if isinstance(date, str) and DATES.fullmatch(date) else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def plain_text(page: Any) -> dict[str, str]:
    """Read a description that somebody wrote, not a program for its own use.

    Parameters
    ----------
    page : TiffPage
        First of the image.

    Returns
    -------
    dict
        Under `TEXT`, where there is one.
    """
    text = str(page.description)
    told = text.strip() and not text.lstrip("\ufeff \n").startswith(OF_PROGRAMS)
    return {TEXT: text} if told else {}


def tag_options(
    info: ImageInfo, flavour: str, dtype: np.dtype[Any], axes: str
) -> dict[str, Any]:
    """Say how tifffile is to write them.

    Parameters
    ----------
    info : ImageInfo
        Of the source.
    flavour : str
        Of the result: tags go along into the same one.
    dtype : numpy.dtype
        Of the result. Palettes are for counts as many as they have colours.
    axes : str
        Of the result.

    Returns
    -------
    dict
        ``photometric`` wherever `axes` have no colours.
    """
    tags = info.native if info.flavour == flavour else {}
    options = {"datetime": tags[DATE]} if DATE in tags else {}
    if "S" in axes:
        return options
    options["photometric"] = tags.get(PHOTOMETRY, "minisblack")
    palette = tags.get(PALETTE)
    if palette is None:
        return options
    fits = dtype.kind == "u" and palette.shape == (3, 2 ** (8 * dtype.itemsize))
    if fits:
        return {**options, "photometric": "palette", "colormap": palette}
    # ImageJ shows other types of counts by tables of 256 colours, too.
    if flavour == "imagej" and palette.shape == (3, 256):
        return {**options, "colormap": palette}
    return options


def palette_bytes(options: dict[str, Any]) -> int:
    """Bytes that a palette takes on each page."""
    palette = options.get("colormap")
    return 0 if palette is None else 2 * int(palette.size)
