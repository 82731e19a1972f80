"""What fine-tuning reports on its way, and its result: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray

    from napari_denoise.models import NetworkModel
    from napari_denoise.training.check import PairChecked, PairReport
    from napari_denoise.training.gain import Gain

    FineTuning = Generator[
        "PairChecked | PairsChecked | TrainingStarted | StepDone | EpochDone",
        None,
        "FineTuned",
    ]


@dataclass(frozen=True)
class PairsChecked:
    """All pairs were checked, and none refused.

    Attributes
    ----------
    report : PairReport
    """

    report: PairReport


@dataclass(frozen=True)
class Point:
    """One point of the two curves.

    Attributes
    ----------
    step : int
        0 is the start.
    minutes : float
        Of training.
    training, validation : float
        Share of the noise variance that is left in windows that are trained on, and in
        held-out ones.
    gain_db, gain_error_db : float
        PSNR gained over the start on held-out windows, and its standard error.
    """

    step: int
    minutes: float
    training: float
    validation: float
    gain_db: float
    gain_error_db: float


@dataclass(frozen=True)
class TrainingStarted:
    """All is ready: the held-out data were judged with the start.

    Attributes
    ----------
    device : str
    improvement_db : float
        How much nearer to the truth the start brings held-out images, dB.
    points : tuple of Point
        Of the curves: the start, and what there was before a stop.
    noisy, before : ndarray of float32, shape (Y, X)
        A held-out window in counts, and what the start makes of it.
    clean : ndarray of float32, shape (Y, X), or None
        What it is compared with.
    is_resumed : bool
        Whether a course that was stopped is gone on with.
    """

    device: str
    improvement_db: float
    points: tuple[Point, ...]
    noisy: NDArray[np.float32]
    before: NDArray[np.float32]
    clean: NDArray[np.float32] | None
    is_resumed: bool


@dataclass(frozen=True)
class StepDone:
    """One batch was learned from.

    Attributes
    ----------
    step : int
        From 1.
    progress : float
        Share of the course that is done.
    seconds : float
        Of training so far; pauses do not count.
    seconds_left : float
        Estimated from the pace so far.
    loss : float
    """

    step: int
    progress: float
    seconds: float
    seconds_left: float
    loss: float


@dataclass(frozen=True)
class StepTimed:
    """One step was taken only to see how long it takes.

    Attributes
    ----------
    done, total : int
        Steps.
    """

    done: int
    total: int


@dataclass(frozen=True)
class EpochDone:
    """The network was judged on held-out data.

    Attributes
    ----------
    point : Point
    gain : Gain
        Over the start.
    is_best : bool
        Whether it is the best so far.
    verdict : str
        What the curves say, a sentence.
    now : ndarray of float32, shape (Y, X)
        What it makes of the window of `TrainingStarted`, counts.
    """

    point: Point
    gain: Gain
    is_best: bool
    verdict: str
    now: NDArray[np.float32]


@dataclass(frozen=True)
class FineTuned:
    """A model, and how it came about.

    Attributes
    ----------
    model : NetworkModel
        The best one; the start itself if nothing was surely better.
    report : dict
        Plain data: what ``model.card.training`` holds.
    kept_start : bool
    summary : str
        A sentence.
    """

    model: NetworkModel
    report: dict[str, Any]
    kept_start: bool
    summary: str
