"""Noise measured once, over files that one camera took with one setting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.errors import DenoiseError, NoiseError
from napari_denoise.files.whole import whole
from napari_denoise.noise import NoiseModel, measure_windows, sample_windows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_denoise.batch.items import Item
    from napari_denoise.batch.reader import Reader
    from napari_denoise.noise import Window

MOST_FILES = 16
NAME = "shared_noise.json"


def shared_noise(
    items: Sequence[Item], axes: str | None, kept: Path, reader: Reader
) -> list[NoiseModel]:
    """Measure noise over many files, or remember what was measured before.

    It stays the same when files are added later, so that results stay comparable.

    Parameters
    ----------
    items : sequence of Item
        The files; up to 16 of them, spread over all, are read.
    axes : str or None
        As `denoise` takes them.
    kept : Path
        Folder where the models are kept for the next run.
    reader : Reader
        Opens the files.

    Returns
    -------
    list of NoiseModel
        One per channel.

    Raises
    ------
    NoiseError
        If none of the files can be read, or they differ in their channels.
    """
    path = kept / NAME
    known = _remembered(path, axes)
    if known:
        return known
    step = max(1, len(items) // MOST_FILES)
    models = _measure(items[::step][:MOST_FILES], axes, reader)
    kept.mkdir(parents=True, exist_ok=True)
    facts = {"axes": axes, "noise": [model.to_dict() for model in models]}
    with whole(path) as partial:
        partial.write_text(json.dumps(facts), encoding="utf-8")
    return models


def _measure(
    items: Sequence[Item], axes: str | None, reader: Reader
) -> list[NoiseModel]:
    """Pool windows of the same channel over files."""
    pooled: list[list[Window]] = []
    integer = True
    for item in items:
        try:
            with reader.open_image(item.source) as image:
                shape = image.data.shape
                layout = Layout(shape, resolve_axes(shape, axes, image.axes))
                found = [
                    _some(sample_windows(image.data, layout, channel), len(items))
                    for channel in layout.channels
                ]
                integer &= np.dtype(image.data.dtype).kind in "iu"
        except (DenoiseError, OSError):
            continue  # it is reported when its turn comes
        if pooled and len(found) != len(pooled):
            raise NoiseError(
                f"{item.name} has {len(found)} channels and others {len(pooled)}, so "
                "they cannot share one noise model: choose files by a pattern, or "
                "noise “auto”."
            )
        pooled = [
            a + b for a, b in zip(pooled or [[]] * len(found), found, strict=True)
        ]
    if not pooled:
        raise NoiseError("None of the files can be read, so their noise is not known.")
    return [measure_windows(windows, integer=integer) for windows in pooled]


def _some(windows: list[Window], files: int) -> list[Window]:
    """Keep a share of one file's windows, at least one."""
    count = max(1, -(-len(windows) // files))
    chosen = np.linspace(0, len(windows) - 1, count).round().astype(int)
    return [windows[i] for i in chosen]


def _remembered(path: Path, axes: str | None) -> list[NoiseModel]:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        same = facts["axes"] == axes
        return [NoiseModel.from_dict(m) for m in facts["noise"]] if same else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
