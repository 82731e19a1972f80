"""What adds up over the planes of a run, and what the user should know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from napari_denoise.noise import Scaling

ROUNDING_LOSS = 0.005
"""Share of the mean by which rounding may shift it before the user is told."""


@dataclass(frozen=True)
class Tally:
    """Sums over planes; those of two parts of an image add up.

    Attributes
    ----------
    bad_pixels : int
        Not finite in the source, in planes that were denoised.
    bad_left : int
        Not finite, in planes that were not.
    rounding : float
        Counts that rounding and clipping added to the result.
    total : float
        Counts of the source, without their signs.
    """

    bad_pixels: int = 0
    rounding: float = 0.0
    total: float = 0.0
    bad_left: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.bad_pixels + other.bad_pixels,
            self.rounding + other.rounding,
            self.total + other.total,
            self.bad_left + other.bad_left,
        )

    def remarks(
        self, scalings: Sequence[Scaling], dtype: np.dtype[np.generic]
    ) -> list[str]:
        """Tell what the user should know.

        Parameters
        ----------
        scalings : sequence of Scaling
            Noise, shift and scale of each channel.
        dtype : numpy.dtype
            Of the result.

        Returns
        -------
        list of str
            Sentences.
        """
        floats, told = dtype.kind == "f", []
        if self.bad_pixels:
            told.append(
                f"{self.bad_pixels} pixels are not finite (NaN or infinite). Their "
                "neighbours were used in their place"
                + (", and they were put back as they were." if floats else ".")
            )
        if self.bad_left:
            end = "stay as they are" if floats else f"became numbers of {dtype.name}"
            told.append(
                f"{self.bad_left} pixels are not finite (NaN or infinite), where "
                f"nothing was denoised: they {end}."
            )
        quiet = [i for i, scaling in enumerate(scalings) if scaling.told == 0]
        if quiet:
            numbers = ", ".join(str(number) for number in quiet)
            which = "the image" if len(scalings) == 1 else f"channel {numbers}"
            told.append(f"No noise could be measured in {which}: returned unchanged.")
        shift, total = abs(self.rounding), max(self.total, 1e-12)
        if not floats and shift > ROUNDING_LOSS * total:
            told.append(
                f"Rounding to {dtype.name} and its range change the total "
                f"intensity by {100 * shift / total:.1f} %. Choose float32 as the type "
                "of the result (dtype) to keep it."
            )
        return told
