"""Zarr in: OME-Zarr 0.4 and 0.5, plates, converted series, and plain arrays."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import FileError, OptionError
from napari_denoise.files.chunks import Chunked
from napari_denoise.files.info import ImageFile, ImageInfo
from napari_denoise.files.ngff import letters_of, read_ngff
from napari_denoise.files.ome_xml import image_names
from napari_denoise.files.tiff_reading import no_such_series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONVERTED = "bioformats2raw.layout"
EXTRA = (
    "Zarr files need the packages zarr (3 or newer) and yaozarrs. Install them with: "
    "pip install “napari-denoise[zarr]”."
)
ZARR_FILES = ("zarr.json", ".zgroup", ".zarray", ".zattrs")
WRONG = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)
"""What reading metadata runs into where they are not what they should be."""


@contextmanager
def open_zarr(path: Path, series: int) -> Iterator[ImageFile]:
    """Open one image of a Zarr folder; see :func:`napari_denoise.files.open_image`."""
    with _told_plainly(path):
        root = _root(path)
        places = _images(root, path)
        if not 0 <= series < len(places):
            raise no_such_series(path, series, len(places))
        image = _image(path, root, places[series])
    yield image


def zarr_series(path: Path) -> list[str]:
    """Name the images of a Zarr folder."""
    with _told_plainly(path):
        root = _root(path)
        places = _images(root, path)
        xml = path / "OME" / "METADATA.ome.xml"
        names = image_names(xml.read_text("utf-8")) if xml.is_file() else []
        if len(names) != len(places):
            names = [None] * len(places)
        return [
            name or place or _info(root[place] if place else root).name or path.stem
            for name, place in zip(names, places, strict=True)
        ]


def holds_zarr(path: Path) -> bool:
    """Whether a folder is a Zarr group or array."""
    return any((path / name).is_file() for name in ZARR_FILES)


def import_zarr() -> Any:
    """Import what reads and writes Zarr.

    Raises
    ------
    OptionError
        If it is missing or too old.
    """
    try:
        import zarr
    except ImportError as error:
        raise OptionError(EXTRA) from error
    if not hasattr(zarr, "create_array"):
        raise OptionError(EXTRA)
    return zarr


def metadata_of(node: Any) -> dict[str, Any]:
    """Return the metadata of a group: version 0.5 keeps them under one key."""
    attributes = dict(node.attrs)
    ome = attributes.get("ome", attributes)
    return ome if isinstance(ome, dict) else {}


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileError, OptionError):
        raise
    except PermissionError as error:
        raise FileError(f"{path} cannot be opened: you may not read it.") from error
    except WRONG as error:
        raise FileError(
            f"{path} cannot be read as OME-Zarr; it may be incomplete or hold no "
            f"image: {error}."
        ) from error


def _root(path: Path) -> Any:
    zarr = import_zarr()
    if not path.exists():
        raise FileError(f"There is no folder {path}.")
    if not os.access(path, os.R_OK | os.X_OK):
        raise PermissionError(path)
    if not holds_zarr(path):
        raise FileError(
            f"{path} holds no Zarr image: there is none of {', '.join(ZARR_FILES)} in "
            "it. Copy it again from where it comes from, or choose another folder."
        )
    return zarr.open(path, mode="r")


def _images(root: Any, path: Path) -> list[str]:
    """List the groups, or the array, that images lie in; "" is the root itself."""
    if not hasattr(root, "attrs") or hasattr(root, "shape"):
        return [""]
    told = metadata_of(root)
    if "multiscales" in told:
        return [""]
    if "plate" in told:
        wells = [well["path"] for well in told["plate"]["wells"]]
        return [
            f"{well}/{field['path']}"
            for well in wells
            for field in metadata_of(root[well])["well"]["images"]
        ]
    if CONVERTED in told or CONVERTED in root.attrs:
        listed = metadata_of(root["OME"]).get("series") if "OME" in root else None
        return list(listed) if listed else _numbered(root)
    if "0" in root and "multiscales" in metadata_of(root["0"]):
        return _numbered(root)
    raise FileError(
        f"{path} holds no OME-Zarr image: its metadata name none. Choose the folder of "
        "one image, whose zarr.json or .zattrs tells its “multiscales”."
    )


def _numbered(root: Any) -> list[str]:
    names: list[str] = []
    while str(len(names)) in root:
        names.append(str(len(names)))
    return names


def _info(node: Any) -> ImageInfo:
    if hasattr(node, "shape"):
        return ImageInfo(flavour="zarr")
    return read_ngff(metadata_of(node))


def _image(path: Path, root: Any, place: str) -> ImageFile:
    node = root[place] if place else root
    if hasattr(node, "shape"):
        names = getattr(node.metadata, "dimension_names", None)
        axes = letters_of(names or ()) if names else "Q" * node.ndim
        return ImageFile(path, Chunked(node, path), axes, ImageInfo(flavour="zarr"))
    (multiscale, *_) = metadata_of(node)["multiscales"]
    array = node[multiscale["datasets"][0]["path"]]
    # Before version 0.4, axes were plain names; before 0.3, there were always five.
    described = multiscale.get("axes", list("tczyx"))
    names = [a["name"] if isinstance(a, dict) else a for a in described]
    if len(names) != array.ndim:
        raise FileError(
            f"{path} names {len(names)} axes, but its image has {array.ndim}."
        )
    info = read_ngff(metadata_of(node))
    return ImageFile(path, Chunked(array, path), letters_of(names), info)
