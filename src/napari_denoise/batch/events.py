"""What a batch reports on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_denoise.batch.records import BatchReport, FileRecord

    BatchSteps = Generator["FolderRead | FileProgress | FileDone", None, BatchReport]


@dataclass(frozen=True)
class FolderRead:
    """The files are found.

    Attributes
    ----------
    files : int
    bytes : int
        On disk, of all.
    """

    files: int
    bytes: int


@dataclass(frozen=True)
class FileProgress:
    """A file is being worked on.

    Attributes
    ----------
    file : str
        Its place below the source folder.
    share : float
        0 to 1, of this file.
    total : float
        0 to 1, of all files, by their bytes.
    seconds_left : float or None
        Of all files, from the pace so far; None before there is one.
    """

    file: str
    share: float
    total: float
    seconds_left: float | None


@dataclass(frozen=True)
class FileDone:
    """A file is worked off.

    Attributes
    ----------
    records : tuple of FileRecord
        Of each image in it.
    number, files : int
        How many files are worked off, of how many.
    total : float
        0 to 1, of all files, by their bytes.
    seconds_left : float or None
        As for `FileProgress`.
    """

    records: tuple[FileRecord, ...]
    number: int
    files: int
    total: float
    seconds_left: float | None
