"""The options of `denoise`, checked before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import NoiseError, OptionError
from napari_denoise.noise import Measure, NoiseModel

if TYPE_CHECKING:
    from napari_denoise.models import ModelCard

AUTO = "auto"
NONE = "none"


def check_strength(strength: float, card: ModelCard) -> float:
    """Return the strength if it is one that the model can have.

    Parameters
    ----------
    strength : float
        0 to 1 blends in counts; 1 to 2 tells the network more noise than there is.
    card : ModelCard
        Of the model.

    Returns
    -------
    float

    Raises
    ------
    OptionError
    """
    if not isinstance(strength, Real) or not 0 <= strength <= 2:
        raise OptionError(f"The strength must lie between 0 and 2, got {strength!r}.")
    if strength > 1 and not card.uses_sigma:
        raise OptionError(
            f"“{card.name}” is blind to the noise level, so its strength cannot exceed "
            "1. Use “unet” for more."
        )
    return float(strength)


def check_neighbours(neighbours: Any) -> str:
    """Return along which axis planes are looked at together.

    Parameters
    ----------
    neighbours : str
        ``"none"``, ``"Z"``, ``"T"`` or ``"auto"``, in either case.

    Returns
    -------
    str

    Raises
    ------
    OptionError
    """
    for choice in (NONE, AUTO, "Z", "T"):
        if isinstance(neighbours, str) and neighbours.lower() == choice.lower():
            return choice
    raise OptionError(
        f"neighbours={neighbours!r} does not work: “Z” looks at the planes above and "
        "below, “T” at the frames before and after, “none” at each plane alone, and "
        "“auto” where it finds that they help."
    )


def check_tile(tile: Any) -> tuple[int, ...] | None:
    """Sides of a tile along Y and X, or Z, Y and X; None where they are to be chosen.

    Parameters
    ----------
    tile : "auto", int or sequence of int
        As the user gave it.

    Returns
    -------
    tuple of int or None

    Raises
    ------
    OptionError
    """
    if isinstance(tile, str) and tile == AUTO:
        return None
    sides = (tile, tile) if isinstance(tile, Integral) else tile
    valid = (
        isinstance(sides, Sequence)
        and not isinstance(sides, str)
        and len(sides) in (2, 3)
        and all(isinstance(side, Integral) and int(side) > 0 for side in sides)
    )
    if not valid:
        raise OptionError(
            f"tile={tile!r} does not work: give “auto”, one side in pixels, two for Y "
            "and X, or three for Z, Y and X."
        )
    return tuple(int(side) for side in sides)


def given_noise(noise: Any, channels: int) -> list[NoiseModel | Measure] | None:
    """Noise of each channel, known or to be measured; None where it is not modelled.

    Parameters
    ----------
    noise : "auto", "none", float, Measure, NoiseModel or a sequence of these
        One for all channels or one per channel; a float is a Gaussian σ in counts.
    channels : int
        How many there are to be denoised.

    Returns
    -------
    list of NoiseModel or Measure, or None

    Raises
    ------
    NoiseError
        If it is none of these, or the numbers of channels differ.
    """
    if isinstance(noise, str) and noise == NONE:
        return None
    if isinstance(noise, Sequence) and not isinstance(noise, str):
        if len(noise) != channels:
            raise NoiseError(
                f"{len(noise)} noise models were given for {channels} channels: give "
                "one, or one per channel."
            )
        return [_of_one_channel(one) for one in noise]
    return [_of_one_channel(noise)] * channels


def _of_one_channel(noise: Any) -> NoiseModel | Measure:
    if isinstance(noise, NoiseModel | Measure):
        return noise
    if isinstance(noise, str) and noise == AUTO:
        return Measure()
    if isinstance(noise, Real) and not isinstance(noise, bool):
        if not math.isfinite(noise) or noise <= 0:
            raise NoiseError(
                f"A noise level of {noise} does not work: σ must be positive. Use "
                "“none” to denoise without a noise model."
            )
        return NoiseModel.gaussian(float(noise))
    raise NoiseError(
        f"noise={noise!r} does not work: give “auto”, “none”, a Gaussian σ in image "
        "units, a Measure, a NoiseModel, or one of these per channel."
    )
