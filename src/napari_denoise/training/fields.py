"""Fields: single planes of the pairs, read when they are needed, in counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from napari_denoise.errors import DenoiseError, PairsError
from napari_denoise.measurement import measure_channels
from napari_denoise.neighbours import reflected
from napari_denoise.noise import finite_plane
from napari_denoise.progress import run_to_end
from napari_denoise.sources import Source
from napari_denoise.training.check.one_pair import check_pixels
from napari_denoise.training.check.samples import middle_planes, sample_planes
from napari_denoise.training.examples import noise_of
from napari_denoise.training.frames import OtherFrames, share_of_noise
from napari_denoise.training.known_images import KnownImages
from napari_denoise.training.match import SPLINE, Match, farthest_shift
from napari_denoise.training.targets import CLEAN, FRAMES, MEAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_denoise.axes import Index, Layout
    from napari_denoise.noise import NoiseModel, Scaling
    from napari_denoise.training.pairs import Opened, Pair

    Matches = Mapping[tuple[int, int], Match]
    Noises = Mapping[tuple[int, int], NoiseModel]

CLEAN_ENOUGH = 0.01
"""Of the noise: with more of it left, a network learns noise as structure."""
OPEN_AT_ONCE = 32
"""Images whose files are kept open."""


@dataclass(frozen=True)
class Key:
    """Which plane: numbers from 0.

    Attributes
    ----------
    pair, channel : int
    line, position : int
        Which line of planes along the model's axis, and which plane of it.
    """

    pair: int
    channel: int
    line: int
    position: int


@dataclass(frozen=True)
class Field:
    """One plane of one channel, and what it is compared with.

    Attributes
    ----------
    pair : int
        Number of the pair that it belongs to.
    noisy : ndarray of float32, shape (Z, Y, X)
        Counts; Z holds the planes that the model looks at, the judged one in the
        middle.
    target : ndarray of float32, shape (Y, X) or (Z, Y, X), or None
        In the same counts: clean, or noisy as well; None in self-supervised training.
        Of all planes only where they may be given new noise.
    scaling : Scaling
        Of the whole channel.
    target_noise : float
        Noise variance of the target as a share of that of the noisy plane: 0 for a
        clean one.
    margin : int
        Pixels along each border that are not used.
    may_redraw : bool
        Whether the target is clean enough to be given noise, and that is known.
    """

    pair: int
    noisy: NDArray[np.float32]
    target: NDArray[np.float32] | None
    scaling: Scaling
    target_noise: float = 0.0
    margin: int = 0
    may_redraw: bool = False

    @property
    def truth(self) -> NDArray[np.float32] | None:
        """The target of the judged plane, shape (Y, X)."""
        if self.target is None or self.target.ndim == 2:
            return self.target
        middle: NDArray[np.float32] = self.target[len(self.target) // 2]
        return middle

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.noisy.shape[-2:]
        return height, width


class Fields:
    """All planes of the pairs.

    Parameters
    ----------
    pairs : sequence of Pair
        Checked before.
    target : str
        One of `napari_denoise.training.targets.TARGETS`.
    radius : int
        Planes that the model looks at before and after each one.
    noise : object
        As `denoise` takes it.
    matches, noises : mapping
        What the check found, by numbers of pair and channel; what it did not look at
        is taken as it is, and its noise measured when it is needed.
    alike : mapping of int to int
        The first pair of each later one's scene, as the check found.
    warnings : sequence of str
        What the check warned of.

    Attributes
    ----------
    keys : list of Key
        Every plane there is.
    sides : dict of int to tuple of int
        Height and width of the planes of each pair.
    left_out : dict of int to str
        Pairs that the check had not looked at, and that were found to be of no use
        when they were read; and why.
    scenes : dict of int to int
        A number for what each pair shows, the same where that is one field.
    known : KnownImages
        What the images are known by.
    parts : list of tuple of int
        Pairs whose images overlap, two by two.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        target: str,
        radius: int,
        noise: Any,
        matches: Matches,
        noises: Noises,
        alike: Mapping[int, int] | None = None,
        warnings: Sequence[str] = (),
    ) -> None:
        self.pairs, self.target, self.radius = pairs, target, radius
        self._noise, self._matches, self._noises = noise, dict(matches), noises
        self.left_out: dict[int, str] = {}
        self.warnings = tuple(warnings)
        self._others = OtherFrames(is_mean=target == MEAN)
        self._scalings: dict[int, list[Scaling]] = {}
        self._open = lru_cache(OPEN_AT_ONCE)(self._opened)
        self.sides: dict[int, tuple[int, int]] = {}
        self.known = KnownImages((alike or {}).items())
        self.keys = [key for number in range(len(pairs)) for key in self._keys(number)]
        copies, self.parts = self.known.overlaps()
        self.scenes = self.known.scenes(len(pairs), copies + self.parts)

    def load(self, key: Key) -> Field | None:
        """Read one plane, with its neighbours and what it is compared with.

        Parameters
        ----------
        key : Key
            One of `keys`.

        Returns
        -------
        Field or None
            None where its pair turns out to be of no use: `left_out` says why.
        """
        try:
            return self._load(key)
        except (DenoiseError, OSError, ValueError) as error:
            self.left_out[key.pair] = str(error)
            return None

    def _load(self, key: Key) -> Field:
        noisy, _ = self._open(key.pair)
        scaling = self.scalings(key.pair)[key.channel]
        line = self._lines(noisy.layout, key.channel)[key.line]
        reach = np.arange(key.position - self.radius, key.position + 1 + self.radius)
        seen = reflected(reach, len(line)).tolist()
        stack = np.stack([_read(noisy, line[p]) for p in seen])
        match = self._match(key.pair, key.channel)
        is_clean = self.target == CLEAN and match.clean_noise <= CLEAN_ENOUGH
        may_redraw = is_clean and scaling.noise is not None
        wanted = seen if may_redraw else [key.position]
        target, share = self._target(key, match, wanted, stack[self.radius])
        return Field(key.pair, stack, target, scaling, share, match.margin, may_redraw)

    def _target(
        self, key: Key, match: Match, wanted: list[int], noisy: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32] | None, float]:
        """Return what a plane is compared with, and its share of the noise."""
        image, clean = self._open(key.pair)
        noise = noise_of(self.scalings(key.pair)[key.channel])
        if clean is not None:
            line = self._lines(clean.layout, key.channel)[key.line]
            planes = [_read(clean, line[p]) for p in wanted]
            restored = np.stack([match.apply(plane) for plane in planes])
            if self.target != FRAMES:
                return (restored if len(wanted) > 1 else restored[0]), 0.0
            share = share_of_noise(noisy, planes[0], noise)
            return restored[0], match.slope**2 * share
        if self.target not in (FRAMES, MEAN):
            return None, 0.0
        frames = self._lines(image.layout, key.channel)[key.line]
        return self._others.of(
            noisy,
            key.position,
            len(frames),
            lambda number: _read(image, frames[number]),
            noise,
            replace(key, position=0),
        )

    def scalings(self, pair: int) -> list[Scaling]:
        """Noise, shift and scale of each channel of a pair's noisy image."""
        if pair not in self._scalings:
            noisy, _ = self._open(pair)
            source = Source(noisy.data, noisy.layout.axes, self.pairs[pair].name)
            channels = range(len(noisy.layout.channels))
            known = [self._noises.get((pair, number)) for number in channels]
            noise = known if self._noise == "auto" and all(known) else self._noise
            steps = measure_channels(source, noisy.layout, noise, lambda: False)
            self._scalings[pair] = run_to_end(steps)
        return self._scalings[pair]

    def margin(self, pair: int) -> int:
        """Pixels along each border of a pair that are not used, at the most."""
        channels = range(len(self._open(pair)[0].layout.channels))
        if self.pairs[pair].clean is None:
            return 0
        matches = [self._matches.get((pair, channel)) for channel in channels]
        farthest = math.ceil(farthest_shift(self.sides[pair])) + SPLINE
        return max(farthest if match is None else match.margin for match in matches)

    @property
    def checksum(self) -> int:
        """Of all images together."""
        return crc32(repr(sorted(self.known.checksums)).encode())

    @property
    def noise(self) -> list[NoiseModel]:
        """The noise models that are known so far, of different channels and pairs."""
        return list(self._noises.values())

    def _match(self, pair: int, channel: int) -> Match:
        """Return how the clean image is brought onto the noisy one."""
        noisy, clean = self._open(pair)
        if clean is None:
            return Match()
        if (pair, channel) not in self._matches:
            noise = noise_of(self.scalings(pair)[channel])
            sample = sample_planes(noisy, clean, channel)
            name = self.pairs[pair].name
            match, found = check_pixels(
                name, sample, noise, "", is_frame=self.target == FRAMES
            )
            if match is None:
                raise PairsError(" ".join(finding.sentence for finding in found))
            self._matches[pair, channel] = match
        return self._matches[pair, channel]

    def _keys(self, number: int) -> list[Key]:
        noisy, clean = self._open(number)
        self.sides[number] = noisy.layout.plane_shape
        self.known.add(number, *(middle_planes(i) for i in (noisy, clean) if i))
        return [
            Key(number, channel, line, position)
            for channel in range(len(noisy.layout.channels))
            for line, planes in enumerate(self._lines(noisy.layout, channel))
            for position in range(len(planes))
        ]

    def _lines(self, layout: Layout, channel: int) -> list[list[Index]]:
        has_depth = layout.size("Z") > 1 and self.target not in (FRAMES, MEAN)
        return layout.lines(layout.channels[channel], "Z" if has_depth else "T")

    def _opened(self, number: int) -> tuple[Opened, Opened | None]:
        pair = self.pairs[number]
        return pair.noisy.open(), pair.clean.open() if pair.clean else None


def _read(image: Opened, index: Index) -> NDArray[np.float32]:
    return finite_plane(image.layout.read(image.data, index))[0]
