"""A folder looked through for images, however large it is."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from napari_denoise.files import is_image_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ALL = "*"
ZARR = ".zarr"
REPORT_FILES = "report_files"
"""Folder of thumbnails and records, below that of results."""


def find_paths(
    source: Path,
    target: Path,
    *,
    patterns: Sequence[str] = (ALL,),
    recursive: bool = True,
    is_image: Callable[[Path], bool] = is_image_path,
    closed: list[Path] | None = None,
) -> Iterator[Path | None]:
    """Look through a folder, however large it is.

    Parameters
    ----------
    source, target, patterns, recursive, is_image
        As :func:`~napari_denoise.batch.items.find_items` takes them.
    closed : list of Path, optional
        Gets the folders that cannot be looked into.

    Yields
    ------
    Path or None
        None for a file that does not fit: so a search can be stopped at each.
    """
    shut: list[Path] = [] if closed is None else closed
    for path in _walk(source, target.resolve(), recursive, shut):
        yield path if _fits(path, source, patterns, is_image) else None


def _walk(
    source: Path, target: Path, recursive: bool, closed: list[Path]
) -> Iterator[Path]:
    """Yield files and Zarr folders; hidden ones and results are passed by."""

    def note(error: OSError) -> None:
        closed.append(Path(error.filename))

    seen = {_identity(source)}
    within = source.resolve() in target.parents
    for root, folders, files in os.walk(source, onerror=note, followlinks=True):
        here = Path(root)
        visible = sorted(name for name in folders if not name.startswith("."))
        stores = [name for name in visible if name.lower().endswith(ZARR)]
        folders.clear()
        for name in visible if recursive else ():
            if name not in stores and _is_new(here / name, target, seen, within):
                folders.append(name)
        stores = [name for name in stores if (here / name).resolve() != target]
        for name in sorted([*files, *stores]):
            if not name.startswith("."):
                yield here / name


def _is_new(
    folder: Path, target: Path, seen: set[tuple[int, int]], within: bool
) -> bool:
    """Whether a folder is to be looked into, once, by whatever links lead there.

    All of the target is passed by where it lies `within` the folder of the images.
    """
    try:
        known = _identity(folder)
        there = folder.resolve()
        inside = there == target or (within and target in there.parents)
        results = inside or (folder / REPORT_FILES).is_dir()
    except OSError:
        return True  # that it cannot be, is noted then
    if known in seen:
        return False
    seen.add(known)
    return not results


def _identity(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_dev, facts.st_ino


def _fits(
    path: Path, source: Path, patterns: Sequence[str], is_image: Callable[[Path], bool]
) -> bool:
    name = path.relative_to(source).as_posix().lower()
    for wanted in (pattern.lower() for pattern in patterns):
        named = fnmatchcase(name, wanted) or fnmatchcase(path.name.lower(), wanted)
        # "*.abc" asks for a kind of file, "day 1/*" for images of any kind.
        kind = PurePosixPath(wanted).suffix.removeprefix(".").isalnum()
        if named and (kind or is_image(path)):
            return True
    return False
