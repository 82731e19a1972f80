"""A few pairs that are of no use are left out; the others are trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from napari_denoise.training.check.findings import refuse
from napari_denoise.training.scenes import without

if TYPE_CHECKING:
    from napari_denoise.training.check.findings import PairReport

Each = TypeVar("Each")

ODD = {"unreadable", "small", "flat", "faint", "noise", "no numbers"}
"""What is wrong with a pair itself. What is wrong with how pairs were put together, as
when they are shuffled, is nothing to leave out: the others may be wrong as well."""
MOST = 0.1
"""Share of the pairs that may be odd."""


def leave_out_odd(report: PairReport) -> PairReport:
    """Leave out pairs that cannot be used, where they are few among many.

    Parameters
    ----------
    report : PairReport
        Of the check.

    Returns
    -------
    PairReport
        Of the other pairs, with a warning for each that was left out; the same one if
        there are too many, or if anything else is refused.
    """
    if not report.refused or {finding.kind for finding in report.refused} - ODD:
        return report
    odd = {finding.number for finding in report.refused}
    kept = [n for n in range(len(report.pairs)) if n not in odd]
    if None in odd or len(report.pairs) - len(kept) > MOST * len(report.pairs):
        return report
    number = {old: new for new, old in enumerate(kept)}
    findings = [
        replace(
            found, number=None if found.number is None else number.get(found.number)
        )
        for found in report.findings
    ]
    findings = [
        replace(found, level="warning", sentence=f"Left out: {found.sentence}")
        if found.level == "refused"
        else found
        for found in findings
    ]
    return replace(
        report,
        pairs=tuple(report.pairs[n] for n in kept),
        findings=tuple(findings),
        matches=_renumbered(report.matches, number),
        noise=_renumbered(report.noise, number),
        scenes=without(report.scenes, number),
    )


def accepted(report: PairReport) -> PairReport:
    """Leave out odd pairs, and refuse the others if they cannot be used.

    Raises
    ------
    PairsError
        If there is still something that forbids training.
    """
    report = leave_out_odd(report)
    refuse(report)
    return report


def _renumbered(
    found: dict[tuple[int, int], Each], number: dict[int, int]
) -> dict[tuple[int, int], Each]:
    return {
        (number[pair], channel): each
        for (pair, channel), each in found.items()
        if pair in number
    }
