"""Which file of one folder belongs to which file of another, by their names."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Tokens = tuple[str, ...]
    Key = Callable[[str], Tokens]

_ROLE_WORDS = """
average averaged avg bright clean cleaned degraded denoised dim exp exposure frame
frames ground groundtruth gt hi high highsnr hq hr input inputs label laser lo long
low lowsnr lq lr mean ms noise noisy orig original output photons power quality raw
ref reference restored short sig signal single snr source target targets truth
"""
_COUNTED_WORDS = """
average averaged avg exp exposure frame frames laser mean ms noise photons power snr
"""
SUFFIXES = re.compile(r"(\.ome)?\.(tiff?|zarr)$", re.IGNORECASE)
ROLES = frozenset(_ROLE_WORDS.split())
"""Words that say which of the two images a file is, not which field it shows."""
_COUNTED = "|".join(_COUNTED_WORDS.split())
COUNTS = re.compile(rf"(?<![^\W\d_])({_COUNTED})\d+|\d+({_COUNTED})(?![^\W\d_])")
"""Of these, the ones that a number may be tied to: ``avg50``, ``16frames``."""


@dataclass(frozen=True)
class NameMatching:
    """What belongs together.

    Attributes
    ----------
    pairs : tuple of (str, str)
        Names of the first and of the second folder, in natural order.
    left, right : tuple of str
        Names of either folder that have no partner.
    by : {"name", "order"}
        How they were matched.
    """

    pairs: tuple[tuple[str, str], ...]
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    by: Literal["name", "order"] = "name"


def match_names(left: Iterable[str], right: Iterable[str]) -> NameMatching:
    """Match the file names of two folders.

    Equal names are matched first, then names that are equal without the words that say
    whether an image is the noisy or the clean one; a name that fits several others is
    never matched. The order of the names counts only where no names match at all and
    both folders hold equally many files.

    Parameters
    ----------
    left, right : iterable of str
        File names.

    Returns
    -------
    NameMatching
    """
    one, other = in_natural_order(left), in_natural_order(right)
    found: dict[str, str] = {}
    for by_left, by_right in _stages(one, other):
        free = [name for name in one if name not in found]
        taken = set(found.values())
        found |= _matched(
            {name: by_left(name) for name in free},
            {name: by_right(name) for name in other if name not in taken},
        )
    if not found and len(one) == len(other):
        return NameMatching(tuple(zip(one, other, strict=True)), by="order")
    taken = set(found.values())
    return NameMatching(
        tuple((name, found[name]) for name in one if name in found),
        tuple(name for name in one if name not in found),
        tuple(name for name in other if name not in taken),
    )


def in_natural_order(names: Iterable[str]) -> list[str]:
    """Sort names so that ``cell2`` comes before ``cell10``."""

    def key(name: str) -> list[tuple[int, int, str]]:
        parts = re.findall(r"\d+|\D+", name.lower())
        return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]

    return sorted(names, key=lambda name: (key(name), name))


def stem_of(name: str) -> str:
    """Return a file's name without the suffixes of images."""
    return SUFFIXES.sub("", name)


def _words(name: str) -> str:
    """Return a name without its suffix, in small letters, at each hump a space."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem_of(name)).lower()


def _tokens(words: str) -> Tokens:
    """Words and numbers: ``cell01 noisy`` gives ``cell``, ``1`` and ``noisy``."""
    return tuple(
        str(int(part)) if part.isdecimal() else part
        for part in re.findall(r"\d+|[^\W\d_]+", words)
    )


def _stages(left: Sequence[str], right: Sequence[str]) -> list[tuple[Key, Key]]:
    """From the strictest to the loosest way of reading a name."""
    return [
        (_all_of, _all_of),
        (_without(_in_every(left)), _without(_in_every(right))),
        (_without(ROLES), _without(ROLES)),
        (_without_counts, _without_counts),
    ]


def _in_every(names: Sequence[str]) -> frozenset[str]:
    """Role words that all names of a folder have: they tell nothing apart."""
    words = [frozenset(_tokens(_words(name))) for name in names]
    return ROLES.intersection(*words) if words else frozenset()


def _all_of(name: str) -> Tokens:
    return _tokens(_words(name))


def _without(roles: frozenset[str]) -> Key:
    return lambda name: tuple(word for word in _all_of(name) if word not in roles)


def _without_counts(name: str) -> Tokens:
    """Leave out roles, and numbers that belong to them: ``avg50``, ``10ms``."""
    words = _tokens(COUNTS.sub(" ", _words(name)))
    return tuple(word for word in words if word not in ROLES)


def _matched(left: dict[str, Tokens], right: dict[str, Tokens]) -> dict[str, str]:
    """Match what has the same key, if nothing else in either folder has it."""
    times = Counter(left.values()), Counter(right.values())
    by_key = {key: name for name, key in right.items()}
    return {
        name: by_key[key]
        for name, key in left.items()
        if key and times[0][key] == times[1][key] == 1
    }
