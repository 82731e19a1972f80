"""Colours of a napari theme, for what is drawn beside napari's own widgets."""

from __future__ import annotations

from dataclasses import dataclass

from napari.utils.theme import get_theme

MIDDLE = 3 * 128
"""Sum of red, green and blue that parts dark from light."""


@dataclass(frozen=True)
class Colours:
    """Of a theme, as ``#rrggbb``.

    Attributes
    ----------
    background, text : str
    is_dark : bool
        Whether the background is.
    """

    background: str
    text: str
    is_dark: bool


def colours_of(theme: str) -> Colours:
    """Return the colours of a theme by its name."""
    found = get_theme(theme)
    is_dark = sum(found.background.as_rgb_tuple()[:3]) < MIDDLE
    return Colours(found.background.as_hex(), found.text.as_hex(), bool(is_dark))
