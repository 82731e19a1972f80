"""Patches as training would see them, to be looked at before it begins."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import PairsError
from napari_denoise.training.augmentation import parse_augmentation
from napari_denoise.training.check import accepted
from napari_denoise.training.course import Course
from napari_denoise.training.cuts import preview_patches
from napari_denoise.training.material import make_material
from napari_denoise.training.preparation import check_for, fields_of
from napari_denoise.training.targets import choose_target

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_denoise.training.check import PairChecked, PairReport

    Patch = tuple[NDArray[np.float32], NDArray[np.float32] | None]

COUNT = 8
FIELDS = 4
"""So many fields are read for them at the most."""


def patch_steps(
    noisy: Any,
    clean: Any = None,
    *,
    axes: str | None = None,
    noise: Any = "auto",
    target: str = "clean",
    augmentation: Any = "default",
    validation: float = 0.2,
    seed: int = 0,
    count: int = COUNT,
    report: PairReport | None = None,
) -> Generator[PairChecked, None, list[Patch]]:
    """Check pairs, unless that was done, and cut patches of them at random.

    Parameters
    ----------
    noisy, clean, axes, noise, target, augmentation, validation, seed
        As `fine_tune_steps` takes them.
    count : int
        How many patches.
    report : PairReport, optional
        Of a check of the same images.

    Yields
    ------
    PairChecked

    Returns
    -------
    list of (ndarray, ndarray or None)
        Noisy and clean, counts, float32, shape (side, side).

    Raises
    ------
    DenoiseError
        If the pairs are refused, or something else does not work.
    """
    towards = choose_target(target, has_clean=clean is not None)
    how = parse_augmentation(augmentation)
    if report is None:
        report = yield from check_for(
            noisy, clean, axes=axes, target=towards, noise=noise
        )
    fields = fields_of(accepted(report), towards, 0, noise)
    course = Course(target=towards, augmentation=how, seed=seed)
    cutter = make_material(fields, validation, course).cutter
    rng = np.random.default_rng(seed)
    training = cutter.split.training
    chosen = rng.permutation(len(training))[:FIELDS]
    read = [fields.load(training[n]) for n in chosen]
    loaded = [field for field in read if field is not None]
    if not loaded:
        raise PairsError(" ".join(fields.left_out.values()))
    return preview_patches(
        [cutter.cut(field, rng) for field in islice(cycle(loaded), count)],
        how,
        cutter.side,
        rng,
        count,
    )
