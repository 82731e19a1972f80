"""The noise model of one channel, and the data it was fitted to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_denoise.errors import NoiseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

Kind = Literal["poisson-gaussian", "gaussian", "none"]


@dataclass(frozen=True)
class VarianceFit:
    """Block statistics behind a measured noise model, for a scatter plot.

    Attributes
    ----------
    means, variances : ndarray of float, shape (blocks,)
        Local mean, and local variance of the high-pass residual scaled to the
        marginal noise variance, both in image units.
    goodness : float
        Share of the blocks' variation that the line explains, 0 to 1.
    cut_off, saturated : float
        Share of the pixels at the lowest and at the highest value, where there is
        reason to believe that values end there; else 0.
    region : tuple of float, optional
        Mean and variance in the background region, if the noise was measured on one.
    """

    means: NDArray[np.float32]
    variances: NDArray[np.float32]
    goodness: float
    cut_off: float = 0.0
    saturated: float = 0.0
    region: tuple[float, float] | None = None

    def in_counts(self, low: float, span: float) -> VarianceFit:
        """Return the same for counts that were given as ``(counts - low) / span``."""
        region = self.region
        return replace(
            self,
            means=self.means * np.float32(span) + np.float32(low),
            variances=self.variances * np.float32(span**2),
            region=region and (region[0] * span + low, region[1] * span**2),
        )


@dataclass(frozen=True)
class NoiseModel:
    """Noise of one channel: ``var(y) = gain * (mean(y) - offset) + read_std**2``.

    Parameters
    ----------
    gain : float
        Image counts per detected photon; 0 for purely Gaussian noise.
    offset : float
        Dark level of the detector in image counts.
    read_std : float
        Standard deviation of the signal-independent noise in image counts.
    correlation_length : float
        Twice the width (standard deviation, in pixels) of the Gaussian blur that
        correlates noise as much: the lag at which the autocorrelation has fallen to
        1/e, a little less than that below two pixels. 0 for white noise.
    level : float, optional
        Mean of the image that was measured; `sigma` is quoted there.
    warnings : tuple of str
        What the user should know about the measurement.
    offset_assumed : bool
        True where the offset is only the darkest level of the image: from an image
        alone, offset and read noise cannot be told apart.
    fit : VarianceFit, optional
        The data behind a measured model.

    Raises
    ------
    NoiseError
        If a number is not finite, or gain or read noise is negative.

    Examples
    --------
    >>> NoiseModel(gain=2.0, offset=100.0, read_std=3.0).std(600.0)
    31.76476034853718
    """

    gain: float = 0.0
    offset: float = 0.0
    read_std: float = 0.0
    correlation_length: float = 0.0
    level: float | None = None
    warnings: tuple[str, ...] = ()
    offset_assumed: bool = False
    fit: VarianceFit | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        numbers = (self.gain, self.offset, self.read_std, self.correlation_length)
        if not all(isinstance(n, Real) and math.isfinite(n) for n in numbers):
            raise NoiseError(f"A noise model needs finite numbers, got {self!r}.")
        if self.gain < 0 or self.read_std < 0 or self.correlation_length < 0:
            raise NoiseError(
                "Gain, read noise and correlation length cannot be negative, "
                f"got {self!r}."
            )

    @classmethod
    def gaussian(cls, sigma: float) -> NoiseModel:
        """Signal-independent noise of standard deviation `sigma` (image counts)."""
        return cls(read_std=float(sigma))

    @property
    def kind(self) -> Kind:
        """``"poisson-gaussian"``, ``"gaussian"`` or ``"none"``."""
        if self.gain > 0:
            return "poisson-gaussian"
        return "gaussian" if self.read_std > 0 else "none"

    @property
    def sigma(self) -> float:
        """Standard deviation in counts at `level`, or of the dark image."""
        return float(self.std(self.offset if self.level is None else self.level))

    def std(self, mean: ArrayLike) -> Any:
        """Return the noise's standard deviation in counts at a mean level.

        Parameters
        ----------
        mean : array-like
            Noise-free level in image counts.

        Returns
        -------
        ndarray or float
            Same shape as `mean`; the read noise below the offset.
        """
        photons = np.maximum(np.asarray(mean, float) - self.offset, 0)
        return np.sqrt(self.gain * photons + self.read_std**2)[()]

    def photons(self, mean: ArrayLike) -> Any:
        """Return how many photons a pixel detects at a mean level.

        Parameters
        ----------
        mean : array-like
            Noise-free level in image counts.

        Returns
        -------
        ndarray or float
            Same shape as `mean`; no better than the offset (see `offset_assumed`);
            NaN where the noise has no gain.
        """
        above = np.asarray(mean, float) - self.offset
        return (above / self.gain if self.gain > 0 else above * np.nan)[()]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings: for provenance and ``--json``."""
        return {
            "gain": self.gain,
            "offset": self.offset,
            "read_std": self.read_std,
            "sigma": self.sigma,
            "level": self.level,
            "correlation_length": self.correlation_length,
            "kind": self.kind,
            "offset_assumed": self.offset_assumed,
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> NoiseModel:
        """Make a model of what :meth:`to_dict` gave; the data behind it are lost."""
        names = {f.name for f in fields(cls)} - {"warnings", "fit"}
        told = {name: plain[name] for name in names if name in plain}
        return cls(**told, warnings=tuple(plain.get("warnings", ())))
