"""Fine-tune a model on one's own images: check, train, judge, keep the best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.devices import choose_device
from napari_denoise.progress import run_to_end
from napari_denoise.training.augmentation import parse_augmentation
from napari_denoise.training.course import BATCH, Course
from napari_denoise.training.loop import Loop
from napari_denoise.training.material import make_material
from napari_denoise.training.preparation import (
    Asked,
    check_validation,
    choose_start,
    how_alone,
    usual_rate,
)
from napari_denoise.training.targets import choose_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_denoise.models import NetworkModel
    from napari_denoise.training.events import FineTuning
    from napari_denoise.training.fields import Fields


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
    start = choose_start(model)
    towards = choose_target(target, has_clean=clean is not None)
    rate = usual_rate(start, towards) if learning_rate is None else learning_rate
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
    held_out = check_validation(validation, has_clean=clean is not None)
    asked = Asked(start, axes, towards, noise)
    fields = yield from asked.fields(noisy, clean)
    judged: Fields | float
    if isinstance(held_out, float):
        judged = held_out
    else:
        judged = yield from asked.fields(*held_out)
    alone = how_alone(fields, towards)
    material = make_material(fields, judged, course)
    file = None if checkpoint is None else Path(checkpoint)
    loop = Loop(start, course, material, place, alone, file, stopped or _never)
    return (yield from loop.run())


def _never() -> bool:
    return False
