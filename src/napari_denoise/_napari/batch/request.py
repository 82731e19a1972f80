"""What a run over a folder needs, as plain data for any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Search:
    """Where files are looked for.

    Attributes
    ----------
    source, target : Path
        Folders of images and of results: those are no images, if they lie below.
    patterns : tuple of str
        Of file names.
    recursive : bool
        Whether folders below are looked into.
    """

    source: Path
    target: Path
    patterns: tuple[str, ...]
    recursive: bool


@dataclass(frozen=True)
class BatchRequest:
    """One run.

    Attributes
    ----------
    search : Search
        Which files.
    options : dict
        Of ``batch_steps``, the model among them.
    """

    search: Search
    options: dict[str, Any]
