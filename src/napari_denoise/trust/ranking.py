"""Which model is best for an image, without a reference."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import OptionError
from napari_denoise.measurement import stop_if
from napari_denoise.models import bundled_models, load_model
from napari_denoise.noise import finite_plane
from napari_denoise.options import AUTO, NONE
from napari_denoise.progress import run_to_end
from napari_denoise.treatment import make_engine
from napari_denoise.trust.examination import Examination
from napari_denoise.trust.verdict import Assessment, compare, predicted_fields, span_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from napari_denoise.models import Model
    from napari_denoise.trust.prediction import Expectation
    from napari_denoise.trust.trials import Trial

PIXELS = 1 << 17
"""How many are looked at."""
MARGIN = 2.0
"""Standard errors by which a model must be better than the default network."""


@dataclass(frozen=True)
class ModelRanked:
    """A model was tried.

    Attributes
    ----------
    done, total : int
        Models.
    assessment : Assessment
        Of this one.
    """

    done: int
    total: int
    assessment: Assessment


def rank_models(
    image: Any,
    models: Iterable[Any] | None = None,
    *,
    axes: str | None = None,
    noise: Any = AUTO,
    device: str = AUTO,
) -> list[Assessment]:
    """Sort models by the error that is to be expected of them on an image.

    Parameters
    ----------
    image, models, axes, noise, device
        As :func:`rank_steps` takes them.

    Returns
    -------
    list of Assessment
        The best first.

    Raises
    ------
    DenoiseError
        If the image, its axes, the noise or a model does not work.
    """
    steps = rank_steps(image, models, axes=axes, noise=noise, device=device)
    return run_to_end(steps)


def rank_steps(
    image: Any,
    models: Iterable[Any] | None = None,
    *,
    axes: str | None = None,
    noise: Any = AUTO,
    device: str = AUTO,
    cancelled: Callable[[], bool] | None = None,
) -> Generator[ModelRanked, None, list[Assessment]]:
    """Rank models step by step.

    All are tried on the same windows, about 130 000 pixels, with the same disturbances.

    Parameters
    ----------
    image : array-like or napari image layer
        As `denoise` takes it; only read.
    models : iterable of str, Path or Model, optional
        By default all bundled 2D networks and classical methods. Each plane is denoised
        alone.
    axes, noise, device
        As `denoise` takes them.
    cancelled : callable, optional
        Looked at before each layer of the networks.

    Yields
    ------
    ModelRanked
        In the order of `models`.

    Returns
    -------
    list of Assessment
        The best first. Where the error cannot be known each has a warning that says
        why, and the order is the best guess. The default network leads unless another
        is better by two standard errors of their difference.

    Raises
    ------
    DenoiseError
        As `rank_models`; `Cancelled` if `cancelled` became true.
    """
    stop = cancelled or (lambda: False)
    chosen = [load_model(model) for model in _names(models)]
    if not chosen:
        raise OptionError("There are no models to rank: name at least one.")
    seen = Examination(image, noise, axes, device, stop)
    chosen = [seen.settle(model, NONE)[0] for model in chosen]
    seen.look(PIXELS)
    if not seen.excerpts:
        return [_unjudged(seen, model) for model in chosen]
    ranked = []
    for number, model in enumerate(chosen, 1):
        stop_if(stop)
        engine = make_engine(model, device, None, stop)
        is_yardstick = model is seen.yardstick
        trial = seen.judge.trial if is_yardstick else seen.judge.try_out(engine)
        expected = seen.judge.expected(trial)
        assessment = _assessment(seen, model, trial, expected)
        ranked.append((_score(seen, trial), expected.square, assessment))
        yield ModelRanked(number, len(chosen), assessment)
    # A model leads if it is surely better; the others follow by what is expected.
    first = min(ranked, key=itemgetter(0))
    others = sorted((one for one in ranked if one is not first), key=itemgetter(1))
    return [assessment for _, _, assessment in (first, *others)]


def _names(models: Iterable[Any] | None) -> list[Any]:
    if models is None:
        return [card.name for card in bundled_models() if card.ndim == 2]
    return [models] if isinstance(models, str) else list(models)


def _score(seen: Examination, trial: Trial) -> float:
    """Return what is sorted by: the error, and of others than the default its doubt."""
    judge = seen.judge
    if trial is judge.trial:
        return 0.0
    difference = judge.difference(trial)
    return difference.square + MARGIN * difference.deviation


def _assessment(
    seen: Examination, model: Model, trial: Trial, expected: Expectation
) -> Assessment:
    judge = seen.judge
    cores, own = (
        [
            result[excerpt.core]
            for excerpt, result in zip(seen.excerpts, results, strict=True)
        ]
        for results in (trial.results, judge.trial.results)
    )
    peak = span_of(seen, own)  # the same for all
    return Assessment(
        model=model.name,
        data_range=peak,
        **compare(seen.excerpts, cores),
        **predicted_fields(seen, expected, peak),
    )


def _unjudged(seen: Examination, model: Model) -> Assessment:
    planes = seen.layout.planes(seen.layout.channels[0])
    first = finite_plane(seen.layout.read(seen.source.data, planes[0]))[0]
    peak = span_of(seen, [first])
    return Assessment(model=model.name, data_range=peak, warnings=(seen.doubt,))
