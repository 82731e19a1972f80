"""Names, sizes and dates of files, by which a change is seen without reading them."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from napari_denoise.files import sibling_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Entry = tuple[str, int, int]

MOST_CHUNKS = 10_000
"""Of so many files of a Zarr folder dates and sizes are looked at."""


def state_of(path: Path) -> list[Entry]:
    """Tell whether an image has changed.

    Parameters
    ----------
    path : Path
        Of a file or a Zarr folder. Other files that hold planes of its images are
        looked at, too.

    Returns
    -------
    list of (str, int, int)
        Place relative to the image, bytes, and date in nanoseconds of each file.
    """
    return [*_entries(path), *_told(sibling_files(path), path.parent)]


def bytes_of(path: Path) -> int:
    """Size on disk of a file or a Zarr folder; 0 if it has vanished."""
    return sum(size for _, size, _ in _entries(path))


def extent_of(path: Path) -> list[int]:
    """Count the files and bytes of a result: fewer where some of it is lost."""
    sizes = [size for _, size, _ in _entries(path)]
    return [len(sizes), sum(sizes)]


def _entries(path: Path) -> Iterator[Entry]:
    yield from _told(islice(_files_of(path), MOST_CHUNKS), path)


def _told(paths: Iterable[Path], root: Path) -> Iterator[Entry]:
    for path in paths:
        try:
            facts = path.stat()
        except OSError:
            continue
        yield os.path.relpath(path, root), facts.st_size, facts.st_mtime_ns


def _files_of(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    seen = {os.path.realpath(path)}
    for root, folders, files in os.walk(path, followlinks=True):
        folders[:] = sorted(name for name in folders if _is_new(root, name, seen))
        yield from (Path(root, name) for name in sorted(files))


def _is_new(root: str, name: str, seen: set[str]) -> bool:
    """Whether a folder is none that a link led to before: links may form a ring."""
    path = Path(root, name)
    if not path.is_symlink():
        return True
    real = os.path.realpath(path)
    new = real not in seen
    seen.add(real)
    return new
