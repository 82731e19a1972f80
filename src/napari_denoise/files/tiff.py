"""TIFF in and out: plain, ImageJ hyperstacks and OME-TIFF, calibration kept."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_denoise.errors import FileError
from napari_denoise.files.calibration import ome_calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tifffile import TiffFile

IMAGEJ_AXES = "TZCYXS"
IMAGEJ_DTYPES = ("uint8", "uint16", "float32")
COUNTED = ("ImageJ", "axes", "images", "channels", "slices", "frames", "hyperstack")
"""ImageJ's own entries that follow from shape and axes."""
DAMAGED = (
    ArithmeticError,
    AssertionError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    struct.error,
    zlib.error,
)
"""What readers run into, beside their own errors, when bytes of a file are wrong."""
PIXEL_ATTRIBUTES = (
    "PhysicalSizeX",
    "PhysicalSizeXUnit",
    "PhysicalSizeY",
    "PhysicalSizeYUnit",
    "PhysicalSizeZ",
    "PhysicalSizeZUnit",
    "TimeIncrement",
    "TimeIncrementUnit",
)


@dataclass(frozen=True)
class TiffImage:
    """The first image series of a TIFF file.

    Attributes
    ----------
    data : ndarray
    axes : str
        As the file names them; Q and I where its writer did not know.
    flavour : {"plain", "imagej", "ome"}
    metadata : dict
        Calibration, channel names and display settings, as tifffile writes them.
    resolution : tuple of float, optional
        Pixels per unit along X and Y.
    resolution_unit : int
        TIFF's code: 1 none, 2 inch, 3 centimetre.
    notes : tuple of str
        What the user should know of how it was read.
    """

    data: NDArray[Any]
    axes: str
    flavour: Literal["plain", "imagej", "ome"] = "plain"
    metadata: dict[str, Any] = field(default_factory=dict)
    resolution: tuple[float, float] | None = None
    resolution_unit: int = 1
    notes: tuple[str, ...] = ()


def read_tiff(path: str | Path) -> TiffImage:
    """Read the first series of a TIFF file.

    Parameters
    ----------
    path : str or Path
        Of the file.

    Returns
    -------
    TiffImage

    Raises
    ------
    FileError
        If it is missing, truncated, no TIFF, or compressed in a way that needs the
        extra ``codecs``.
    """
    import tifffile

    path = Path(path)
    try:
        with tifffile.TiffFile(path) as file:
            series = file.series[0]
            data = series.asarray()
            return TiffImage(data, series.axes, **_description(file))
    except FileNotFoundError as error:
        raise FileError(f"There is no file {path}.") from error
    except (OSError, tifffile.TiffFileError, *DAMAGED) as error:
        raise FileError(
            f"{path} cannot be read as a TIFF image; it may be truncated or of another "
            f"kind: {error}."
        ) from error
    except ValueError as error:
        advice = (
            "Install it with: pip install “napari-denoise[codecs]”."
            if "imagecodecs" in str(error)
            else "It may be truncated."
        )
        raise FileError(f"{path} cannot be read: {error}. {advice}") from error


def write_tiff(
    path: str | Path, data: NDArray[Any], axes: str, like: TiffImage
) -> None:
    """Write an image the way another file was written, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Replaced if it exists. ``.ome.tif`` makes an OME-TIFF.
    data : ndarray
        The pixels.
    axes : str
        Letters of TCZYXS, one per axis.
    like : TiffImage
        Gives flavour and calibration.

    Raises
    ------
    FileError
        If the file cannot be written; a partial file is removed.
    """
    import tifffile

    path = Path(path)
    partial = path.with_name(f".{path.name}.part")
    try:
        tifffile.imwrite(partial, data, **_write_options(path, data, axes, like))
        partial.replace(path)
    except (OSError, ValueError, tifffile.OmeXmlError) as error:
        raise FileError(f"{path} cannot be written: {error}.") from error
    finally:
        partial.unlink(missing_ok=True)


def pixel_options(shape: tuple[int, ...], axes: str) -> dict[str, Any]:
    """Say how tifffile is to write colour samples.

    Parameters
    ----------
    shape : tuple of int
        Of the image.
    axes : str
        Letters of TCZYXS, one per axis.

    Returns
    -------
    dict
        Options of :func:`tifffile.imwrite`.
    """
    samples = shape[-1] if axes.endswith("S") else 1
    if samples in (3, 4):
        return {"photometric": "rgb"}
    options = {"photometric": "minisblack"}
    return {**options, "planarconfig": "contig"} if samples > 1 else options


def _description(file: TiffFile) -> dict[str, Any]:
    tags = file.pages.first.tags
    resolution = tuple(
        _ratio(tags[name].value)
        for name in ("XResolution", "YResolution")
        if name in tags
    )
    unit = int(tags["ResolutionUnit"].value) if "ResolutionUnit" in tags else 1
    common: dict[str, Any] = {
        "notes": _notes(len(file.series)),
        "resolution": resolution if len(resolution) == 2 else None,
        "resolution_unit": unit,
    }
    if file.is_ome:
        return {**common, "flavour": "ome", "metadata": _ome_metadata(file)}
    if file.is_imagej:
        entries = dict(file.imagej_metadata or {})
        kept = {k: v for k, v in entries.items() if k not in COUNTED}
        return {**common, "flavour": "imagej", "metadata": kept}
    return common


def _notes(series: int) -> tuple[str, ...]:
    if series < 2:
        return ()
    return (f"The file holds {series} image series; only the first was read.",)


def _ome_metadata(file: TiffFile) -> dict[str, Any]:
    import tifffile

    image = tifffile.xml2dict(file.ome_metadata or "").get("OME", {}).get("Image", {})
    pixels = (image[0] if isinstance(image, list) else image).get("Pixels", {})
    metadata = {name: pixels[name] for name in PIXEL_ATTRIBUTES if name in pixels}
    channels = pixels.get("Channel", [])
    channels = channels if isinstance(channels, list) else [channels]
    names = [channel.get("Name") for channel in channels]
    if names and all(names):
        metadata["Channel"] = {"Name": names}
    return metadata


def _write_options(
    path: Path, data: NDArray[Any], axes: str, like: TiffImage
) -> dict[str, Any]:
    options: dict[str, Any] = {
        **pixel_options(data.shape, axes),
        "metadata": {**like.metadata, "axes": axes},
    }
    if like.resolution is not None and min(like.resolution) > 0:
        options["resolution"] = like.resolution
        options["resolutionunit"] = like.resolution_unit
    is_ome = path.name.lower().endswith((".ome.tif", ".ome.tiff"))
    if is_ome and like.flavour != "ome":
        options["metadata"] = {**ome_calibration(like), "axes": axes}
    if is_ome or like.flavour == "ome":
        return {**options, "ome": True}
    if like.flavour == "imagej" and _fits_imagej(data, axes):
        return {**options, "imagej": True}
    # Colour tables and ranges are ImageJ's own; numbers and words go anywhere.
    plain = {k: v for k, v in like.metadata.items() if isinstance(v, str | int | float)}
    return {**options, "ome": False, "metadata": {**plain, "axes": axes}}


def _fits_imagej(data: NDArray[Any], axes: str) -> bool:
    ordered = [IMAGEJ_AXES.index(axis) for axis in axes]
    small = data.nbytes < 2**32 - 2**25
    return small and ordered == sorted(ordered) and data.dtype.name in IMAGEJ_DTYPES


def _ratio(value: Any) -> float:
    numerator, denominator = value
    return float(np.divide(numerator, denominator)) if denominator else 0.0
