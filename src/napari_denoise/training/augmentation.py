"""Which changes make many patches of few: what is switched on, and how far it goes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from numbers import Real
from typing import Any

from napari_denoise.errors import OptionError

LIMITS = {
    "gain": 0.8,
    "rotation": 180.0,
    "zoom": 0.5,
    "gamma": 1.0,
    "elastic": 10.0,
    "redrawn": 1.0,
}
"""The most that each may be; the least is 0."""
ON_THE_CLEAN_IMAGE = ("rotation", "zoom", "gamma", "elastic")
USUALLY_REDRAWN = 0.5


@dataclass(frozen=True)
class Augmentation:
    """Changes that patches go through before a network learns from them.

    Flips, quarter turns and whole-pixel shifts act on noisy and clean alike, and are
    exact. What interpolates or bends intensity would change the noise; so it acts on
    the clean image, and noise is drawn for it anew from the measured model. Of noise
    that a clean image still has, the network learns that it is structure: clean images
    that hold more than 1 % of the noise are left as they are (``docs/losses.md``).

    Attributes
    ----------
    flips, quarter_turns : bool
        Mirror images; turns by 0, 90, 180 and 270 degrees.
    shifts : bool
        Patches begin anywhere; else on a fixed grid.
    gain : float
        The range of the network's input is scaled by a factor between 1 / (1 + gain)
        and 1 + gain, the noise level that it is told with it, and shifted by up to
        2.5 · gain standard deviations of the noise. Counts stay as they are.
    rotation : float
        Degrees, to either side.
    zoom : float
        Magnified by a factor between 1 / (1 + zoom) and 1 + zoom.
    gamma : float
        Intensity above the dark level, as a share of the channel's range, is raised
        to a power between exp(−gamma) and exp(gamma).
    elastic : float
        Root-mean-square of a smooth displacement along each axis, pixels.
    redrawn : float
        Share of patches that are made of the clean image with noise drawn anew. 0 is
        taken as one half if any change of the clean image is switched on.

    Raises
    ------
    OptionError
        If a value is of the wrong kind or out of its range.
    """

    flips: bool = True
    quarter_turns: bool = True
    shifts: bool = True
    gain: float = 0.2
    rotation: float = 0.0
    zoom: float = 0.0
    gamma: float = 0.0
    elastic: float = 0.0
    redrawn: float = USUALLY_REDRAWN

    def __post_init__(self) -> None:
        for name in ("flips", "quarter_turns", "shifts"):
            if not isinstance(getattr(self, name), bool):
                raise OptionError(
                    f"Augmentation: {name}={getattr(self, name)!r} does not work; it "
                    "is on (True) or off (False)."
                )
        for name, most in LIMITS.items():
            _check_number(name, getattr(self, name), most)

    @classmethod
    def default(cls) -> Augmentation:
        """Draw noise anew on half of the patches; change the rest exactly."""
        return cls()

    @classmethod
    def none(cls) -> Augmentation:
        """Change nothing."""
        return cls(
            flips=False, quarter_turns=False, shifts=False, gain=0.0, redrawn=0.0
        )

    @classmethod
    def strong(cls) -> Augmentation:
        """Change all there is: for very few pairs whose clean image is really clean."""
        return cls(rotation=45.0, zoom=0.2, gamma=0.3, elastic=1.0)

    @property
    def changes_clean(self) -> bool:
        """Whether any change is switched on that acts on the clean image only."""
        return any(getattr(self, name) > 0 for name in ON_THE_CLEAN_IMAGE)

    @property
    def interpolates(self) -> bool:
        """Whether pixels from beyond the patch are needed."""
        return self.rotation > 0 or self.zoom > 0 or self.elastic > 0

    @property
    def share_redrawn(self) -> float:
        """Share of patches that get new noise, 0 to 1."""
        if self.changes_clean and self.redrawn == 0:
            return USUALLY_REDRAWN
        return self.redrawn

    def to_dict(self) -> dict[str, Any]:
        """Plain values: for provenance and the file of a model."""
        return asdict(self)


def parse_augmentation(value: Any) -> Augmentation:
    """Make an augmentation of what a user gave.

    Parameters
    ----------
    value : str, Augmentation or mapping
        ``"default"``, ``"none"`` or ``"strong"``; or a mapping of the names of its
        attributes, where what is missing is as in the default.

    Returns
    -------
    Augmentation

    Raises
    ------
    OptionError
        If it is none of these, or a value does not work.
    """
    if isinstance(value, Augmentation):
        return value
    presets = {
        "default": Augmentation.default,
        "none": Augmentation.none,
        "strong": Augmentation.strong,
    }
    if isinstance(value, str) and value.lower() in presets:
        return presets[value.lower()]()
    if not isinstance(value, Mapping):
        raise OptionError(
            f"augmentation={value!r} does not work: give “default”, “none”, “strong” "
            "or an Augmentation."
        )
    names = [f.name for f in fields(Augmentation)]
    unknown = [str(name) for name in value if name not in names]
    if unknown:
        raise OptionError(
            f"There is no augmentation “{unknown[0]}”: choose among {', '.join(names)}."
        )
    return Augmentation(**value)


def _check_number(name: str, value: Any, most: float) -> None:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 0 <= value <= most:
        raise OptionError(
            f"Augmentation: {name}={value!r} does not work; it must be a number "
            f"between 0 and {most:g}."
        )
