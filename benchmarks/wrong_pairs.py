"""How many wrong pairs the check refuses, and right ones: ``wrong_pairs.md``.

Made of real widefield pairs (W2S), in groups of five fields of one stain. Usage::

    python benchmarks/wrong_pairs.py DATA

DATA holds ``dev/w2s``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from widefield import fields

from napari_denoise import check_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_denoise import PairReport

    Images = list[NDArray[Any]]
    Case = tuple[str, Images, Images, set[int]]

GROUP = 5
SIDES = (256, 192, 128)
SHIFTS = ((20, 0), (0, 20), (14, -14), (9, 0), (0, -9))
"""Rows and columns, pixels."""
TABLE = Path(__file__).with_suffix(".md")
HEAD = """# What the check of pairs refuses

Made by `python benchmarks/wrong_pairs.py DATA`: real widefield pairs (W2S) of 512², 20
fields of three stains, whole where nothing else is said. *Wrong* counts pairs that had
to be refused, *right* those beside them that had not.

| case | wrong | refused | right | refused |
| --- | --- | --- | --- | --- |
"""


def main() -> None:
    """Read the command line, check, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    counts: dict[str, Counter[str]] = {}
    for noisy, clean in _groups(data):
        for case, first, second, wrong in _cases(noisy, clean):
            refused = _refused(check_pairs(first, second), len(first))
            counts.setdefault(case, Counter()).update(
                wrong=len(wrong),
                found=len(wrong & refused),
                right=len(first) - len(wrong),
                lost=len(refused - wrong),
            )
    names = ("wrong", "found", "right", "lost")
    lines = [
        f"| {case} | {' | '.join(str(count[name]) for name in names)} |\n"
        for case, count in counts.items()
    ]
    TABLE.write_text(HEAD + "".join(lines), encoding="utf-8")


def _groups(data: Path) -> Iterator[tuple[Images, Images]]:
    """Give noisy and clean images of a few fields of one stain at a time."""
    for stain in "012":
        of_stain = fields(data, "w2s", stain)
        for first in range(0, len(of_stain), GROUP):
            group = of_stain[first : first + GROUP]
            yield [field.noisy() for field in group], [field.clean for field in group]


def _cases(noisy: Images, clean: Images) -> Iterator[Case]:
    """Give each case's name, its images, and the numbers of the wrong pairs."""
    everyone = set(range(len(noisy)))
    yield "as they belong together", noisy, clean, set()
    for side in SIDES:
        parts = [[image[:side, :side] for image in kind] for kind in (noisy, clean)]
        yield f"as they belong together, cut to {side}²", *parts, set()
    yield "shuffled: each with the next one's", noisy, clean[1:] + clean[:1], everyone
    yield "two exchanged", noisy, [clean[1], clean[0], *clean[2:]], {0, 1}
    yield "one of another field", noisy[:-1], [clean[-1], *clean[1:-1]], {0}
    for n in everyone:
        other = clean[(n + 1) % len(clean)]
        yield "an only pair of two fields", [noisy[n]], [other], {0}
    yield "noisy and clean swapped", clean, noisy, everyone
    for n in everyone:
        yield "an only pair, swapped", [clean[n]], [noisy[n]], {0}
    for shift in SHIFTS:
        rows, columns = shift
        case = f"shifted by {rows} rows and {columns} columns"
        yield case, *_shifted(noisy, clean, shift), everyone
    first, second = _shifted(noisy[:1], clean[:1], SHIFTS[0])
    rest = [[image[: len(first[0])] for image in kind[1:]] for kind in (noisy, clean)]
    yield "one of five shifted by 20 rows", first + rest[0], second + rest[1], {0}


def _shifted(
    noisy: Images, clean: Images, shift: tuple[int, int]
) -> tuple[Images, Images]:
    """Cut two windows that lie a shift apart out of each pair."""
    here = tuple(slice(max(n, 0), min(n, 0) or None) for n in shift)
    there = tuple(slice(max(-n, 0), min(-n, 0) or None) for n in shift)
    return [image[here] for image in noisy], [image[there] for image in clean]


def _refused(report: PairReport, count: int) -> set[int]:
    """Return the numbers of the pairs that are refused."""
    found = {finding.number for finding in report.refused}
    everyone = set(range(count))
    return everyone if None in found else found & everyone


if __name__ == "__main__":
    main()
