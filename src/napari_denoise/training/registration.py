"""How far two images of the same field are moved against each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.signal.windows import tukey

from napari_denoise.training.structure import FINE, structure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Image = NDArray[np.float32]

BLOCK = 128
"""Side of the blocks whose shifts are measured one by one."""
UPSAMPLING = 20
"""Steps per pixel in which the shift of a block is measured."""
SURE = 0.4
"""Uncertainty in pixels up to which a block has a say."""
SURE_OF_BLOCKS = 0.05
"""Uncertainty of all blocks beyond which the plane as a whole is asked."""
SHORTEST = 8
"""Side in pixels below which nothing is measured."""
ALIKE = 4 * np.pi * FINE**2
"""Pixels whose noise varies together after smoothing."""
FLOOR = 0.05
"""Uncertainty in pixels that no block is better than."""
NEAR_PEAK, FAR_PEAK = 5.0, 8.0
"""Height of a peak, in standard deviations of the correlation elsewhere, that is no
chance: within the limit, and farther away. Of one between the two it is certain that
it is there, not where."""
FARTHEST = 1 / 8
"""Share of the side up to which a shift is looked for."""
AROUND = 16
"""Pixels around a peak that belong to it."""


@dataclass(frozen=True)
class Registration:
    """Where one image lies on another.

    Attributes
    ----------
    shift : tuple of float
        Pixels along Y and X by which the second image is to be moved onto the first.
    uncertainty : float
        Standard error of it, in pixels.
    correlation : float
        Of what both images show between noise and background, −1 to 1.
    height : float
        The same in standard deviations of the correlation elsewhere.
    found : bool
        Whether that is more than chance.
    moved : float
        Share of the blocks that lie elsewhere, by more than a pixel.
    farthest : float
        The largest distance in pixels of such a block from the others.
    blocks : int
        How many had structure enough to be measured.
    """

    shift: tuple[float, float]
    uncertainty: float
    correlation: float
    height: float
    found: bool
    moved: float = 0.0
    farthest: float = 0.0
    blocks: int = 0

    @property
    def background(self) -> float:
        """Standard deviation of the correlation elsewhere: what chance gives."""
        return self.correlation / self.height if self.height else np.inf

    @property
    def distance(self) -> float:
        """Length of the shift in pixels."""
        return float(np.hypot(*self.shift))


@dataclass(frozen=True)
class _Block:
    shift: NDArray[np.float64]
    uncertainty: float


def register(
    fixed: Sequence[Image], moving: Sequence[Image], limit: float
) -> Registration:
    """Measure the shift between two images of the same planes.

    A correlation of whole planes finds it to a pixel; the blocks, moved by that, vote
    on the rest, each with the weight that its structure gives it. Correlation without
    normalising the amplitudes is used throughout: it is the maximum-likelihood shift
    under white noise, where phase correlation would listen to the frequencies that
    hold noise alone.

    Parameters
    ----------
    fixed, moving : sequence of ndarray of float32, shape (Y, X)
        The same planes, of one shape, in any unit.
    limit : float
        Distance in pixels within which a lower peak is believed, too.

    Returns
    -------
    Registration
    """
    ones, others = [structure(p) for p in fixed], [structure(p) for p in moving]
    whole, correlation, height, found = _whole_shift(ones, others, limit)
    if not found:
        return Registration((0.0, 0.0), np.inf, correlation, height, False)
    if height < FAR_PEAK:
        return Registration((0.0, 0.0), limit, correlation, height, True)
    parts = [_overlap(a, b, whole) for a, b in zip(ones, others, strict=True)]
    blocks = _block_shifts(parts)
    rest, uncertainty = _vote(blocks)
    if uncertainty > SURE_OF_BLOCKS:
        # All of a plane tells where its blocks have too little structure each.
        rest, uncertainty = _mean([_measured(*planes) for planes in parts])
    elsewhere = [
        distance
        for block in blocks
        if (distance := float(np.hypot(*(block.shift - rest))))
        > 1 + 3 * (block.uncertainty + uncertainty)
    ]
    return Registration(
        shift=(float(whole[0] + rest[0]), float(whole[1] + rest[1])),
        uncertainty=uncertainty,
        correlation=correlation,
        height=height,
        found=True,
        moved=len(elsewhere) / max(len(blocks), 1),
        farthest=max(elsewhere, default=0.0),
        blocks=len(blocks),
    )


def _whole_shift(
    fixed: list[Image], moving: list[Image], limit: float
) -> tuple[tuple[int, int], float, float, bool]:
    surface = _correlation(fixed, moving)
    height, width = surface.shape
    rows = np.minimum(np.arange(height), height - np.arange(height))
    columns = np.minimum(np.arange(width), width - np.arange(width))
    distance = np.hypot(rows[:, None], columns)
    farthest = max(limit, FARTHEST * min(fixed[0].shape))
    peaks = [
        np.unravel_index(
            np.argmax(np.where(distance <= reach, surface, -1)), (height, width)
        )
        for reach in (limit, farthest)
    ]
    spread = _spread_elsewhere(surface, peaks[1])
    heights = [float(surface[peak]) / spread for peak in peaks]
    first = heights[0] >= NEAR_PEAK and heights[0] >= 0.9 * heights[1]
    chosen = 0 if first else 1
    y, x = (int(i) for i in peaks[chosen])
    shift = (y - height if y > height / 2 else y, x - width if x > width / 2 else x)
    found = first or heights[1] >= FAR_PEAK
    return shift, heights[chosen] * spread, heights[chosen], found


def _correlation(fixed: list[Image], moving: list[Image]) -> Image:
    """Correlation coefficient of the planes, by how far the second ones are moved."""
    shape = fixed[0].shape
    window = np.outer(*(tukey(side, 0.2).astype(np.float32) for side in shape))
    padded = [next_fast_len(side, real=True) for side in shape]
    common, energies = np.zeros(1, np.complex64), np.zeros(2)
    for one, other in zip(fixed, moving, strict=True):
        windowed = [window * (image - image.mean()) for image in (one, other)]
        spectra = [rfft2(image, padded) for image in windowed]
        common = common + spectra[0] * np.conj(spectra[1])
        energies += [float(np.sum(image**2)) for image in windowed]
    scale = max(float(np.sqrt(energies.prod())), 1e-20)
    return np.asarray(irfft2(common, padded) / scale, np.float32)


def _spread_elsewhere(surface: Image, peak: tuple[np.intp, ...]) -> float:
    """Return the standard deviation of the correlation away from its peak."""
    reach = [min(AROUND, side // 4) for side in surface.shape]
    rows, columns = (
        (np.arange(-r, r + 1) + int(i)) % side
        for r, i, side in zip(reach, peak, surface.shape, strict=True)
    )
    mask = np.ones(surface.shape, bool)
    mask[np.ix_(rows, columns)] = False
    return max(float(surface[mask].std()), 1e-12)


def _overlap(one: Image, other: Image, shift: tuple[int, int]) -> tuple[Image, Image]:
    """Cut what two images share once the second is moved by whole pixels."""
    kept, partner = [], []
    for step, side in zip(shift, one.shape, strict=True):
        kept.append(slice(max(step, 0), side + min(step, 0)))
        partner.append(slice(max(-step, 0), side + min(-step, 0)))
    return one[tuple(kept)], other[tuple(partner)]


def _block_shifts(planes: list[tuple[Image, Image]]) -> list[_Block]:
    """Measure every block that has structure enough, all planes one after another."""
    shape = planes[0][0].shape
    edges = [
        np.linspace(0, side, max(1, round(side / BLOCK)) + 1).astype(int)
        for side in shape
    ]
    rows, columns = ([slice(*ends) for ends in pairwise(edge)] for edge in edges)
    return [
        block
        for one, other in planes
        for part in product(rows, columns)
        if (block := _measured(one[part], other[part], SURE)).uncertainty < np.inf
    ]


def _measured(one: Image, other: Image, sure: float = np.inf) -> _Block:
    """Shift between two images; none, of no weight, where it is not sure enough."""
    uncertainty = _uncertainty(one, other)
    if not uncertainty <= sure or np.isinf(uncertainty):
        return _Block(np.zeros(2), np.inf)
    from skimage.registration import phase_cross_correlation

    window = np.outer(*(tukey(side, 0.2).astype(np.float32) for side in one.shape))
    shift, _, _ = phase_cross_correlation(
        window * one,
        window * other,
        upsample_factor=UPSAMPLING,
        normalization=None,
    )
    return _Block(np.asarray(shift, np.float64), max(uncertainty, FLOOR))


def _uncertainty(one: Image, other: Image) -> float:
    """Estimate the error of a shift: noise, where the slopes are, over slopes.

    It is the Cramér–Rao bound, but for noise that is stronger where it is bright.
    """
    energy = float(np.sum(other**2))
    scale = float(np.sum(one * other)) / energy if energy > 0 else 0.0
    if scale <= 0 or min(one.shape) < SHORTEST:
        return np.inf
    noise = (one - scale * other) ** 2
    errors = []
    for axis in (0, 1):
        slopes = np.gradient(scale * other, axis=axis) ** 2
        total = max(float(slopes.sum()), 1e-20)
        errors.append(ALIKE * float(np.sum(noise * slopes)) / total**2)
    return float(max(errors) ** 0.5)


def _vote(blocks: list[_Block]) -> tuple[NDArray[np.float64], float]:
    """Mean of the blocks that lie near their median, and its standard error."""
    if not blocks:
        return np.zeros(2), np.inf
    weights = np.array([1 / block.uncertainty**2 for block in blocks])
    shifts = np.stack([block.shift for block in blocks])
    centre = np.array([_median(column, weights) for column in shifts.T])
    near = [
        block
        for block in blocks
        if np.hypot(*(block.shift - centre)) <= 0.5 + 3 * block.uncertainty
    ]
    return _mean(near or blocks)


def _mean(blocks: list[_Block]) -> tuple[NDArray[np.float64], float]:
    """Weighted mean; its error is what the blocks promise, or more if they scatter."""
    weights = np.array([1 / block.uncertainty**2 for block in blocks])
    if weights.sum() == 0:
        return np.zeros(2), np.inf
    shares = weights / weights.sum()
    shifts = np.stack([block.shift for block in blocks])
    mean = shares @ shifts
    scatter = float((shares @ (shifts - mean) ** 2).max()) / max(len(blocks) - 1, 1)
    return mean, float(np.sqrt(max(1 / weights.sum(), scatter)))


def _median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    passed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(passed, passed[-1] / 2)])
