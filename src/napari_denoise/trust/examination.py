"""An image made ready for denoisers to be tried on it, and what stands against it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.advice import settle_neighbours
from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.measurement import measure_channels
from napari_denoise.models import choose_depth, load_model
from napari_denoise.noise import Measure, NoiseModel
from napari_denoise.options import AUTO, NONE
from napari_denoise.progress import run_to_end
from napari_denoise.sources import read_source
from napari_denoise.treatment import make_engine
from napari_denoise.trust.excerpts import cut_excerpts
from napari_denoise.trust.prediction import Judge
from napari_denoise.trust.residual import autocorrelation, residual_of
from napari_denoise.trust.trials import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_denoise.models import Model
    from napari_denoise.trust.excerpts import Excerpt
    from napari_denoise.trust.trials import Trial

YARDSTICK, DEEP_YARDSTICK = "unet", "unet-3d"
"""The networks that others are compared with: those that see one plane, and those that
know more because they see its neighbours too."""
MOST_PROBES = 4
"""Disturbances that each denoiser is tried with, on small images."""
ALIKE, SCATTER = 0.03, 2.0
"""Adjacent pixels of the residual are more alike than white noise explains, if by more
than the first, plus the second over the root of the number of pixels: noise blurred by
0.4 pixels shows by 0.05 and more, white noise by 0.02 at most (256² pixels)."""

NO_NOISE = (
    "No noise could be measured, so there is nothing to judge: the image stays as it "
    "is."
)
CORRELATED = (
    "The noise is correlated between pixels, and its size was only measured: how large "
    "the error is cannot be known. Give a noise model from a calibration to know it."
)
HIDDEN = (
    "What was taken out is correlated between pixels, but the noise was taken to be "
    "white: its size is not known well enough to predict the error. Images that were "
    "resampled, compressed or smoothed are like this."
)


class Examination:
    """An image with its noise measured or given.

    Parameters
    ----------
    image : array-like or napari image layer
        As `denoise` takes it; only read.
    noise : "auto", "none", float, NoiseModel or sequence of NoiseModel
        As `denoise` takes it.
    axes : str or None
        As `denoise` takes them.
    device : str
        As `denoise` takes it.
    cancelled : callable
        Looked at before each layer of the networks.

    Attributes
    ----------
    source, layout, scalings
        The image, its axes, and the way of each channel into a network.

    Raises
    ------
    DenoiseError
        As `denoise`.
    """

    def __init__(
        self,
        image: Any,
        noise: Any,
        axes: str | None,
        device: str,
        cancelled: Callable[[], bool],
    ) -> None:
        self.source = read_source(image)
        shape = self.source.data.shape
        self.layout = Layout(shape, resolve_axes(shape, axes, self.source.labels))
        steps = measure_channels(self.source, self.layout, noise, cancelled)
        self.scalings = run_to_end(steps)
        self._measured = was_measured(noise)
        self._device, self._cancelled = device, cancelled
        self.excerpts: list[Excerpt] = []
        self._probes, self._radius = 1, 0

    def settle(self, model: Model, neighbours: str) -> tuple[Model, str]:
        """Return the form of a model that looks along an axis, and that axis.

        Parameters
        ----------
        model : Model
            As the user named it.
        neighbours : {"none", "Z", "T", "auto"}
            As `denoise` takes it.

        Returns
        -------
        model : Model
        neighbours : {"none", "Z", "T"}

        Raises
        ------
        OptionError, ModelError
            If the model has no such form.
        """
        if neighbours == AUTO:
            return settle_neighbours(
                self.source,
                self.layout,
                model,
                self._device,
                list(zip(self.layout.channels, self.scalings, strict=True)),
                self._cancelled,
            )
        return choose_depth(model, neighbours, self.layout)[0], neighbours

    def look(self, pixels: int, along: str = "Z", radius: int = 0) -> None:
        """Choose the parts that are looked at; see :func:`cut_excerpts`."""
        self.excerpts = cut_excerpts(
            self.source, self.layout, self.scalings, pixels, along, radius
        )
        self._radius = radius
        looked_at = sum(excerpt.plane[excerpt.core].size for excerpt in self.excerpts)
        # On few pixels one disturbance tells too little.
        self._probes = int(np.clip(pixels // max(looked_at, 1), 1, MOST_PROBES))

    @cached_property
    def bench(self) -> Bench:
        """Where denoisers are tried on these parts."""
        return Bench(self.excerpts, self._cancelled)

    @property
    def yardstick(self) -> Model:
        """Return the default network: the one for neighbours where these are seen."""
        return load_model(DEEP_YARDSTICK if self._radius else YARDSTICK)

    @cached_property
    def judge(self) -> Judge:
        """What the default network does there."""
        engine = make_engine(self.yardstick, self._device, None, self._cancelled)
        return Judge(self.bench, engine, measured=self._measured, probes=self._probes)

    @property
    def doubt(self) -> str:
        """Why errors cannot be predicted here; empty where they can."""
        if not self.excerpts:
            return NO_NOISE
        if not self._measured:
            return ""
        if any(excerpt.noise.correlation_length > 0 for excerpt in self.excerpts):
            return CORRELATED
        looked_at = sum(excerpt.plane[excerpt.core].size for excerpt in self.excerpts)
        limit = ALIKE + SCATTER / looked_at**0.5
        return HIDDEN if self.left_correlation > limit else ""

    @cached_property
    def left_correlation(self) -> float:
        """By how much adjacent pixels of the residual are more alike than expected.

        What the default network takes out of the image is compared with what it takes
        out of its own result with noise drawn anew, whose correlation is known.
        """
        judge = self.judge
        pixels = [excerpt.plane for excerpt in self.excerpts]
        found = self._adjacent(pixels, judge.trial)
        return float(np.max(found - self._adjacent(judge.redrawn, judge.again)))

    def _adjacent(
        self, planes: Sequence[NDArray[np.float32]], trial: Trial
    ) -> NDArray[np.float64]:
        """Correlation of adjacent pixels of the residual, along X and along Y."""
        found = []
        for excerpt, plane, result in zip(
            self.excerpts, planes, trial.results, strict=True
        ):
            residual = residual_of(plane, result, excerpt.noise)
            shares = autocorrelation(residual[excerpt.core])
            found.append([shares.get((0, 1), 0.0), shares.get((1, 0), 0.0)])
        return np.asarray(np.mean(found, axis=0))


def was_measured(noise: Any) -> bool:
    """Say whether a noise model was measured on the image, and not given.

    Parameters
    ----------
    noise : "auto", "none", float, NoiseModel or sequence of NoiseModel
        As `denoise` takes it. A model that `estimate_noise` made counts as measured.

    Returns
    -------
    bool
    """
    if isinstance(noise, str):
        return noise in (AUTO, NONE)
    models = noise if isinstance(noise, (list, tuple)) else [noise]
    return any(
        isinstance(model, Measure)
        or (isinstance(model, NoiseModel) and model.level is not None)
        for model in models
    )
