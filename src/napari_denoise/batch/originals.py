"""Images that no result may replace, or lie among."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_denoise.batch.searching import ZARR
from napari_denoise.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from napari_denoise.batch.items import Item

    Identity = tuple[int, int]


def check_originals(source: Path, target: Path, items: Sequence[Item]) -> None:
    """Refuse a batch whose results would come to lie among the images.

    Folders are compared by what they are, not by their names: links lead anywhere.

    Parameters
    ----------
    source : Path
        The folder of the images.
    target : Path
        Folder of the results. It may lie below `source`, where it is left out of the
        search; and `source` may lie below it, as long as no result goes there.
    items : sequence of Item
        What was found.

    Raises
    ------
    FileError
        If a result would lie in `source`, in another folder that images are taken
        from, or in a Zarr folder that is one of them.
    """
    goals = {item.target.parent: item for item in reversed(items)}
    taken = {one for folder in _folders(items) for one in _identity(folder)}
    stores = {
        one for item in items if _is_store(item) for one in _identity(item.source)
    }
    root = set(_identity(source))
    # Below the source the folder of results is left out of every search.
    forbidden = stores if root & set(_identities(target)) else stores | root
    for folder, item in goals.items():
        if taken & set(_identity(folder)) or forbidden & set(_identities(folder)):
            raise FileError(
                f"The result of {item.name} would come to lie in {folder}, where the "
                "images themselves are, and might replace one of them: choose a "
                "folder for the results that is apart from them."
            )


def _is_store(item: Item) -> bool:
    return item.name.lower().endswith(ZARR)


def _folders(items: Sequence[Item]) -> set[Path]:
    """Folders that images lie in, by all their names."""
    linked = {i.source.resolve().parent for i in items if i.source.is_symlink()}
    return linked | {item.source.parent for item in items}


def _identities(path: Path) -> Iterator[Identity]:
    """Tell what a folder is, and those that it lies in; it need not exist."""
    path = path.resolve()
    for folder in (path, *path.parents):
        yield from _identity(folder)


def _identity(path: Path) -> Iterator[Identity]:
    try:
        facts = path.stat()
    except OSError:  # it is not there, or may not be looked at
        return
    yield facts.st_dev, facts.st_ino
