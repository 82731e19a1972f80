"""Results of earlier runs that a file has no more, and that nobody removed."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from napari_denoise.errors import FileError
from napari_denoise.provenance import read_provenance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_denoise.batch.items import Item
    from napari_denoise.batch.records import FileRecord


def with_remains(
    item: Item, images: int, records: Sequence[FileRecord]
) -> tuple[FileRecord, ...]:
    """Tell of results that are left of what the file was before.

    Parameters
    ----------
    item : Item
        The file.
    images : int
        How many it holds now; 0 if it cannot be opened.
    records : sequence of FileRecord
        Of each of them, or one of the whole file.

    Returns
    -------
    tuple of FileRecord
        The first one names what is left.
    """
    first, *others = records
    if item.trouble:  # its name is that of another file's result
        return tuple(records)
    troubled = {record.series for record in records if record.error}
    left = [p.name for p in _left(item, images, troubled) if _is_made_of(p, item)]
    if left:
        first = first.with_remark(
            f"Of an earlier run there {'is' if len(left) == 1 else 'are'} still "
            f"{', '.join(left)}: remove what you do not need."
        )
    return (first, *others)


def _left(item: Item, images: int, troubled: set[int]) -> Iterator[Path]:
    """Yield results that no image of a file has now, but might have had."""
    if images != 1 or troubled:
        yield item.target
    for number in count():
        if images > 1 and number < images and number not in troubled:
            continue
        path = _numbered(item, number)
        if path and path.exists():
            yield path
        elif number >= images:
            return


def _numbered(item: Item, number: int) -> Path | None:
    try:
        return item.target_of(number, number + 2)
    except FileError:  # another file's
        return None


def _is_made_of(path: Path, item: Item) -> bool:
    """Whether a result is of a file of that name: others may have a like one."""
    source = read_provenance(path).get("source")
    found = isinstance(source, str) and Path(source).name == item.source.name
    return found and path.exists()
