"""One run over all channels and planes of an image."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import Cancelled, FileError, ModelError
from napari_denoise.models import ClassicalModel
from napari_denoise.noise import (
    NoiseModel,
    Scaling,
    finite_plane,
    gaussian_sigma,
    keep_counts,
    measure_windows,
    sample_windows,
)
from napari_denoise.options import NONE, given_noise
from napari_denoise.output import cast
from napari_denoise.progress import NoiseMeasured, TileDone

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from napari_denoise.axes import Index, Layout
    from napari_denoise.inference import TileRunner
    from napari_denoise.models import Model
    from napari_denoise.sources import Source

    PlaneSteps = Generator[int, None, NDArray[np.float32]]

ROUNDING_LOSS = 0.005
"""Share of the mean by which rounding may shift it before the user is told."""


class WholePlanes:
    """Run a classical method: it takes each plane whole, on the CPU."""

    loses_counts = False  # what they blur at edges would only be spread further

    def __init__(self, model: ClassicalModel) -> None:
        self._model = model
        self.warnings: list[str] = []

    def run(self, plane: NDArray[np.float32], sigma: float) -> PlaneSteps:
        """Denoise one plane; see `TileRunner.run`."""
        restored = self._model.denoise(plane, sigma)
        yield plane.size
        return restored


def make_engine(
    model: Model,
    device: str,
    tile: tuple[int, int] | None,
    cancelled: Callable[[], bool] | None,
) -> TileRunner | WholePlanes:
    """Make what denoises a plane: a network on a device, or a classical method.

    Parameters
    ----------
    model : Model
        Already loaded.
    device : str
        Name of the device, for networks.
    tile : tuple of int or None
        Sides of a tile; None chooses them.
    cancelled : callable or None
        Looked at before each layer.

    Returns
    -------
    TileRunner or WholePlanes
        Both have ``run(plane, sigma)``, a generator, and ``warnings``.

    Raises
    ------
    ModelError
        If the model is not for planes.
    """
    if isinstance(model, ClassicalModel):
        return WholePlanes(model)
    if model.spec.ndim != 2:
        raise ModelError(
            f"“{model.name}” is a {model.spec.ndim}D model; this version denoises "
            "plane by plane. Choose a 2D model such as “unet”."
        )
    from napari_denoise.devices import choose_device
    from napari_denoise.inference import TileRunner

    return TileRunner(model, choose_device(device), tile, cancelled)


@dataclass
class Job:
    """What is to be done, and what the user should know when it is.

    Attributes
    ----------
    source : Source
        The image; only read.
    layout : Layout
        Its axes.
    engine : TileRunner or WholePlanes
        Denoises a plane.
    strength : float
        0 to 2.
    dtype : numpy.dtype
        Of the result.
    cancelled : callable
        Looked at before each plane.
    warnings : list of str
        Filled by :meth:`run`.
    bad_pixels : int
        Not finite, so far.
    """

    source: Source
    layout: Layout
    engine: TileRunner | WholePlanes
    strength: float
    dtype: np.dtype[Any]
    cancelled: Callable[[], bool]
    warnings: list[str] = field(default_factory=list)
    bad_pixels: int = 0

    def measure(self, noise: Any) -> Generator[NoiseMeasured, None, list[Scaling]]:
        """Measure noise, shift and scale of each channel, once for all its planes."""
        channels = self.layout.channels
        given = given_noise(noise, len(channels))
        unstabilised = isinstance(noise, str) and noise == NONE
        scalings = []
        for number, channel in enumerate(channels):
            self._stop_if_cancelled()
            windows = sample_windows(self.source.data, self.layout, channel)
            first = [window for window, _ in windows]
            sample = np.concatenate([window.ravel() for window in first])
            if unstabilised:
                scalings.append(Scaling.fit(sample, None, gaussian_sigma(first)))
                continue
            integer = self.source.dtype.kind in "iu"
            model = (
                given[number] if given else measure_windows(windows, integer=integer)
            )
            yield NoiseMeasured(number, len(channels), model)
            if model.kind == "none":
                scalings.append(Scaling(model, 0.0, 1.0, 0.0))
            else:
                scalings.append(Scaling.fit(sample, model, 1.0))
        return scalings

    def run(
        self, scalings: list[Scaling], target: Any
    ) -> Generator[TileDone, None, None]:
        """Denoise all planes into `target`."""
        planes = [
            (index, scaling)
            for channel, scaling in zip(self.layout.channels, scalings, strict=True)
            for index in self.layout.planes(channel)
        ]
        size = int(np.prod(self.layout.plane_shape))
        total, began = size * len(planes), time.perf_counter()
        sums = np.zeros(2)
        for number, (index, scaling) in enumerate(planes):
            self._stop_if_cancelled()
            counts = self.layout.read(self.source.data, index)
            for done in self._restore(counts, scaling, index, target, sums):
                finished = number * size + done
                left = (time.perf_counter() - began) * (total - finished) / finished
                yield TileDone(finished, total, left)
        for channel in self.layout.copied:
            for index in self.layout.planes(channel):
                alpha = self.layout.read(self.source.data, index)
                self._write(target, index, _converted(alpha, self.dtype))
        self._tell(scalings, sums)

    def _restore(
        self,
        counts: NDArray[Any],
        scaling: Scaling,
        index: Index,
        target: Any,
        sums: NDArray[np.float64],
    ) -> Generator[int, None, None]:
        """Denoise one plane into `target`, yielding pixels done."""
        told = scaling.told * max(self.strength, 1.0)
        if told == 0 or self.strength == 0:
            self._write(target, index, _converted(counts, self.dtype))
            yield counts.size
            return
        filled, bad = finite_plane(counts)
        steps = self.engine.run(scaling.enter(filled), told)
        restored = scaling.leave((yield from steps))
        if self.engine.loses_counts:
            noise = scaling.noise or NoiseModel.gaussian(scaling.sigma)
            restored = keep_counts(filled, restored, noise)
        if self.strength < 1:
            restored = filled + np.float32(self.strength) * (restored - filled)
        result = cast(restored, self.dtype)
        shift = result.sum(dtype=float) - restored.sum(dtype=float)
        sums += shift, np.abs(filled).sum(dtype=float)
        if bad is not None:
            self.bad_pixels += int(bad.sum())
            if self.dtype.kind == "f":  # integers keep what stood in their place
                result[bad] = counts[bad]
        self._write(target, index, result)

    def _write(self, target: Any, index: Index, plane: NDArray[Any]) -> None:
        try:
            self.layout.write(target, index, plane)
        except OSError as error:
            raise FileError(f"The result cannot be written: {error}.") from error

    def _stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise Cancelled("Cancelled: nothing was changed.")

    def _tell(self, scalings: list[Scaling], sums: NDArray[np.float64]) -> None:
        floats = self.dtype.kind == "f"
        if self.bad_pixels:
            self.warnings.append(
                f"{self.bad_pixels} pixels are not finite (NaN or infinite). Their "
                "neighbours were used in their place"
                + (", and they were put back as they were." if floats else ".")
            )
        quiet = [i for i, scaling in enumerate(scalings) if scaling.told == 0]
        if quiet:
            numbers = ", ".join(str(number) for number in quiet)
            which = "the image" if len(scalings) == 1 else f"channel {numbers}"
            self.warnings.append(
                f"No noise could be measured in {which}: returned unchanged."
            )
        shift, total = abs(sums[0]), max(sums[1], 1e-12)
        if not floats and shift > ROUNDING_LOSS * total:
            self.warnings.append(
                f"Rounding to {self.dtype.name} and its range change the total "
                f"intensity by {100 * shift / total:.1f} %. Use dtype=“float32” to "
                "keep it."
            )


def _converted(counts: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Change the type without losing what it can hold."""
    if counts.dtype == dtype:
        return counts
    numbers = counts.astype(np.float64)
    return cast(numbers if dtype.kind == "f" else np.nan_to_num(numbers), dtype)
