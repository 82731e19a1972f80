"""Noise measured once, over files that one camera took with one setting."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.errors import NoiseError
from napari_denoise.files.whole import whole
from napari_denoise.measurement import stop_if
from napari_denoise.noise import NoiseModel, measure_windows, sample_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from napari_denoise.batch.items import Item
    from napari_denoise.batch.reader import Reader
    from napari_denoise.noise import Window

logger = logging.getLogger(__name__)

MOST_FILES = 16
NAME = "shared_noise.json"


def shared_noise(
    items: Sequence[Item],
    axes: str | None,
    search: Mapping[str, Any],
    kept: Path,
    reader: Reader,
    cancelled: Callable[[], bool] | None = None,
) -> list[NoiseModel]:
    """Measure noise over many files, or remember what was measured before.

    It stays the same when files are added later, so that results stay comparable;
    where other files are looked for, it is measured anew.

    Parameters
    ----------
    items : sequence of Item
        The files; up to 16 of them, spread over all, are read.
    axes : str or None
        As `denoise` takes them.
    search : mapping
        Which files are looked for, as `searched` tells it.
    kept : Path
        Folder where the models are kept for the next run.
    reader : Reader
        Opens the files.
    cancelled : callable, optional
        Looked at before each file.

    Returns
    -------
    list of NoiseModel
        One per channel.

    Raises
    ------
    NoiseError
        If none of the files can be read.
    Cancelled
        If `cancelled` became true.
    """
    path, asked = kept / NAME, {"axes": axes, **search}
    known = _remembered(path, asked)
    if known:
        return known
    places = np.linspace(0, len(items) - 1, min(len(items), MOST_FILES)).round()
    chosen = [items[int(place)] for place in places]
    models = _measure(chosen, axes, reader, cancelled or (lambda: False))
    kept.mkdir(parents=True, exist_ok=True)
    facts = {**asked, "noise": [model.to_dict() for model in models]}
    with whole(path) as partial:
        partial.write_text(json.dumps(facts), encoding="utf-8")
    return models


def searched(
    source: Path, patterns: Sequence[str], *, recursive: bool
) -> dict[str, Any]:
    """Say which files are looked for: the same for all ways to say the same.

    Parameters
    ----------
    source : Path
        The folder.
    patterns : sequence of str
        In any order; upper and lower case are the same.
    recursive : bool
        Whether folders below it are looked into.

    Returns
    -------
    dict
        Takes JSON.
    """
    names = sorted({pattern.lower() for pattern in patterns})
    return {"source": str(source.resolve()), "pattern": names, "recursive": recursive}


def _measure(
    items: Sequence[Item],
    axes: str | None,
    reader: Reader,
    cancelled: Callable[[], bool],
) -> list[NoiseModel]:
    """Pool windows of the same channel over the files that are alike."""
    pooled: dict[int, list[list[list[Window]]]] = defaultdict(list)
    integer = True
    for item in items:
        stop_if(cancelled)
        try:
            with reader.open_image(item.source) as image:
                shape = image.data.shape
                layout = Layout(shape, resolve_axes(shape, axes, image.axes))
                found = [
                    _some(sample_windows(image.data, layout, channel), len(items))
                    for channel in layout.channels
                ]
                integer &= np.dtype(image.data.dtype).kind in "iu"
        except Exception:  # whatever a reader runs into is told when its turn comes
            logger.debug("%s tells no noise", item.name, exc_info=True)
            continue
        pooled[len(found)].append(found)
    if not pooled:
        raise NoiseError("None of the files can be read, so their noise is not known.")
    # Those with another number of channels are told so when their turn comes.
    alike = max(pooled.values(), key=len)
    return [
        measure_windows([w for windows in channel for w in windows], integer=integer)
        for channel in zip(*alike, strict=True)
    ]


def _some(windows: list[Window], files: int) -> list[Window]:
    """Keep a share of one file's windows, at least one."""
    count = max(1, -(-len(windows) // files))
    chosen = np.linspace(0, len(windows) - 1, count).round().astype(int)
    return [windows[i] for i in chosen]


def _remembered(path: Path, asked: Mapping[str, Any]) -> list[NoiseModel]:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        models = [NoiseModel.from_dict(model) for model in facts.pop("noise")]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return models if facts == json.loads(json.dumps(asked)) else []
