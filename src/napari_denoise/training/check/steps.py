"""The check of all pairs, one after another."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import DenoiseError, OptionError
from napari_denoise.options import given_noise
from napari_denoise.progress import run_to_end
from napari_denoise.training.check import sentences, strangers
from napari_denoise.training.check.faint import common_slopes
from napari_denoise.training.check.findings import Finding, PairReport
from napari_denoise.training.check.frames import check_frames
from napari_denoise.training.check.headers import check_header, unreadable
from napari_denoise.training.check.noise import channel_noise
from napari_denoise.training.check.one_pair import check_pixels, faint_pair
from napari_denoise.training.check.pixel_values import check_numbers, check_saturation
from napari_denoise.training.check.samples import (
    middle_planes,
    sample_planes,
    thumbnail,
)
from napari_denoise.training.check.telling import told
from napari_denoise.training.known_images import KnownImages
from napari_denoise.training.pairs import Gathered, gather_pairs
from napari_denoise.training.scenes import later_ones

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from napari_denoise.noise import NoiseModel
    from napari_denoise.training.check.faint import Faint
    from napari_denoise.training.check.samples import Thumbnail
    from napari_denoise.training.match import Match
    from napari_denoise.training.pairs import Opened, Pair

MOST = 64
"""Pairs that are checked fully."""
OFTEN = 100
"""Headers after which progress is told, and a check can be stopped."""
TARGETS = ("clean", "mean", "frames")
UNSURE = ("faint", "doubtful")
"""What is found of pairs whose slopes do not count."""


@dataclass(frozen=True)
class PairChecked:
    """A pair was checked, or the headers of some more.

    Attributes
    ----------
    done, total : int
        Pairs of those that are checked fully; none is done while headers are read.
    name : str
        Of the pair.
    """

    done: int
    total: int
    name: str


def check_pairs(
    noisy: Any,
    clean: Any = None,
    *,
    axes: str | None = None,
    target: str = "clean",
    noise: Any = "auto",
    most: int = MOST,
) -> PairReport:
    """Find out whether images fit together and are of use for training.

    Parameters
    ----------
    noisy, clean, axes
        As :func:`~napari_denoise.training.pairs.gather_pairs` takes them. `noisy` may
        be what it returned, too.
    target : {"clean", "mean", "frames"}
        Without clean images, ``"mean"`` and ``"frames"`` say that the noisy ones are
        repeated frames along T; otherwise each noisy image is checked alone.
    noise : "auto", "none", float, Measure, NoiseModel or a sequence of these
        Of the noisy images, as `denoise` takes it.
    most : int
        So many pairs are checked fully, the same ones each time; of the others only
        the headers are.

    Returns
    -------
    PairReport

    Raises
    ------
    PairsError, FileError, ImageError
        If no pairs can be gathered.
    OptionError, NoiseError
        If an option does not work.
    """
    steps = check_steps(noisy, clean, axes=axes, target=target, noise=noise, most=most)
    return run_to_end(steps)


def check_steps(
    noisy: Any,
    clean: Any = None,
    *,
    axes: str | None = None,
    target: str = "clean",
    noise: Any = "auto",
    most: int = MOST,
) -> Generator[PairChecked, None, PairReport]:
    """Check pairs one by one; see :func:`check_pairs`.

    Yields
    ------
    PairChecked
        After each pair that was checked fully, and now and then before.

    Returns
    -------
    PairReport
    """
    if target not in TARGETS:
        raise OptionError(
            f"target={target!r} does not work: “clean” takes clean images, “mean” and "
            "“frames” take repeated frames along T."
        )
    if most < 1:
        raise OptionError(f"most={most!r} does not work: give 1 or more.")
    given = noisy if isinstance(noisy, Gathered) else None
    gathered = given or gather_pairs(noisy, clean, axes=axes)
    pairs = gathered.pairs
    frames = target != "clean" and all(pair.clean is None for pair in pairs)
    check = _Check(pairs, noise, frames=frames, is_frame=target == "frames")
    check.findings += [
        Finding(None, "left out", "warning", remark) for remark in gathered.remarks
    ]
    for number in range(len(pairs)):
        check.look_at_header(number)
        if number % OFTEN == OFTEN - 1:
            yield PairChecked(0, min(most, len(pairs)), pairs[number].name)
    chosen = check.choose(most)
    for done, number in enumerate(chosen, start=1):
        check.look_at(number)
        yield PairChecked(done, len(chosen), pairs[number].name)
    check.lend_slopes()
    check.compare(chosen)
    return check.report(len(chosen))


@dataclass
class _Check:
    """What is known so far."""

    pairs: tuple[Pair, ...]
    given: Any
    frames: bool
    is_frame: bool
    channels: int | None = None
    findings: list[Finding] = field(default_factory=list)
    matches: dict[tuple[int, int], Match] = field(default_factory=dict)
    noise: dict[tuple[int, int], NoiseModel] = field(default_factory=dict)
    usable: list[int] = field(default_factory=list)
    faint: dict[tuple[int, int], tuple[Finding, Faint]] = field(default_factory=dict)
    unsure: set[tuple[int, int]] = field(default_factory=set)
    small: dict[int, tuple[Thumbnail, Thumbnail | None]] = field(default_factory=dict)
    known: KnownImages = field(default_factory=KnownImages)
    scenes: dict[int, int] = field(default_factory=dict)

    def look_at_header(self, number: int) -> None:
        """Open a pair, and keep it if its pixels can be looked at."""
        layout, found = check_header(
            self.pairs[number], self.channels, frames=self.frames
        )
        if layout is not None and self.channels is None:
            self.channels = len(layout.channels)
            given_noise(self.given, self.channels)  # refused now rather than later
        if not any(finding.level == "refused" for finding in found):
            self.usable.append(number)
        self._tell(number, found)

    def choose(self, most: int) -> list[int]:
        """Return the pairs to be checked fully, the same ones each time."""
        if len(self.usable) <= most:
            return self.usable
        rng = np.random.default_rng(0)
        return sorted(int(n) for n in rng.choice(self.usable, most, replace=False))

    def look_at(self, number: int) -> None:
        """Check the pixels of a pair, channel by channel."""
        pair = self.pairs[number]
        try:
            noisy = pair.noisy.open()
            clean = None if pair.clean is None else pair.clean.open()
            self._look_at(number, noisy, clean)
        except DenoiseError as error:
            self._tell(number, [unreadable(pair.name, error)])

    def _look_at(self, number: int, noisy: Opened, clean: Opened | None) -> None:
        name = self.pairs[number].name
        one = middle_planes(noisy)
        other = None if clean is None else middle_planes(clean)
        self.small[number] = thumbnail(one), None if other is None else thumbnail(other)
        self.known.add(number, one, other)
        for channel in range(len(noisy.layout.channels)):
            words = self._words(channel)
            sample = sample_planes(noisy, clean, channel)
            filled = self._tell(number, check_numbers(name, sample, words))
            if any(finding.level == "refused" for finding in filled):
                continue
            self._tell(number, check_saturation(name, sample.noisy, words, "noisy"))
            given = given_noise(self.given, len(noisy.layout.channels))
            known = channel_noise(name, words, noisy, channel, sample.noisy, given)
            self._tell(number, known.findings)
            noise = known.judged_by
            if known.model is not None:
                self.noise[number, channel] = known.model
            if clean is not None:
                match, found = check_pixels(
                    name, sample, noise, words, is_frame=self.is_frame
                )
                found = self._tell(number, found)
                if match is not None:
                    self.matches[number, channel] = match
                if any(finding.kind in UNSURE for finding in found):
                    self.unsure.add((number, channel))
                for finding in found:
                    if finding.kind == "faint":
                        faint = faint_pair(sample, noise)
                        self.faint[number, channel] = finding, faint
            elif self.frames:
                self._tell(number, check_frames(name, noisy, channel, noise, words))

    def _tell(self, number: int, findings: Iterable[Finding]) -> list[Finding]:
        """Keep what was found of a pair."""
        found = [replace(finding, number=number) for finding in findings]
        self.findings += found
        return found

    def _words(self, channel: int) -> str:
        return f" (channel {channel})" if (self.channels or 1) > 1 else ""

    def compare(self, chosen: list[int]) -> None:
        """Compare each pair with all others, by thumbnails and shared pixels."""
        seen = [number for number in chosen if number in self.small]
        names = [self.pairs[number].name for number in seen]
        noisy = [self.small[number][0] for number in seen]
        clean = [self.small[number][1] for number in seen]
        shown = [b or a for a, b in zip(noisy, clean, strict=True)]
        alike = strangers.links_of(shown)
        fields = later_ones(len(seen), alike)
        for place, found in strangers.find_strangers(names, noisy, clean, fields):
            self._tell(seen[place], [found])
        copies, parts = self.known.overlaps()
        place_of = {number: place for place, number in enumerate(seen)}
        links = [(place_of[one], place_of[other]) for one, other in copies + parts]
        scenes = later_ones(len(seen), alike + links)
        self.scenes = {seen[place]: seen[first] for place, first in scenes.items()}
        of_use = self._scenes_of_use(seen)
        self.findings += strangers.find_overlapping(self.pairs, parts, of_use)

    def _scenes_of_use(self, seen: list[int]) -> int:
        """Return how many scenes there are without pairs that are refused."""
        refused = {found.number for found in self.findings if found.level == "refused"}
        return len({self.scenes.get(n, n) for n in seen if n not in refused})

    def lend_slopes(self) -> None:
        """Map the counts of faint pairs as those of the others are mapped.

        Noise alone would give them any slope.
        """
        slopes = common_slopes(self.matches, self.unsure)
        for (number, channel), (warned, faint) in self.faint.items():
            lent = faint.mapped(slopes[channel]) if channel in slopes else None
            if lent is None:
                continue
            self.matches[number, channel] = lent
            said = sentences.TOO_FAINT.format(
                name=self.pairs[number].name,
                channel=self._words(channel),
                mapped=sentences.AS_OTHERS,
            )
            self.findings = [
                replace(found, level="warning", sentence=said)
                if found is warned
                else found
                for found in self.findings
            ]

    def report(self, checked: int) -> PairReport:
        """Return all of it, the gravest first."""
        said = told(self.findings)
        return PairReport(
            self.pairs, said, self.matches, self.noise, checked, self.scenes
        )
