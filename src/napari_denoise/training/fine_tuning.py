"""Fine-tune a model on one's own images: check, train, judge, keep the best."""

from __future__ import annotations

from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.devices import choose_device
from napari_denoise.errors import ModelError, OptionError
from napari_denoise.models import NetworkModel, load_model
from napari_denoise.models.names import SUFFIX_3D
from napari_denoise.noise import NoiseModel, estimate_noise
from napari_denoise.progress import run_to_end
from napari_denoise.training.augmentation import parse_augmentation
from napari_denoise.training.check import check_steps, leave_out_odd, refuse
from napari_denoise.training.course import BATCH, Course
from napari_denoise.training.events import PairsChecked
from napari_denoise.training.fields import Fields
from napari_denoise.training.loop import Loop
from napari_denoise.training.material import make_material
from napari_denoise.training.self_supervision import choose_judge, choose_objective
from napari_denoise.training.targets import (
    ALONE,
    BLIND,
    CLEAN,
    FRAMES,
    MEAN,
    choose_target,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_denoise.training.check import PairChecked
    from napari_denoise.training.events import FineTuning

LOOKED_AT = 8
"""Images whose noise is looked at before blind spots are used."""
RATE = 3e-4
RATE_ALONE = 1e-5
RATE_FROM_SCRATCH = 1e-3


def fine_tune(
    model: Any,
    noisy: Any,
    clean: Any = None,
    *,
    axes: str | None = None,
    noise: Any = "auto",
    target: str = "clean",
    steps: int | None = None,
    minutes: float | None = None,
    loss: str = "mse",
    train: str = "all",
    augmentation: Any = "default",
    validation: Any = 0.2,
    seed: int = 0,
    device: str = "auto",
    checkpoint: str | Path | None = None,
    dropout: float = 0.0,
    learning_rate: float | None = None,
    weight_decay: float = 0.01,
    batch: int = BATCH,
) -> NetworkModel:
    """Fine-tune a model on pairs of noisy and clean images, or on noisy ones alone.

    Parameters
    ----------
    model, noisy, clean
        As :func:`fine_tune_steps` takes them.
    axes, noise, target, steps, minutes, loss, train, augmentation, validation, seed
        As well.
    device, checkpoint, dropout, learning_rate, weight_decay, batch
        As well.

    Returns
    -------
    NetworkModel
        What was best on held-out data. If nothing was surely better than the start,
        that is the start. ``model.card.training`` tells what happened; `save_model`
        writes it to a file.

    Raises
    ------
    DenoiseError
        As :func:`fine_tune_steps`.
    """
    course = fine_tune_steps(
        model,
        noisy,
        clean,
        axes=axes,
        noise=noise,
        target=target,
        steps=steps,
        minutes=minutes,
        loss=loss,
        train=train,
        augmentation=augmentation,
        validation=validation,
        seed=seed,
        device=device,
        checkpoint=checkpoint,
        dropout=dropout,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        batch=batch,
    )
    return run_to_end(course).model


def fine_tune_steps(
    model: Any,
    noisy: Any,
    clean: Any = None,
    *,
    axes: str | None = None,
    noise: Any = "auto",
    target: str = "clean",
    steps: int | None = None,
    minutes: float | None = None,
    loss: str = "mse",
    train: str = "all",
    augmentation: Any = "default",
    validation: Any = 0.2,
    seed: int = 0,
    device: str = "auto",
    checkpoint: str | Path | None = None,
    dropout: float = 0.0,
    learning_rate: float | None = None,
    weight_decay: float = 0.01,
    batch: int = BATCH,
    stopped: Callable[[], bool] | None = None,
) -> FineTuning:
    """Fine-tune a model step by step, for a worker, a progress bar or a test.

    Parameters
    ----------
    model : str, Path or Model
        What to start from: a name that `list_models` gives, a model file, or a model;
        `new_model` makes one with random weights. Classical methods learn nothing.
    noisy : array-like, napari layer, path, or a list of these
        Noisy images; a path is an image file or a folder of them. Never changed.
    clean : the same, optional
        Clean images of the same fields, in the same order; files of two folders are
        matched by name. Without them training is self-supervised.
    axes : str, optional
        Letters of TCZYXS, one per axis of each image; by default what layers and files
        say, else YX or ZYX.
    noise : "auto", "none", float, NoiseModel or a sequence of these
        As `denoise` takes it. ``"auto"`` measures each channel of each image.
    target : {"clean", "mean", "frames", "recorrupted", "blind"}
        ``"clean"``: the clean images; without any, what is best without.
        ``"mean"``, ``"frames"``: `noisy` are repeated frames along T; each is compared
        with the mean of the others, or with another one (Noise2Noise).
        ``"recorrupted"``: the noisy images alone, each made into two whose noise is
        independent. ``"blind"``: each pixel from those around it, where noise
        is white and of no known kind.
    steps, minutes : int and float, optional
        Length of training; whichever ends first. Both None is 5 minutes. With `steps`,
        the same seed gives the same weights on one machine and number of threads.
    loss : {"mse", "l1", "charbonnier", "ssim", "perceptual"}
        ``"mse"`` keeps the counts; see docs/losses.md for what the others cost.
    train : {"all", "decoder", "ends"}
        What learns: the whole network, its decoder, or the layers next to the image.
    augmentation : "default", "none", Augmentation or mapping
        How patches are varied.
    validation : float or (noisy, clean)
        Share of the pairs that is held out, or of the only pair; or pairs of their
        own. What is held out is never trained on.
    seed : int
        Of everything that is random.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    checkpoint : str or Path, optional
        File that is written on the way; the same call goes on with it.
    dropout : float
        Share of channels left out at the bottleneck, 0 to 0.9.
    learning_rate, weight_decay : float
        Of AdamW; the rate by default 3e-4, from noisy images alone 1e-5, from random
        weights 1e-3.
    batch : int
        Patches in a step.
    stopped : callable, optional
        Looked at before each step; true ends training with what is best so far.

    Yields
    ------
    PairChecked, PairsChecked, TrainingStarted, StepDone, EpochDone

    Returns
    -------
    FineTuned

    Raises
    ------
    PairsError
        If the check refuses the pairs; it tells which and why.
    DenoiseError
        If an image, an option, the model, the device or a file does not work.
    """
    start = _network(model)
    towards = choose_target(target, has_clean=clean is not None)
    if start.network.ndim == 3 and towards in (FRAMES, MEAN):
        raise OptionError(
            f"“{start.name}” looks at neighbouring planes, which repeated frames are "
            "not. Start from a 2D model, such as “unet”."
        )
    rate = _usual_rate(start, towards) if learning_rate is None else learning_rate
    course = Course(
        target=towards,
        loss=loss,
        train=train,
        augmentation=parse_augmentation(augmentation),
        seed=seed,
        steps=steps,
        minutes=minutes,
        learning_rate=rate,
        weight_decay=weight_decay,
        dropout=dropout,
        batch=batch,
    )
    place = choose_device(device)
    share = _share(validation)
    radius = start.network.z_radius
    fields = yield from _checked(noisy, clean, axes, towards, noise, radius)
    judged: Fields | float = share
    if not share:
        their, own = validation
        if (own is None) != (clean is None):
            raise OptionError(
                "Pairs to validate on need what the pairs to train on have: clean "
                "images for both, or for neither."
            )
        judged = yield from _checked(their, own, axes, towards, noise, radius)
    if radius and all(key.position == 0 for key in fields.keys):
        raise OptionError(
            f"“{start.name}” looks at neighbouring planes, and these images have none. "
            f"Start from a 2D model, such as “{start.name.removesuffix(SUFFIX_3D)}”."
        )
    objective, judge_alone = None, None
    if towards in ALONE:  # refused where it does not work with such noise
        known = _noise_to_judge_by(fields, towards)
        objective = choose_objective(towards, known)
        judge_alone = choose_judge(towards, known)
    material = make_material(fields, judged, course)
    file = None if checkpoint is None else Path(checkpoint)
    stop = stopped or (lambda: False)
    loop = Loop(start, course, material, place, objective, judge_alone, file, stop)
    return (yield from loop.run())


def _checked(
    noisy: Any, clean: Any, axes: str | None, target: str, noise: Any, radius: int
) -> Generator[PairChecked | PairsChecked, None, Fields]:
    """Check pairs, refuse them or make fields of them."""
    towards = CLEAN if target in ALONE else target
    report = yield from check_steps(
        noisy, clean, axes=axes, target=towards, noise=noise
    )
    report = leave_out_odd(report)
    refuse(report)
    yield PairsChecked(report)
    return Fields(report.pairs, target, radius, noise, report.matches, report.noise)


def _noise_to_judge_by(fields: Fields, target: str) -> list[NoiseModel]:
    """Return the noise that is known, and for blind spots measure some of it.

    They are for noise of unknown kind, but whether it is white has to be known.
    """
    if target != BLIND:
        return fields.noise
    measured = list(fields.noise)
    for pair in fields.pairs[:LOOKED_AT]:
        image = pair.noisy.open()
        models = estimate_noise(image.data, axes=image.layout.axes)
        measured += models if isinstance(models, list) else [models]
    return measured


def _network(model: Any) -> NetworkModel:
    start = load_model(model)
    if not isinstance(start, NetworkModel):
        raise ModelError(
            f"“{start.name}” is a classical method: it has nothing to learn. Choose a "
            "network, such as “unet”."
        )
    return start


def _usual_rate(start: NetworkModel, target: str) -> float:
    if not start.spec.training.megapixels:
        return RATE_FROM_SCRATCH
    return RATE_ALONE if target in ALONE else RATE


def _share(validation: Any) -> float:
    """Return the share that is held out; 0 where there are pairs of their own."""
    if isinstance(validation, Real) and 0 < float(validation) < 1:
        return float(validation)
    if isinstance(validation, tuple | list) and len(validation) == 2:
        return 0.0
    raise OptionError(
        f"validation={validation!r} does not work: give a share such as 0.2, or noisy "
        "and clean images to validate on."
    )
