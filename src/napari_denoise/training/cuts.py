"""From a cut of a pair, in counts, to what a network learns from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.noise import simulate
from napari_denoise.training.deformation import bend, deform
from napari_denoise.training.examples import Example, in_photons, noise_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_denoise.noise import Scaling
    from napari_denoise.training.augmentation import Augmentation

    Image = NDArray[np.float32]

MOST_SHIFT = 2.5
"""Standard deviations of the noise by which the range is shifted at a gain of 1."""


@dataclass(frozen=True)
class Cut:
    """A part of a pair in counts, larger than the patch that is made of it.

    Attributes
    ----------
    noisy : ndarray of float32, shape ([Z,] Y, X)
        Counts; Z are a plane and its neighbours, for a 3D model, their number odd.
    clean : ndarray of float32, shape ([Z,] Y, X), optional
        Counts, brought onto those of the noisy image. Of the central plane, or of as
        many planes as `noisy`. None where there is no clean image.
    scaling : Scaling
        Noise model, shift and scale of the channel.
    may_redraw : bool
        Whether `clean` is clean enough to be given noise.
    """

    noisy: Image
    clean: Image | None
    scaling: Scaling
    may_redraw: bool = False


def augment(
    cut: Cut,
    how: Augmentation,
    side: int,
    rng: np.random.Generator,
) -> Example:
    """Make a patch of a cut, changed at random, in the range of the network.

    Parameters
    ----------
    cut : Cut
        At least `side` pixels along Y and X, and larger on each side by
        :func:`~napari_denoise.training.deformation.border_for`, where that can be.
    how : Augmentation
        What is switched on.
    side : int
        Of the patch, pixels.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Example
        Its noisy patch has all planes of the cut, its clean one the central plane;
        without a clean image, that of the noisy one.
    """
    varied = vary(cut, how, side, rng)
    most = math.log1p(how.gain)
    scaling = cut.scaling
    shift = scaling.shift + MOST_SHIFT * how.gain * scaling.sigma * rng.uniform(-1, 1)
    scale = scaling.scale * math.exp(rng.uniform(-most, most))
    return example(replace(varied, scaling=replace(scaling, shift=shift, scale=scale)))


def vary(
    cut: Cut,
    how: Augmentation,
    side: int,
    rng: np.random.Generator,
) -> Cut:
    """Make a patch of a cut, changed at random, still in counts.

    Parameters
    ----------
    cut, how, side, rng
        As :func:`augment` takes them.

    Returns
    -------
    Cut
        Of `side` pixels along Y and X.
    """
    noise = noise_of(cut.scaling)
    is_redrawn = rng.random() < how.share_redrawn
    clean = cut.clean
    if is_redrawn and _can_be_redrawn(cut) and clean is not None:
        changed = _change(clean, cut.scaling, how, side, rng)
        cut = replace(cut, noisy=simulate(changed, noise, rng), clean=changed)
    turns = int(rng.integers(4)) if how.quarter_turns else 0
    flips = rng.random(2) < (0.5 if how.flips else 0)
    clean = cut.clean
    return replace(
        cut,
        noisy=_lay(_centre(cut.noisy, side), turns, flips),
        clean=None if clean is None else _lay(_centre(clean, side), turns, flips),
    )


def example(patch: Cut) -> Example:
    """Bring a patch from counts to what a network learns from.

    Parameters
    ----------
    patch : Cut
        Of the size that the network is given.

    Returns
    -------
    Example
    """
    scaling, noise = patch.scaling, noise_of(patch.scaling)
    truth = patch.noisy if patch.clean is None else patch.clean
    if patch.noisy.ndim == 3:
        truth = truth if truth.ndim == 2 else truth[len(truth) // 2]
        truth = truth[None]
    is_poisson = noise.kind == "poisson-gaussian"
    # Where counts are not stabilised, z is in counts; the loss wants noise of 1.
    per_z = noise.read_std if scaling.noise is None else 1.0
    return Example(
        noisy=scaling.enter(patch.noisy),
        clean=in_photons(truth, scaling),
        sigma=scaling.told,
        shift=scaling.shift / per_z,
        scale=scaling.scale / per_z,
        read=noise.read_std / noise.gain if is_poisson else -1.0,
        width=noise.correlation_length / 2,
    )


def preview_patches(
    cuts: Iterable[Cut],
    how: Augmentation,
    side: int,
    rng: np.random.Generator,
    count: int,
) -> list[tuple[Image, Image | None]]:
    """Show what augmentation makes of some cuts.

    Parameters
    ----------
    cuts : iterable of Cut
        Taken in turn, again and again.
    how, side, rng
        As :func:`augment` takes them.
    count : int
        How many patches.

    Returns
    -------
    list of (ndarray, ndarray or None)
        Noisy and clean in counts, float32, shape (side, side); the central plane of
        a volume. `gain` does not show: it changes the network's range, not counts.
    """
    patches = (vary(cut, how, side, rng) for cut in islice(cycle(cuts), count))
    return [
        (_central(each.noisy), None if each.clean is None else _central(each.clean))
        for each in patches
    ]


def _can_be_redrawn(cut: Cut) -> bool:
    is_whole = cut.clean is not None and cut.clean.ndim == cut.noisy.ndim
    return cut.may_redraw and is_whole


def _change(
    clean: Image,
    scaling: Scaling,
    how: Augmentation,
    side: int,
    rng: np.random.Generator,
) -> Image:
    moves = how.interpolates
    clean = deform(clean, how, side, rng) if moves else _centre(clean, side)
    if how.gamma > 0:
        low, top = (float(c) for c in scaling.leave(np.array([0, 1], np.float32)))
        noise = scaling.noise
        dark = noise.offset if noise is not None and noise.gain > 0 else low
        clean = bend(clean, dark, top, how.gamma, rng)
    return clean


def _centre(image: Image, side: int) -> Image:
    top, left = ((n - side) // 2 for n in image.shape[-2:])
    return image[..., top : top + side, left : left + side]


def _lay(image: Image, turns: int, flips: NDArray[np.bool_]) -> Image:
    turned = np.rot90(image, turns, (-2, -1))
    steps = [-1 if flip else 1 for flip in flips]
    return np.ascontiguousarray(turned[..., :: steps[0], :: steps[1]])


def _central(image: Image) -> Image:
    return image if image.ndim == 2 else image[len(image) // 2]
