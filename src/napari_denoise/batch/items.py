"""Which files of a folder are denoised, and where their results go."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from napari_denoise.batch.searching import ALL, ZARR, find_paths
from napari_denoise.batch.state import bytes_of
from napari_denoise.errors import FileError, OptionError
from napari_denoise.files import is_image_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULT_NAMES = (".tif", ".tiff", ".ome.tif", ".ome.tiff")
"""Endings of TIFF files that results keep."""
NUMBERED = re.compile(r"(.+)_(0|[1-9]\d*)")
"""Names of the results of several images in a file; they have no leading zeros."""
CLOSED = "This folder cannot be looked into: you may not read it, or it has vanished."


@dataclass(frozen=True)
class Item:
    """One file, or one Zarr folder.

    Attributes
    ----------
    source : Path
    name : str
        Its place below the source folder, with slashes.
    target : Path
        Where its result goes; see :meth:`target_of`.
    trouble : str, optional
        Why it cannot have a result: it cannot be looked into, or another file's result
        has that name.
    taken : tuple of int
        Numbers of images in it whose results would have the names of other files'.
    """

    source: Path
    name: str
    target: Path
    trouble: str | None = None
    taken: tuple[int, ...] = ()

    def target_of(self, series: int, count: int) -> Path:
        """Path of the result of one of `count` images in the file."""
        if count == 1:
            return self.target
        stem, suffix = split_name(self.target.name)
        path = self.target.with_name(f"{stem}_{series}{suffix}")
        if series in self.taken:
            raise FileError(
                f"The result of image {series} in it would be named {path.name}, as "
                "that of another file: rename one of them."
            )
        return path

    @cached_property
    def bytes(self) -> int:
        """Size on disk when it was first asked for: what progress is counted in."""
        return bytes_of(self.source)


def find_items(
    source: Path,
    target: Path,
    *,
    pattern: str | Sequence[str] = ALL,
    recursive: bool = True,
    form: str = "same",
    is_image: Callable[[Path], bool] = is_image_path,
) -> list[Item]:
    """Find the files of a folder.

    Parameters
    ----------
    source : Path
        The folder.
    target : Path
        Folder of the results; below `source` it is left out.
    pattern : str or sequence of str
        Of file names, or of paths below `source`: ``"*.tif"``, ``"day1/*"``; upper
        and lower case are the same. ``"*"`` takes all that are images by their names.
    recursive : bool
        Whether folders below `source` are looked into.
    form : {"same", "tif", "zarr"}
        Of the results.
    is_image : callable
        Says of a path whether it is one, by its name.

    Returns
    -------
    list of Item
        In the order of their names.

    Raises
    ------
    FileError
        If there is no such folder, or both are the same.
    OptionError
        If no file fits.
    """
    if not source.is_dir():
        raise FileError(f"There is no folder {source} to take images from.")
    if source.resolve() == target.resolve():
        raise FileError(
            f"{source} holds the images themselves: choose another folder for the "
            "results, so that none of them is replaced."
        )
    patterns = [pattern] if isinstance(pattern, str) else list(pattern)
    closed: list[Path] = []
    paths = find_paths(
        source,
        target,
        patterns=patterns,
        recursive=recursive,
        is_image=is_image,
        closed=closed,
    )
    found = [_item(source, path, target, form) for path in paths if path is not None]
    shut = [replace(_item(source, p, target, form), trouble=CLOSED) for p in closed]
    if not found and not shut:
        where = f"{source} or its folders" if recursive else str(source)
        raise OptionError(
            f"No image in {where} fits the pattern {' '.join(patterns)}: is it the "
            "right folder?"
        )
    return sorted(_marked(found) + shut, key=lambda item: item.name)


def split_name(name: str) -> tuple[str, str]:
    """Divide a file's name into stem and suffix; ``.ome.tif`` is one suffix."""
    path = PurePosixPath(name)
    suffix = path.suffix
    if path.with_suffix("").suffix.lower() == ".ome":
        suffix = path.with_suffix("").suffix + suffix
    return name.removesuffix(suffix), suffix


def _item(source: Path, path: Path, target: Path, form: str) -> Item:
    inside = path.relative_to(source)
    stem, suffix = split_name(path.name)
    lower = suffix.lower()
    if form == "zarr" or (form == "same" and lower.endswith(ZARR)):
        ending = suffix if lower.endswith(ZARR) else ZARR
    else:
        ending = suffix if lower in RESULT_NAMES else ".ome.tif"
    return Item(path, inside.as_posix(), target / inside.parent / (stem + ending))


def _marked(items: list[Item]) -> list[Item]:
    """Find those whose result has, or may have, the name of another one's."""
    first: dict[str, Item] = {}
    numbers: dict[str, list[int]] = defaultdict(list)
    for item in items:
        first.setdefault(str(item.target).lower(), item)
        stem, suffix = split_name(item.target.name)
        if found := NUMBERED.fullmatch(stem):
            whole = item.target.with_name(found[1] + suffix)
            numbers[str(whole).lower()].append(int(found[2]))
    marked = []
    for item in items:
        target = str(item.target).lower()
        other, trouble = first[target], None
        if other is not item:
            trouble = (
                f"Its result and that of {other.name} would both be named "
                f"{item.target.name}: rename one of them, or choose one by a pattern."
            )
        taken = tuple(numbers.get(target, ()))
        marked.append(replace(item, trouble=trouble, taken=taken))
    return marked
