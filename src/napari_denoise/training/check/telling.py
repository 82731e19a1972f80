"""Which findings are told, and in what order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_denoise.training.check import sentences

if TYPE_CHECKING:
    from napari_denoise.training.check.findings import Finding

ASTRAY = ("foreign", "doubtful", "shift", "warped")
"""What is found of images that do not belong together."""
GRAVITY = {"refused": 0, "warning": 1, "note": 2}
ONCE = (
    "dtype",
    "noise given",
    "intensity",
    "overlap",
    "shared",
    "saturated noisy",
    "saturated clean",
    "saturated second",
    "filled noisy",
    "filled clean",
)
"""What is often found of many pairs alike, or of all channels."""


def told(findings: list[Finding]) -> tuple[Finding, ...]:
    """Leave out what other findings say better, and put the gravest first.

    Parameters
    ----------
    findings : list of Finding
        As they were found.

    Returns
    -------
    tuple of Finding
    """
    known = {found.number for found in findings if found.kind == "shuffled"}
    # Where the right partner is known, it says more than that this one is wrong.
    kept = [
        found
        for found in findings
        if found.kind not in ASTRAY or found.number not in known
    ]
    for kind in ONCE:
        for level in ("warning", "note"):
            kept = _once(kept, kind, level)
    return tuple(sorted(kept, key=lambda found: GRAVITY[found.level]))


def _once(findings: list[Finding], kind: str, level: str) -> list[Finding]:
    """Tell what is said of many pairs or channels alike for the first of them only."""
    alike = [found for found in findings if (found.kind, found.level) == (kind, level)]
    if len(alike) < 2:
        return findings
    pairs = len({found.number for found in alike}) - 1
    count, noun = (pairs, "pair") if pairs else (len(alike) - 1, "channel")
    more = sentences.MORE.format(count=count, noun=noun if count == 1 else f"{noun}s")
    said = f"{alike[0].sentence} {more}"
    first = alike[0]
    if pairs:
        first = replace(first, pair=None, number=None)
    return [
        replace(first, sentence=said) if found is alike[0] else found
        for found in findings
        if found is alike[0] or not any(found is other for other in alike)
    ]
