"""What a batch keeps of each result, for its report and for the next run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_denoise.batch.records import FileRecord
from napari_denoise.batch.searching import REPORT_FILES
from napari_denoise.batch.state import extent_of
from napari_denoise.errors import DenoiseError
from napari_denoise.files import open_image
from napari_denoise.files.creating import write_beside
from napari_denoise.files.whole import whole
from napari_denoise.provenance import read_provenance

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXTENT, PROVENANCE = "extent", "provenance"


@dataclass(frozen=True)
class Kept:
    """What is known of a result.

    Attributes
    ----------
    record : FileRecord
        As it was when the result was made, or looked at again.
    extent : list of int
        Number and bytes of its files; empty if they are not known.
    provenance : dict
        What lay beside it; empty if it is not known.
    """

    record: FileRecord
    extent: list[int]
    provenance: Mapping[str, Any]


def place_of(folder: Path, output: str, suffix: str) -> Path:
    """Path of what is kept of a result, by its place below the folder of results."""
    name = hashlib.sha256(output.encode()).hexdigest()[:32]
    return folder / REPORT_FILES / f"{name}{suffix}"


def keep(folder: Path, record: FileRecord) -> None:
    """Keep what is said of a result, and what tells whether it is whole.

    Parameters
    ----------
    folder : Path
        Of all results.
    record : FileRecord
        Of a result that is there.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    target = folder / record.output
    told = {EXTENT: extent_of(target), PROVENANCE: read_provenance(target)}
    place = place_of(folder, record.output, ".json")
    place.parent.mkdir(parents=True, exist_ok=True)
    with whole(place) as partial:
        text = json.dumps({**record.to_dict(), **told})
        partial.write_text(text, encoding="utf-8")


def recall(folder: Path, output: str, mark: str) -> Kept | None:
    """Read what was kept of a result.

    Parameters
    ----------
    folder : Path
        Of all results.
    output : str
        Its place below that folder.
    mark : str
        What it was made of, and how.

    Returns
    -------
    Kept or None
        None if nothing is known of a result with that mark.
    """
    try:
        text = place_of(folder, output, ".json").read_text(encoding="utf-8")
        told = json.loads(text)
        record = FileRecord.from_dict(told)
        kept = Kept(record, told.get(EXTENT) or [], told.get(PROVENANCE) or {})
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return kept if record.mark == mark else None


def is_whole(target: Path, kept: Kept | None) -> bool:
    """Whether a result has lost nothing since it was made.

    Sizes are compared, which is quick. What says how it was made is written again
    where it is missing.

    Parameters
    ----------
    target : Path
        Of the result.
    kept : Kept or None
        What is known of it. If that is nothing, a TIFF file that is cut, or what
        cannot be opened, is seen; not that a Zarr folder has lost chunks.

    Returns
    -------
    bool
    """
    if kept and kept.extent:
        # More of it is no loss: somebody may have added levels to it.
        now = extent_of(target)
        if any(there < made for there, made in zip(now, kept.extent, strict=True)):
            return False
    elif not _opens(target):
        return False
    if not read_provenance(target):
        if not kept or not kept.provenance:
            return False
        write_beside(target, dict(kept.provenance))
    return True


def _opens(target: Path) -> bool:
    try:
        with open_image(target):
            return True
    except (DenoiseError, OSError):
        return False
