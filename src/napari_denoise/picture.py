"""Noisy, denoised, reference and residual side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAGNIFIED = 2
MARGIN = 8
CAPTION = 28
RESIDUAL_SIGMAS = 4.0


def compare_picture(images: Sequence[NDArray[Any]], title: str) -> Image.Image:
    """Draw a comparison that a person can judge.

    Parameters
    ----------
    images : sequence of ndarray, shape (Y, X)
        Noisy, denoised and reference, of one size. Noisy and denoised share one gray
        scale; the reference, stretched differently, has its own.
    title : str
        What the image shows.

    Returns
    -------
    PIL.Image.Image
    """
    noisy, restored, clean = (np.asarray(image, np.float64) for image in images)
    limits = np.percentile(restored, (0.5, 99.8))
    residual = noisy - restored
    spread = RESIDUAL_SIGMAS * max(float(residual.std()), 1e-12)
    panels = [
        # The built-in font knows ASCII alone.
        (f"{title.replace('×', 'x')}: noisy", _gray(noisy, *limits)),
        ("denoised", _gray(restored, *limits)),
        ("reference", _gray(clean, *np.percentile(clean, (0.5, 99.8)))),
        ("residual (noisy - denoised)", _gray(residual, -spread, spread)),
    ]
    height, width = (MAGNIFIED * side for side in noisy.shape)
    size = (len(panels) * (width + MARGIN) + MARGIN, height + CAPTION + MARGIN)
    picture = Image.new("L", size, 255)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(15)
    for number, (caption, panel) in enumerate(panels):
        left = MARGIN + number * (width + MARGIN)
        draw.text((left, 6), caption, fill=0, font=font)
        zoomed = Image.fromarray(panel).resize(
            (width, height), Image.Resampling.NEAREST
        )
        picture.paste(zoomed, (left, CAPTION))
    return picture


def _gray(image: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    relative = (image - low) / max(high - low, 1e-12)
    return np.asarray(np.clip(255 * relative, 0, 255), np.uint8)
