"""What a check of pairs found, in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from napari_denoise.errors import PairsError

if TYPE_CHECKING:
    from napari_denoise.noise import NoiseModel
    from napari_denoise.training.match import Match
    from napari_denoise.training.pairs import Pair

Level = Literal["refused", "warning", "note"]
NAMED = 3
"""So many reasons are told where pairs are refused."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    pair : str or None
        Name of the pair it is about; None where it is about all of them.
    kind : str
        What it is: ``"shuffled"``, ``"swapped"``, ``"shift"`` …
    level : {"refused", "warning", "note"}
        Refused: training on it would do harm.
    sentence : str
        For the user: what is wrong, and what to do.
    number : int or None
        Of the pair among those of the report, from 0: names need not differ. None
        where it is about several, or about a pair that was left out.
    """

    pair: str | None
    kind: str
    level: Level
    sentence: str
    number: int | None = None


@dataclass(frozen=True)
class PairReport:
    """All that was found, and how each pair is to be matched.

    Attributes
    ----------
    pairs : tuple of Pair
    findings : tuple of Finding
        The refused ones first.
    matches : dict of (int, int) to Match
        By the number of the pair and of the channel, from 0, of those that were
        checked fully and have a clean image.
    noise : dict of (int, int) to NoiseModel
        Of the noisy images, by the same numbers.
    checked : int
        How many pairs were checked fully; of the others only the headers were.
    scenes : dict of int to int
        The first pair that shows the same field, by the numbers of those that follow.
    """

    pairs: tuple[Pair, ...]
    findings: tuple[Finding, ...] = ()
    matches: dict[tuple[int, int], Match] = field(default_factory=dict)
    noise: dict[tuple[int, int], NoiseModel] = field(default_factory=dict)
    checked: int = 0
    scenes: dict[int, int] = field(default_factory=dict)

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The findings that forbid training."""
        return tuple(f for f in self.findings if f.level == "refused")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that the user should know before training."""
        return tuple(f for f in self.findings if f.level == "warning")

    @property
    def is_refused(self) -> bool:
        """Whether training on these pairs would do harm."""
        return bool(self.refused)

    @property
    def summary(self) -> str:
        """All of it in one sentence."""
        total = len(self.pairs)
        noun = "images" if all(p.clean is None for p in self.pairs) else "pairs"
        one = f"1 {noun[:-1]}" if total == 1 else f"{total} {noun}"
        if self.is_refused:
            wrong = len({f.number for f in self.refused if f.number is not None})
            which = f"{wrong} of {one}" if wrong else f"{one}"
            return f"Refused: {which} cannot be used. {self.refused[0].sentence}"
        part = "" if self.checked >= total else f", {self.checked} of them fully"
        which = "it" if total == 1 else "they"
        if self.warnings:
            times = len(self.warnings)
            said = "1 warning" if times == 1 else f"{times} warnings"
            return f"{one} checked{part}: {which} can be used, with {said}."
        if self.findings:
            return f"{one} checked{part}: {which} can be used."
        against = "it" if total == 1 else "them"
        return f"{one} checked{part}: nothing speaks against using {against}."


def refuse(report: PairReport) -> None:
    """Raise the error that says why pairs cannot be used, if they cannot.

    Parameters
    ----------
    report : PairReport
        Of the check.

    Raises
    ------
    PairsError
        With the first reasons and how many more there are; its `report` has them all.
    """
    reasons = [finding.sentence for finding in report.refused]
    if not reasons:
        return
    told = " ".join(reasons[:NAMED])
    more = len(reasons) - NAMED
    if more > 0:
        told += f" There {'is 1 more reason' if more == 1 else f'are {more} more'}."
    raise PairsError(told, report)
