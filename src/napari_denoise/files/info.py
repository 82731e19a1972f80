"""What image files say besides pixels, in words common to all formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Flavour = Literal["plain", "imagej", "ome", "zarr"]


@dataclass(frozen=True)
class ChannelInfo:
    """A channel.

    Attributes
    ----------
    name : str or None
        Of the stain, for example.
    colour : str or None
        ``"RRGGBB"``, the brightest of its colours.
    window : tuple of float or None
        Counts shown darkest and brightest.
    """

    name: str | None = None
    colour: str | None = None
    window: tuple[float, float] | None = None


@dataclass(frozen=True)
class ImageInfo:
    """What a file says of an image; only what is known.

    Attributes
    ----------
    name : str or None
        Of the image.
    spacing : mapping
        Distance between pixels, planes or frames, by axis letter: X, Y, Z, T.
    units : mapping
        Of `spacing` and `origin`, by axis letter: ``"µm"``, ``"s"``, …
    origin : mapping
        Position of the first pixel in these units, by axis letter.
    channels : tuple of ChannelInfo
        Along C; empty where nothing is known of any.
    flavour : {"plain", "imagej", "ome", "zarr"}
        Kind of file.
    native : mapping
        What only that flavour knows. It is kept if the result has the same one.
    compressed : bool
        Whether its pixels are; those of a result in a TIFF file are then, too.
    """

    name: str | None = None
    spacing: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, float] = field(default_factory=dict)
    channels: tuple[ChannelInfo, ...] = ()
    flavour: Flavour = "plain"
    native: Mapping[str, Any] = field(default_factory=dict)
    compressed: bool = False


@dataclass(frozen=True)
class ImageFile:
    """An opened image.

    Attributes
    ----------
    path : Path
        Of the file or folder.
    data : array-like
        Has `shape`, `dtype` and slicing; reads only what is asked for.
    axes : str
        One letter per axis, as the file names them; Q and I where its writer did not
        know.
    info : ImageInfo
        What else the file says.
    notes : tuple of str
        What the user should know of how it is read.
    """

    path: Path
    data: Any
    axes: str
    info: ImageInfo
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageTarget:
    """An image file to be written, as the `out` of :func:`napari_denoise.denoise`.

    Attributes
    ----------
    path : str or Path
        Of a TIFF file (``.tif``, ``.tiff``) or an OME-Zarr folder (``.zarr``).
    info : ImageInfo, optional
        Said of the image. Its flavour is that of the file, unless the name asks for
        another one: ``.ome.tif``, ``.zarr``.
    overwrite : bool
        Whether what has that name is replaced, once the new image is complete.
    mark : str, optional
        One line of ASCII that :func:`read_mark` finds again.
    beside : bool
        Whether how it came about is written to ``NAME.json`` too, before the image
        gets its name.
    """

    path: str | Path
    info: ImageInfo | None = None
    overwrite: bool = False
    mark: str | None = None
    beside: bool = False
