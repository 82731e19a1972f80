"""What became of each file, and of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Outcome = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """What became of one image.

    Attributes
    ----------
    file : str
        Its place below the source folder.
    series : int
        Number of the image in its file.
    outcome : {"done", "skipped", "failed"}
        Skipped is what was there already, made of the same image in the same way.
    output : str
        Place of the result below the target folder; empty if there is none.
    error : str
        A sentence; empty where nothing went wrong.
    mark : str
        Tells what the result was made of, and how.
    seconds : float
    facts : dict
        Takes JSON: model, axes, shape, dtype, noise, assessment, warnings; empty if it
        failed.
    picture : str
        Place of the thumbnails below the target folder; empty if there are none.
    """

    file: str
    outcome: Outcome
    series: int = 0
    output: str = ""
    error: str = ""
    mark: str = ""
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
    picture: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    def with_remark(self, *remarks: str) -> FileRecord:
        """Say more: with what went wrong, or among the warnings."""
        if self.error:
            return replace(self, error=" ".join([self.error, *remarks]))
        warnings = [*self.facts.get("warnings", ()), *remarks]
        return replace(self, facts={**self.facts, "warnings": warnings})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FileRecord:
        """Take plain data, of which unknown entries are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})


@dataclass(frozen=True)
class BatchReport:
    """What became of a folder.

    Attributes
    ----------
    records : tuple of FileRecord
        One per image, in the order of the files.
    seconds : float
        Duration of this run.
    table, page : Path
        The report as CSV and as HTML.
    """

    records: tuple[FileRecord, ...]
    seconds: float
    table: Path
    page: Path

    @property
    def done(self) -> int:
        """Number of files with new results."""
        return self._counted["done"]

    @property
    def skipped(self) -> int:
        """Number of files whose results were there already."""
        return self._counted["skipped"]

    @property
    def failed(self) -> tuple[FileRecord, ...]:
        """Images in trouble."""
        return tuple(r for r in self.records if r.outcome == "failed")

    def to_dict(self) -> dict[str, Any]:
        """Plain data: for ``--json``."""
        return {
            "done": self.done,
            "skipped": self.skipped,
            "failed": [{"file": r.file, "error": r.error} for r in self.failed],
            "seconds": round(self.seconds, 3),
        }

    @property
    def _counted(self) -> Counter[str]:
        return Counter(outcomes(self.records).values())


def outcomes(records: Sequence[FileRecord]) -> dict[str, Outcome]:
    """Sum up the images of each file: one that failed tells of all, then one done."""
    ranked: list[Outcome] = ["skipped", "done", "failed"]
    found: dict[str, Outcome] = {}
    for record in records:
        before = found.get(record.file, "skipped")
        found[record.file] = max(before, record.outcome, key=ranked.index)
    return found
