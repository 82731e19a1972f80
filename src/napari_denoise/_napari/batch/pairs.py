"""An image and its result as two layers that read their files as they are looked at."""

from __future__ import annotations

import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from napari_denoise._napari.layers import METADATA_KEY
from napari_denoise.axes import resolve_axes
from napari_denoise.errors import AxesError
from napari_denoise.files.turned import in_order
from napari_denoise.provenance import read_provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_denoise.batch import FileRecord
    from napari_denoise.batch.reader import Reader
    from napari_denoise.files import ImageFile

    LayerTuple = tuple[Any, dict[str, Any], str]

LAYER_UNITS = {"µm": "um"}


def pair_steps(
    source: Path,
    target: Path,
    record: FileRecord,
    reader: Reader,
    cancelled: Callable[[], bool],
) -> Generator[None, None, list[LayerTuple]]:
    """Open an image and its result.

    Parameters
    ----------
    source, target : Path
        Folders of images and results.
    record : FileRecord
        Of the image; it has a result.
    reader : Reader
        Opens images.
    cancelled : callable
        Not looked at: files open fast, or hang where nothing is looked at.

    Returns
    -------
    list of tuple
        Data, properties and type of both layers; the files are closed when nobody
        holds the data any more.
    """
    from napari_denoise.batch.reader import OwnFormats

    yield
    result = target / record.output
    name = Path(record.file).name.partition(".")[0]
    name += f" {record.series}" if record.series else ""
    facts = read_provenance(result) | {"source": name, "out": str(result.absolute())}
    model = facts.get("model", "denoised")
    axes = facts.get("axes")
    noisy = _opened(reader, source / record.file, record.series, axes)
    clean = _opened(OwnFormats(), result, 0, axes, turned=True)
    limits = _limits(noisy[0])
    return [
        (noisy[0], {**noisy[1], "name": name, "contrast_limits": limits}, "image"),
        (
            clean[0],
            {
                **noisy[1],
                "name": f"{name} [{model}]",
                "contrast_limits": limits,
                "metadata": {METADATA_KEY: facts},
            },
            "image",
        ),
    ]


class Held:
    """Looks like an array, and keeps its file open as long as it is there.

    Parameters
    ----------
    data : array-like
        Of an open file.
    file : ExitStack
        Closes it.
    """

    def __init__(self, data: Any, file: ExitStack) -> None:
        self.shape, self.dtype, self.ndim = data.shape, data.dtype, len(data.shape)
        self._data = data
        weakref.finalize(self, file.close)

    def __getitem__(self, index: Any) -> Any:
        return self._data[index]


def _opened(
    reader: Reader,
    path: Path,
    series: int,
    axes: str | None,
    *,
    turned: bool = False,
) -> tuple[Any, dict[str, Any]]:
    """Return pixels and properties of a layer; a result may lie in another order."""
    with ExitStack() as stack:
        image = stack.enter_context(reader.open_image(path, series))
        letters, data = _letters(image, axes), image.data
        if turned and axes:
            letters, data = axes, in_order(image, axes)
        pixels = _lazy(Held(data, stack.pop_all()), letters)
    if "S" in letters and not letters.endswith("S"):
        place = letters.index("S")
        letters = letters.replace("S", "") + "S"
        pixels = np.moveaxis(pixels, place, -1)
    return pixels, _properties(image, letters, pixels.shape)


def _lazy(held: Held, axes: str) -> Any:
    """See it as a Dask array, a chunk per plane, which napari slices in any way."""
    import dask.array

    chunks = [
        size if axis in "YXS" else 1
        for axis, size in zip(axes, held.shape, strict=True)
    ]
    as_dask: Any = dask.array.from_array  # untyped
    # A name of its own: else Dask would read all pixels to make one.
    return as_dask(held, chunks=chunks, name=f"file-{uuid4().hex}", asarray=True)


def _letters(image: ImageFile, axes: str | None) -> str:
    try:
        return resolve_axes(image.data.shape, axes, image.axes)
    except AxesError:
        return image.axes


def _properties(
    image: ImageFile, letters: str, shape: tuple[int, ...]
) -> dict[str, Any]:
    """Say of a layer what its file says."""
    rgb = letters.endswith("S") and shape[-1] in (3, 4)
    axes, info = letters.removesuffix("S") if rgb else letters, image.info
    return {
        "rgb": rgb,
        "axis_labels": tuple(axes),
        "scale": [info.spacing.get(a, 1.0) for a in axes],
        "units": [
            LAYER_UNITS.get(unit, unit)
            for unit in (info.units.get(a, "pixel") for a in axes)
        ],
        "translate": [info.origin.get(a, 0.0) for a in axes],
    }


def _limits(pixels: Any) -> tuple[float, float]:
    """Find darkest and brightest in the middle plane."""
    middle = tuple(size // 2 for size in pixels.shape[:-2])
    if len(pixels.shape) > 2 and pixels.shape[-1] in (3, 4):
        middle = tuple(size // 2 for size in pixels.shape[:-3])
    plane = np.asarray(pixels[middle])
    finite = plane[np.isfinite(plane)]
    low, high = (finite.min(), finite.max()) if finite.size else (0, 1)
    return float(low), float(max(high, low + 1e-6 * (abs(low) + 1)))
