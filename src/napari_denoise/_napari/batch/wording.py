"""What a batch reports, in words for a microscopist. Plain strings, no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_denoise.batch import FileRecord

OUTCOMES = {"done": "done", "skipped": "there already", "failed": "failed"}
GO_ON = "Run does what is missing."


def name_record(record: FileRecord) -> str:
    """Name an image: its file, and its number there if it is not the first."""
    return f"{record.file} ({record.series})" if record.series else record.file


def describe_record(record: FileRecord) -> str:
    """Say what there is to know of an image, the gravest first."""
    if record.outcome == "failed":
        return record.error
    facts = record.facts
    assessed = facts.get("assessment", {})
    lines = [*facts.get("warnings", ()), *assessed.get("warnings", ())]
    gain = assessed.get("predicted_gain")
    if gain is not None:
        lines.insert(0, f"Expected gain {gain:+.1f} dB.")
    if not lines and record.outcome == "done":
        return f"{record.seconds:.1f} s"
    return " ".join(dict.fromkeys(lines))


def describe_place(file: str, number: int, files: int, share: float) -> str:
    """Say which file is worked on, and how far it is."""
    return f"{number} of {files}: {file}, {share:.0%}"
