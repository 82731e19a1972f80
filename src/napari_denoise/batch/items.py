"""Which files of a folder are denoised, and where their results go."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from napari_denoise.errors import FileError, OptionError
from napari_denoise.files import is_image_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ALL = "*"
ZARR = ".zarr"
MOST_CHUNKS = 10_000
"""Of so many files of a Zarr folder dates and sizes are looked at."""


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
        Why it cannot have a result: another file's has that name.
    """

    source: Path
    name: str
    target: Path
    trouble: str | None = None

    def target_of(self, series: int, count: int) -> Path:
        """Path of the result of one of `count` images in the file."""
        if count == 1:
            return self.target
        stem, suffix = split_name(self.target.name)
        return self.target.with_name(f"{stem}_{series}{suffix}")

    @property
    def bytes(self) -> int:
        """Size on disk: what progress is counted in; 0 if it has vanished."""
        return sum(size for _, size, _ in self._entries())

    def state(self) -> list[tuple[str, int, int]]:
        """Tell whether a file has changed, by names, sizes and dates."""
        return list(self._entries())

    def _entries(self) -> Iterator[tuple[str, int, int]]:
        for number, path in enumerate(_files_of(self.source)):
            if number == MOST_CHUNKS:
                return
            try:
                facts = path.stat()
            except OSError:
                continue
            name = "" if path == self.source else str(path.relative_to(self.source))
            yield name, facts.st_size, facts.st_mtime_ns


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
    paths = find_paths(
        source, target, patterns=patterns, recursive=recursive, is_image=is_image
    )
    found = [_item(source, path, target, form) for path in paths if path is not None]
    if not found:
        where = f"{source} or its folders" if recursive else str(source)
        raise OptionError(
            f"No image in {where} fits the pattern {' '.join(patterns)}: is it the "
            "right folder?"
        )
    return _marked(found)


def find_paths(
    source: Path,
    target: Path,
    *,
    patterns: Sequence[str] = (ALL,),
    recursive: bool = True,
    is_image: Callable[[Path], bool] = is_image_path,
) -> Iterator[Path | None]:
    """Look through a folder, however large it is.

    Parameters
    ----------
    source, target, patterns, recursive, is_image
        As :func:`find_items` takes them.

    Yields
    ------
    Path or None
        None for a file that does not fit: so a search can be stopped at each.
    """
    for path in _walk(source, target.resolve(), recursive=recursive):
        yield path if _fits(path, source, patterns, is_image) else None


def split_name(name: str) -> tuple[str, str]:
    """Divide a file's name into stem and suffix; ``.ome.tif`` is one suffix."""
    path = PurePosixPath(name)
    suffix = path.suffix
    if path.with_suffix("").suffix.lower() == ".ome":
        suffix = path.with_suffix("").suffix + suffix
    return name.removesuffix(suffix), suffix


def _walk(source: Path, target: Path, *, recursive: bool) -> Iterator[Path]:
    """Yield files and Zarr folders; hidden ones and the target are passed by."""
    for root, folders, files in os.walk(source):
        here = Path(root)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and (here / name).resolve() != target
        )
        stores = [name for name in folders if name.lower().endswith(ZARR)]
        folders[:] = [n for n in folders if recursive and n not in stores]
        for name in sorted([*files, *stores]):
            if not name.startswith("."):
                yield here / name


def _fits(
    path: Path, source: Path, patterns: Sequence[str], is_image: Callable[[Path], bool]
) -> bool:
    name = path.relative_to(source).as_posix().lower()
    for pattern in patterns:
        if pattern == ALL:
            fits = is_image(path)
        else:
            wanted = pattern.lower()
            fits = fnmatchcase(name, wanted) or fnmatchcase(path.name.lower(), wanted)
        if fits:
            return True
    return False


def _item(source: Path, path: Path, target: Path, form: str) -> Item:
    inside = path.relative_to(source)
    stem, suffix = split_name(path.name)
    lower = suffix.lower()
    kept = lower if lower in (".tif", ".tiff", ".ome.tif", ".ome.tiff", ZARR) else ""
    if form == "zarr":
        ending = ZARR
    elif form == "tif" and kept == ZARR:
        ending = ".ome.tif"
    else:
        ending = suffix if kept else ".ome.tif"
    return Item(path, inside.as_posix(), target / inside.parent / (stem + ending))


def _marked(items: list[Item]) -> list[Item]:
    """Find those whose result has the name of another one's."""
    first: dict[str, Item] = {}
    for item in items:
        first.setdefault(str(item.target).lower(), item)
    return [
        item
        if (other := first[str(item.target).lower()]) is item
        else replace(
            item,
            trouble=f"Its result and that of {other.name} would both be named "
            f"{item.target.name}: rename one of them, or choose one by a pattern.",
        )
        for item in items
    ]


def _files_of(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for root, folders, files in os.walk(path):
        folders.sort()
        yield from (Path(root, name) for name in sorted(files))
