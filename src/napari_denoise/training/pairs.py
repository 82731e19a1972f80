"""Pairs of a noisy and a clean image, opened when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.errors import FileError, PairsError
from napari_denoise.files import is_image_path
from napari_denoise.files.opening import KNOWN
from napari_denoise.sources import read_source
from napari_denoise.training.name_matching import (
    in_natural_order,
    match_names,
    stem_of,
)
from napari_denoise.training.opening import open_image

NAMED = 5
"""So many files are named where some are left out."""


@dataclass(frozen=True)
class Opened:
    """An image whose header was read.

    Attributes
    ----------
    data : array-like
        Has `shape`, `dtype` and slicing; only read.
    layout : Layout
        Its axes.
    """

    data: Any
    layout: Layout


@dataclass(frozen=True)
class View:
    """One image of a pair.

    Attributes
    ----------
    name : str
        For messages.
    source : array-like or Path
        The pixels, or a TIFF file or OME-Zarr folder.
    axes : str, optional
        Letters of TCZYXS as the user gave them, or as the layer names them.
    """

    name: str
    source: Any
    axes: str | None = None

    def open(self) -> Opened:
        """Read the header; pixels are read plane by plane later.

        Returns
        -------
        Opened

        Raises
        ------
        FileError
            If the file cannot be read.
        ImageError, AxesError
            If it is no image that can be denoised, or its axes have to be given.
        """
        data, labels = self.source, None
        if isinstance(data, Path):
            data, labels = open_image(data)
        source = read_source(data)
        axes = resolve_axes(source.data.shape, self.axes, labels)
        return Opened(source.data, Layout(tuple(source.data.shape), axes))


@dataclass(frozen=True)
class Pair:
    """A noisy image and the clean image of the same field.

    Attributes
    ----------
    name : str
        For messages.
    noisy : View
    clean : View, optional
        None: the noisy image alone, or repeated frames.
    """

    name: str
    noisy: View
    clean: View | None = None


@dataclass(frozen=True)
class Gathered:
    """What was found to train on.

    Attributes
    ----------
    pairs : tuple of Pair
    remarks : tuple of str
        Sentences: which files were left out, and how the others were matched.
    """

    pairs: tuple[Pair, ...]
    remarks: tuple[str, ...] = ()


def gather_pairs(noisy: Any, clean: Any = None, *, axes: str | None = None) -> Gathered:
    """Put noisy and clean images together, without reading their pixels.

    Parameters
    ----------
    noisy : array-like, napari layer, path, or list of these
        An image; a file; a folder of TIFF and OME-Zarr files; or several images.
    clean : the same, optional
        Of a folder, the files that belong to those of `noisy`, by their names. A list
        is taken in its order.
    axes : str, optional
        Letters of TCZYXS, for all images alike.

    Returns
    -------
    Gathered

    Raises
    ------
    PairsError
        If the numbers of images differ, or nothing can be matched.
    FileError
        If a file or folder is missing, or a folder holds no images.
    ImageError
        If something given is no image.
    """
    if _is_folder(noisy) and (clean is None or _is_folder(clean)):
        return _from_folders(Path(noisy), clean, axes)
    ones = _views(noisy, axes, "image")
    if clean is None:
        return Gathered(tuple(Pair(stem_of(one.name), one) for one in ones))
    others = _views(clean, axes, "clean image")
    if len(ones) != len(others):
        raise PairsError(
            f"there are {len(ones)} noisy and {len(others)} clean images. Give as many "
            "of both, in the same order."
        )
    pairs = zip(ones, others, strict=True)
    return Gathered(tuple(Pair(stem_of(a.name), a, b) for a, b in pairs))


def _from_folders(noisy: Path, clean: Any, axes: str | None) -> Gathered:
    ones = _files(noisy)
    if clean is None:
        views = [_file_view(path, axes) for path in ones.values()]
        return Gathered(tuple(Pair(stem_of(view.name), view) for view in views))
    if noisy.resolve() == Path(clean).resolve():
        raise PairsError(
            f"noisy and clean are the same folder, {noisy}. Put the clean images into "
            "a folder of their own."
        )
    others = _files(Path(clean))
    found = match_names(ones, others)
    if not found.pairs:
        raise PairsError(
            f"no file of {noisy} ({len(ones)} images) has a name like one of {clean} "
            f"({len(others)} images). Give both images of a pair the same name."
        )
    remarks = []
    if found.by == "order":
        remarks.append(
            "No names of noisy and clean files match: they were paired in the order of "
            f"their names, “{found.pairs[0][0]}” with “{found.pairs[0][1]}” and so on."
        )
    for left_out, missing in ((found.left, "clean"), (found.right, "noisy")):
        if left_out:
            remarks.append(_left_out(left_out, missing))
    pairs = (
        Pair(stem_of(a), _file_view(ones[a], axes), _file_view(others[b], axes))
        for a, b in found.pairs
    )
    return Gathered(tuple(pairs), tuple(remarks))


def _left_out(names: tuple[str, ...], missing: str) -> str:
    told = ", ".join(f"“{name}”" for name in names[:NAMED])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    verb = "is" if len(names) == 1 else "are"
    return f"{told}{more} {verb} left out: no {missing} file of that name was found."


def _files(folder: Path) -> dict[str, Path]:
    images = filter(is_image_path, folder.iterdir())
    names = in_natural_order(path.name for path in images)
    if not names:
        raise FileError(f"The folder {folder} holds no images: {KNOWN}.")
    return {name: folder / name for name in names}


def _views(images: Any, axes: str | None, kind: str) -> list[View]:
    if _is_folder(images):
        return [_file_view(path, axes) for path in _files(Path(images)).values()]
    if not isinstance(images, list | tuple) or _is_nested_numbers(images):
        return [_view(images, axes, kind)]
    if not images:
        raise PairsError(f"the list of {kind}s is empty.")
    return [
        _view(image, axes, f"{kind} {number}")
        for number, image in enumerate(images, start=1)
    ]


def _view(image: Any, axes: str | None, name: str) -> View:
    if isinstance(image, str | Path):
        path = Path(image)
        if not path.exists():
            raise FileError(f"There is no file or folder {path}.")
        return _file_view(path, axes)
    source = read_source(image)
    return View(source.name or name, source.data, axes or source.labels)


def _file_view(path: Path, axes: str | None) -> View:
    return View(path.name, path, axes)


def _is_folder(images: Any) -> bool:
    if not isinstance(images, str | Path):
        return False
    path = Path(images)
    return path.is_dir() and path.suffix.lower() != ".zarr"


def _is_nested_numbers(images: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a list is one image written out in numbers."""
    first: Any = images
    while isinstance(first, list | tuple) and first:
        first = first[0]
    return isinstance(first, int | float)
