"""What can be typed of the noise: numbers in counts, and what they say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from magicgui.widgets import FloatSpinBox

from napari_denoise._napari import tooltips
from napari_denoise.errors import NoiseError
from napari_denoise.noise import Measure, NoiseModel

if TYPE_CHECKING:
    from napari.layers import Image

MEASURED = ("measured from the image", "auto")
OFFSET_KNOWN = ("measured, offset known", "offset")
SIGMA_KNOWN = ("Gaussian, σ known", "sigma")
ALL_KNOWN = ("all numbers known", "typed")
UNKNOWN = ("not modelled", "none")
DIGITS = 5
"""Digits of a typed number that are told apart, at the brightest of the image."""
DECIMALS = 6
"""Where no image says how bright it is."""


class NoiseNumbers:
    """Inputs for σ, gain, offset and read noise; those of one choice show.

    Attributes
    ----------
    sigma, gain, offset, read_noise : magicgui.widgets.FloatSpinBox
    """

    def __init__(self) -> None:
        self.sigma = _number("σ", 10, 1e-6, tooltips.SIGMA)
        self.gain = _number("Gain", 1, 0, tooltips.GAIN)
        self.offset = _number("Offset", 100, -1e9, tooltips.OFFSET)
        self.read_noise = _number("Read noise", 2, 0, tooltips.READ_NOISE)

    @property
    def rows(self) -> list[FloatSpinBox]:
        """In the order of a form."""
        return [self.sigma, self.gain, self.offset, self.read_noise]

    def show(self, choice: str) -> None:
        """Show what a choice needs, and hide the rest."""
        needed = {
            "offset": [self.offset],
            "sigma": [self.sigma],
            "typed": [self.gain, self.offset, self.read_noise],
        }.get(choice, [])
        for row in self.rows:
            row.visible = row in needed

    def option(self, choice: str) -> Any:
        """Read the inputs of a choice.

        Parameters
        ----------
        choice : str
            One of those above.

        Returns
        -------
        str, float, Measure or NoiseModel
            For ``denoise(noise=...)`` and ``fine_tune(noise=...)``.

        Raises
        ------
        NoiseError
            If the numbers make no noise.
        """
        if choice == "sigma":
            return float(self.sigma.value)
        if choice == "offset":
            return Measure(offset=self.offset.value)
        return self.typed() if choice == "typed" else choice

    def typed(self) -> NoiseModel:
        """Return the model of gain, offset and read noise.

        Raises
        ------
        NoiseError
            If there is neither gain nor read noise.
        """
        gain, read_std = float(self.gain.value), float(self.read_noise.value)
        if gain == read_std == 0:
            raise NoiseError("Type a gain or a read noise above 0.")
        return NoiseModel(gain, float(self.offset.value), read_std)

    def fit_digits(self, layer: Image | None) -> None:
        """Let numbers have as many decimals as the counts of an image call for."""
        decimals = DECIMALS
        if layer is not None:
            brightest = max(abs(end) for end in layer.contrast_limits_range)
            decimals = DIGITS - math.floor(math.log10(brightest or 1.0))
        for box in self.rows:
            box.native.setDecimals(min(max(decimals, 2), 12))


def _number(label: str, value: float, least: float, tooltip: str) -> FloatSpinBox:
    return FloatSpinBox(
        label=label, value=value, min=least, max=1e9, step=1, tooltip=tooltip
    )
