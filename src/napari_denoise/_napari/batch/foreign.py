"""Files that only reader plugins of napari open, as images of a batch."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import FileError
from napari_denoise.files import (
    ChannelInfo,
    ImageFile,
    ImageInfo,
    is_image_path,
    open_image,
    series_names,
)
from napari_denoise.files.units import short_unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Layer = tuple[Any, dict[str, Any]]

NAPARI = "napari"
"""Its own reader takes photographs, tables, films and what not."""
NO_IMAGES = (
    *(".csv", ".html", ".ini", ".json", ".log", ".md", ".py", ".txt", ".xml"),
    *(".yaml", ".yml"),
)
"""Some readers take these, too; napari runs the ones that end in ``.py``."""
EVERYTHING = ("", "*", "*.*")

logger = logging.getLogger(__name__)


class AnyFormat:
    """Opens TIFF and OME-Zarr itself, and has reader plugins open other files."""

    def __init__(self) -> None:
        self._last: tuple[tuple[Path, int], list[Layer]] | None = None
        self._known: dict[str, bool] = {}  # by suffix: a folder may hold very many

    def __reduce__(self) -> tuple[type[AnyFormat], tuple[()]]:
        return AnyFormat, ()  # without the image that was read last

    def is_image(self, path: Path) -> bool:
        """Whether a path is, by its name and kind, an image that may be opened."""
        if is_image_path(path):
            return True
        if path.name.startswith("."):
            return False
        suffix = "".join(path.suffixes[-2:]).lower()
        if suffix not in self._known:
            self._known[suffix] = any(
                plugin != NAPARI and not set(patterns) <= set(EVERYTHING)
                for plugin, patterns in _readers(path)
            )
        return self._known[suffix] and not path.is_dir()

    def series_names(self, path: Path) -> list[str]:
        """Name the images that a file holds."""
        if not self._is_foreign(path):
            return series_names(path)
        return [str(told.get("name") or "") for _, told in self._layers(path)]

    @contextmanager
    def open_image(self, path: Path, series: int = 0) -> Iterator[ImageFile]:
        """Open one of them; it can be read until the block is left."""
        if self._is_foreign(path):
            data, told = self._layers(path)[series]
            yield _image_file(path, data, told)
        else:
            with open_image(path, series) as image:
                yield image

    def _is_foreign(self, path: Path) -> bool:
        if is_image_path(path) or not path.is_file():
            return False
        return bool(_readers(path))

    def _layers(self, path: Path) -> list[Layer]:
        """Read the images of a file; asked for three times, they are read once."""
        key = path, path.stat().st_mtime_ns
        if self._last is None or self._last[0] != key:
            self._last = None
            self._last = key, _read(path)
        return self._last[1]


def _readers(path: Path) -> list[tuple[str, list[str]]]:
    """List the plugins that may read a file, with the names that they take."""
    from npe2 import PluginManager

    if path.suffix.lower() in NO_IMAGES:
        return []
    found = PluginManager.instance().iter_compatible_readers([str(path)])
    return [(reader.plugin_name, list(reader.filename_patterns)) for reader in found]


def _read(path: Path) -> list[Layer]:
    from npe2.io_utils import read

    # napari's own reader comes last: it takes what it cannot read, too.
    plugins = sorted({plugin for plugin, _ in _readers(path)}, key=NAPARI.__eq__)
    trouble: list[str] = []
    for plugin in plugins:
        try:
            layers = read([str(path)], stack=False, plugin_name=plugin)
        except Exception as error:
            logger.debug("%s failed on %s", plugin, path, exc_info=True)
            trouble.append(f"{plugin}: {error}")
            continue
        images = [_layer(layer) for layer in layers if _is_image(layer)]
        if images:
            return images
        trouble.append(f"{plugin}: there is no image in it")
    raise FileError(f"{path} cannot be read ({'; '.join(trouble)}).")


def _is_image(layer: Any) -> bool:
    return layer[0] is not None and (len(layer) < 3 or layer[2] == "image")


def _layer(layer: Any) -> Layer:
    data, told = layer[0], dict(layer[1]) if len(layer) > 1 else {}
    if told.get("multiscale") or isinstance(data, list | tuple):
        data = data[0]
    if not all(hasattr(data, name) for name in ("shape", "dtype", "__getitem__")):
        data = np.asarray(data)
    return data, told


def _image_file(path: Path, data: Any, told: dict[str, Any]) -> ImageFile:
    axes, channel = _axes(data.shape, told)
    # All that a layer tells of its axes leaves out channels and colour samples.
    spatial = [a for i, a in enumerate(axes) if i != channel and a != "S"]
    scale, units, shift = (told.get(k) for k in ("scale", "units", "translate"))
    named = units if isinstance(units, list | tuple) else [units] * len(spatial)
    short = {a: short_unit(unit) for a, unit in zip(spatial, named, strict=False)}
    info = ImageInfo(
        name=_text(told.get("name")),
        spacing=_by_axis(spatial, scale),
        units={a: unit for a, unit in short.items() if unit and a in "TZYX"},
        origin={a: place for a, place in _by_axis(spatial, shift).items() if place},
        channels=_channels(data.shape, channel, told),
    )
    return ImageFile(path, data, axes, info)


def _axes(shape: tuple[int, ...], told: dict[str, Any]) -> tuple[str, int | None]:
    """Name the axes by what a layer says of them; Q where it does not."""
    samples = "S" if told.get("rgb") else ""
    count = len(shape) - len(samples)
    channel = told.get("channel_axis")
    channel = None if channel is None else int(channel) % len(shape)
    kept = count - (channel is not None)
    labels = [str(label).upper() for label in told.get("axis_labels") or ()]
    known = len(labels) == kept and {"Y", "X"} <= set(labels) <= set("TCZYX")
    if known and len(set(labels)) == kept:
        letters = "".join(labels)
    else:
        letters = {2: "YX"}.get(kept, "Q" * (kept - 2) + "YX" if kept > 2 else "Q")
    if channel is not None:
        letters = letters[:channel] + "C" + letters[channel:]
    return letters + samples, channel


def _channels(
    shape: tuple[int, ...], channel: int | None, told: dict[str, Any]
) -> tuple[ChannelInfo, ...]:
    names = told.get("name")
    if channel is None or not isinstance(names, list | tuple):
        return ()
    if len(names) != shape[channel]:
        return ()
    return tuple(ChannelInfo(name=str(name)) for name in names)


def _by_axis(axes: list[str], numbers: Any) -> dict[str, float]:
    values = [] if numbers is None else np.atleast_1d(numbers).tolist()
    if len(values) != len(axes):
        return {}
    return {a: float(v) for a, v in zip(axes, values, strict=True) if a in "TZYX"}


def _text(name: Any) -> str | None:
    return name if isinstance(name, str) and name else None
