"""Clean stacks of planes: cut from volumes and movies, or made of single images.

A pseudo-stack is a sum of layers. Each is an image that lies at some depth, fades and
blurs away from there, and drifts: a volume with coarse or fine planes, or a movie in
which things move over one another. What the next plane tells ranges from everything
(the same image again) to nothing (another image), and so does what a network may take
from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import fft

from napari_denoise.neighbours import reflected

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pretraining.images import CleanImage

    DrawPatch = Callable[[int], "NDArray[np.float32]"]

MARGIN = 24
"""Pixels around a layer, so that what drifts in is image."""
CROPS_LOOKED_AT = 4
MAX_STRIDE = 5
"""Of real stacks every n-th plane is taken, up to this."""
UNRELATED = 0.15
"""Share of pseudo-stacks whose planes have nothing in common."""


def cut_stack(
    stack: CleanImage, side: int, planes: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Cut a random piece, by content, flipped, turned, forwards or backwards.

    Parameters
    ----------
    stack : CleanImage
        Short ones are reflected along Z.
    side, planes : int
        Of the piece; no side of the stack may be shorter.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, shape (planes, side, side)
        Relative intensity, 0 to about 1.
    """
    depth, height, width = stack.pixels.shape
    most = max(1, min(MAX_STRIDE, (depth - 1) // max(planes - 1, 1)))
    reach = (planes - 1) * int(rng.integers(1, most + 1))
    first = int(rng.integers(0, max(depth - reach, 1)))
    wanted = first + np.linspace(0, reach, planes).round().astype(int)
    chosen = stack.pixels[reflected(wanted, depth)]
    pieces = []
    for _ in range(CROPS_LOOKED_AT):
        top = rng.integers(0, height - side + 1)
        left = rng.integers(0, width - side + 1)
        pieces.append(chosen[:, top : top + side, left : left + side])
    contrast = np.array([piece.std() for piece in pieces]) + 1e-6
    piece = pieces[rng.choice(len(pieces), p=contrast / contrast.sum())]
    if rng.random() < 0.5:
        piece = piece[::-1]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    turned = np.rot90(piece, int(rng.integers(4)), axes=(1, 2)).astype(np.float32)
    return np.asarray((turned - stack.low) / (stack.high - stack.low), np.float32)


def make_stack(
    draw: DrawPatch, side: int, planes: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Make a stack of single images.

    Parameters
    ----------
    draw : callable
        Draws an image of a side.
    side, planes : int
        Of the stack.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, shape (planes, side, side)
        Relative intensity, 0 to about 1.
    """
    if rng.random() < UNRELATED:
        return np.stack([draw(side) for _ in range(planes)])
    layers = 1 + int(rng.random() < 0.5) + int(rng.random() < 0.25)
    stack = sum(_layer(draw(side + 2 * MARGIN), planes, rng) for _ in range(layers))
    inner = np.asarray(stack)[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    return np.asarray(inner / max(1.0, float(inner.max())), np.float32)


def _layer(
    image: NDArray[np.float32], planes: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """One image at some depth: it fades, blurs and drifts from plane to plane."""
    depth = np.arange(planes) - rng.uniform(0, planes - 1)
    extent = 10 ** rng.uniform(-0.3, 1.5)
    brightness = np.exp(-0.5 * (depth / extent) ** 2)
    defocus = 10 ** rng.uniform(-1.5, 0.2) * (rng.random() < 0.5)
    drift = rng.normal(0, 10 ** rng.uniform(-1.3, 0.8), 2) * (rng.random() < 0.65)
    jitter = rng.uniform(0, 1) * (rng.random() < 0.3)
    shifts = depth[:, None] * drift + rng.normal(0, jitter, (planes, 2))
    moved = _moved(image, np.clip(shifts, -MARGIN, MARGIN), defocus * np.abs(depth))
    return np.asarray(brightness[:, None, None] * moved)


def _moved(
    image: NDArray[np.float32],
    shifts: NDArray[np.float64],
    blurs: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Shift and blur an image, once a plane, in Fourier space."""
    fy = fft.fftfreq(image.shape[0])[:, None]
    fx = fft.rfftfreq(image.shape[1])[None]
    spectrum = fft.rfft2(image)
    dy, dx = (shifts[:, axis, None, None] for axis in (0, 1))
    phase = np.exp(-2j * np.pi * (fy * dy + fx * dx))
    transfer = np.exp(-2 * (np.pi * blurs[:, None, None]) ** 2 * (fy**2 + fx**2))
    return np.asarray(fft.irfft2(spectrum * phase * transfer, s=image.shape))
