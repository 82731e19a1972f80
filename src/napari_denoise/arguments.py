"""What is typed on the command line, in values that the package takes."""

from __future__ import annotations

from typing import Any

from napari_denoise.errors import NoiseError


def parse_noise(text: str) -> Any:
    """Read the option ``--noise``.

    Parameters
    ----------
    text : str
        ``auto``, ``none``, a σ, or gain, offset and read noise in counts.

    Returns
    -------
    str, float or NoiseModel

    Raises
    ------
    NoiseError
        If it is none of these.
    """
    if text in ("auto", "none"):
        return text
    from napari_denoise.noise import NoiseModel

    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        return numbers[0]
    if len(numbers) == 3:
        gain, offset, read_std = numbers
        return NoiseModel(gain, offset, read_std)
    raise NoiseError(
        f"--noise {text} does not work: give auto, none, a Gaussian σ such as 12.5, or "
        "gain,offset,read noise such as 2.1,100,3.5."
    )


def parse_tile(text: str) -> int | tuple[int, ...] | str:
    """Read the option ``--tile``.

    Parameters
    ----------
    text : str
        ``auto``, a side in pixels, or one for each spatial axis: ``64,128``.

    Returns
    -------
    int, tuple of int or str
        Text where it is none of these: it is refused where the tile is used.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        return text
    sides = tuple(int(part) for part in parts)
    return sides[0] if len(sides) == 1 else sides
