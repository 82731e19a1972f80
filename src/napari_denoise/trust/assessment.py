"""How far a result can be trusted, where there is no clean reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import ImageError, OptionError
from napari_denoise.models import load_model
from napari_denoise.noise import finite_plane
from napari_denoise.options import AUTO, NONE, check_neighbours, check_strength
from napari_denoise.progress import run_to_end
from napari_denoise.sources import read_source
from napari_denoise.treatment import make_engine
from napari_denoise.trust.examination import Examination
from napari_denoise.trust.excerpts import block_means
from napari_denoise.trust.resolution import denoised_half, resolution
from napari_denoise.trust.turning import spread_over_turns
from napari_denoise.trust.verdict import Assessment, compare, predicted_fields, span_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray

    from napari_denoise.sources import Source
    from napari_denoise.treatment import Engine
    from napari_denoise.trust.excerpts import Excerpt
    from napari_denoise.trust.trials import Trial

PARTS = 4
PIXELS = 1 << 18
"""How many are looked at."""
TURNED_PIXELS = 1 << 16
"""How many of them are turned around, eight times."""
LIKE = 0.25
"""A result may differ from what its model makes by that share of the expected error."""
ROUNDED = 1 / 12
"""Mean square error of rounding to integers."""
NO_MODEL = (
    "The error cannot be predicted without the model that made the result: name it."
)
DIFFERENT = (
    "The result is not what this model makes of the image with these options, so its "
    "error cannot be predicted: say with which strength, neighbours and noise it was "
    "made."
)


@dataclass(frozen=True)
class PartAssessed:
    """A part of an assessment is done.

    Attributes
    ----------
    done, total : int
        Parts, of unlike length.
    """

    done: int
    total: int


def assess(
    noisy: Any,
    denoised: Any,
    noise: Any = None,
    *,
    model: Any = None,
    axes: str | None = None,
    strength: float = 1.0,
    neighbours: str = NONE,
    data_range: float | None = None,
    device: str = AUTO,
) -> Assessment:
    """Judge a result without a reference.

    Parameters
    ----------
    noisy, denoised, noise, model, axes, strength, neighbours, data_range, device
        As :func:`assess_steps` takes them.

    Returns
    -------
    Assessment

    Raises
    ------
    DenoiseError
        If an image, the axes, the noise, the model or an option does not work.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_denoise import NoiseModel, assess, denoise
    >>> noisy = np.random.default_rng(0).poisson(20, (64, 64)).astype(np.float32)
    >>> photons = NoiseModel(gain=1.0)
    >>> found = assess(noisy, denoise(noisy, noise=photons), photons, model="unet")
    >>> found.predicted_gain > 10
    True
    """
    return run_to_end(
        assess_steps(
            noisy,
            denoised,
            noise,
            model=model,
            axes=axes,
            strength=strength,
            neighbours=neighbours,
            data_range=data_range,
            device=device,
        )
    )


def assess_steps(
    noisy: Any,
    denoised: Any,
    noise: Any = None,
    *,
    model: Any = None,
    axes: str | None = None,
    strength: float = 1.0,
    neighbours: str = NONE,
    data_range: float | None = None,
    device: str = AUTO,
    cancelled: Callable[[], bool] | None = None,
) -> Generator[PartAssessed, None, Assessment]:
    """Judge a result step by step.

    About 260 000 pixels are looked at: small images whole, of others windows spread
    over all channels and planes.

    Parameters
    ----------
    noisy : array-like or napari image layer
        As `denoise` took it; only read.
    denoised : array-like or napari image layer
        The result: same shape and axes.
    noise : "auto", "none", float, NoiseModel or sequence of NoiseModel, optional
        As `denoise` took it, or as it measured it; by default measured.
    model : str, Path or Model, optional
        What denoised it. Needed for all that takes the model to try.
    axes : str, optional
        As `denoise` takes them.
    strength, neighbours : float, {"none", "Z", "T"}
        As `denoise` took them.
    data_range : float, optional
        Peak of the PSNR, in counts.
    device : str
        As `denoise` takes it.
    cancelled : callable, optional
        Looked at before each layer of the networks.

    Yields
    ------
    PartAssessed

    Returns
    -------
    Assessment

    Raises
    ------
    DenoiseError
        As :func:`assess`; `Cancelled` if `cancelled` became true.
    """
    stop = cancelled or (lambda: False)
    if data_range is not None and not data_range > 0:
        raise OptionError(f"data_range must be positive, got {data_range!r}.")
    chosen = None if model is None else load_model(model)
    if chosen is not None:
        strength = check_strength(strength, chosen.card)
    along = check_neighbours(neighbours)
    asked = AUTO if noise is None else noise
    seen = Examination(noisy, asked, axes, device, stop)
    result = _matching(denoised, seen)
    engine = None
    if chosen is not None:
        chosen, along = seen.settle(chosen, along)
        engine = make_engine(chosen, device, None, stop)
    radius = 0 if engine is None else engine.z_radius
    seen.look(PIXELS, "T" if along == "T" else "Z", radius)
    cores = [_core(result, seen, excerpt) for excerpt in seen.excerpts]
    peak = data_range or span_of(seen, cores or [np.asarray(result.data)])
    facts = compare(seen.excerpts, cores)
    name = None if chosen is None else chosen.name
    if engine is None or not cores:
        told = NO_MODEL if cores else seen.doubt
        return Assessment(model=name, data_range=peak, warnings=(told,), **facts)
    yield PartAssessed(1, PARTS)
    trial = seen.judge.trial
    if chosen is not seen.yardstick or strength != 1:
        trial = seen.judge.try_out(engine, strength)
    yield PartAssessed(2, PARTS)
    predicted = _predict(seen, trial, cores, peak, result.dtype.kind in "iu")
    facts["resolution"] = _resolution(seen.excerpts, engine)
    yield PartAssessed(3, PARTS)
    facts["disagreement"] = _disagreement(seen.excerpts, engine, strength, stop)
    yield PartAssessed(4, PARTS)
    return Assessment(model=name, data_range=peak, **facts, **predicted)


def _matching(denoised: Any, seen: Examination) -> Source:
    result = read_source(denoised)
    if result.data.shape != seen.source.data.shape:
        raise ImageError(
            f"The result's shape {result.data.shape} differs from the noisy image's "
            f"{seen.source.data.shape}: assess a result with the image it was made of."
        )
    return result


def _core(result: Source, seen: Examination, excerpt: Excerpt) -> NDArray[np.floating]:
    plane = finite_plane(seen.layout.read(result.data, excerpt.index))[0]
    return plane[excerpt.window]


def _predict(
    seen: Examination,
    trial: Trial,
    cores: list[NDArray[np.floating]],
    peak: float,
    integers: bool,
) -> dict[str, Any]:
    """Predict the error of a result, if the trial was of what made it."""
    expected = seen.judge.expected(trial)
    apart = seen.bench.mean(
        np.concatenate(
            [
                block_means((core - np.asarray(made, np.float64)[excerpt.core]) ** 2)
                for excerpt, core, made in zip(
                    seen.excerpts, cores, trial.results, strict=True
                )
            ]
        )
    )
    if apart > LIKE * expected.square + (ROUNDED if integers else 0.0):
        return {"warnings": (DIFFERENT,)}
    # What sets them apart, rounding and borders, knows nothing of the truth.
    return predicted_fields(
        seen, replace(expected, square=expected.square + apart), peak
    )


def _resolution(excerpts: Sequence[Excerpt], engine: Engine) -> float | None:
    """Mean over the channels' noise is taken to be one: they are pooled by ring."""
    rng = np.random.default_rng(4)
    halves = [denoised_half(excerpt, engine, rng) for excerpt in excerpts]
    lengths = [excerpt.noise.correlation_length for excerpt in excerpts]
    return resolution(halves, 2**0.5, float(np.mean(lengths)))


def _disagreement(
    excerpts: Sequence[Excerpt],
    engine: Engine,
    strength: float,
    cancelled: Callable[[], bool],
) -> float:
    """Root mean square spread over turns, on smaller parts of some excerpts."""
    squares, pixels = [], 0
    for excerpt in excerpts:
        if pixels >= TURNED_PIXELS:
            break
        part = excerpt.middle(TURNED_PIXELS)
        spread = spread_over_turns(part, engine, strength, cancelled)
        squares.append(float(np.mean(spread**2)))
        pixels += spread.size
    return float(np.sqrt(np.mean(squares)))
