"""Results in files: what they are told of a layer, and layer data that reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.axes import resolve_axes
from napari_denoise.files import ImageInfo, ImageTarget, open_ome_zarr
from napari_denoise.files.creating import is_zarr
from napari_denoise.files.units import short_unit
from napari_denoise.files.whole import remove
from napari_denoise.output import output_path

if TYPE_CHECKING:
    from napari_denoise._napari.layers import Snapshot


def calibrated(out: Any, source: Snapshot, axes: str | None) -> Any:
    """Have a file say what its layer says: scale, units and position.

    Parameters
    ----------
    out : None, array-like, str, Path or ImageTarget
        As :func:`napari_denoise.denoise` takes it.
    source : Snapshot
        The layer to be denoised.
    axes : str or None
        Letters of its axes, where they were given.

    Returns
    -------
    ImageTarget
        Or `out` as it is, where it is no path.
    """
    if not isinstance(out, str | Path):
        return out
    letters = resolve_axes(source.data.shape, axes, source.axes)
    # The colour samples of an RGB layer have no scale of their own.
    samples = "S" if source.state.get("rgb") else ""
    state, told = source.state, letters.removesuffix(samples)

    def by_letter(key: str) -> dict[str, Any]:
        values = zip(told, state.get(key) or (), strict=False)
        return {axis: value for axis, value in values if axis in "TZYX"}

    units = {a: short_unit(unit) for a, unit in by_letter("units").items()}
    info = ImageInfo(
        source.name,
        {axis: float(size) for axis, size in by_letter("scale").items()},
        {axis: unit for axis, unit in units.items() if unit},
        {axis: float(place) for axis, place in by_letter("translate").items()},
    )
    return ImageTarget(out, info)


def result_pixels(data: Any, axes: str) -> Any:
    """Pixels of a result: those of a file are read when they are looked at.

    Parameters
    ----------
    data : array-like, str, Path or ImageTarget
        As ``Denoised.data`` holds it.
    axes : str
        Of the image.

    Returns
    -------
    array-like
        Has these axes: a Zarr, Dask or memory-mapped array, or `data` itself.
    """
    path = output_path(data)
    if path is None:
        return data
    if is_zarr(path):
        return open_ome_zarr(path, axes)
    import tifffile

    return tifffile.memmap(path, mode="r")


def discard(data: Any) -> None:
    """Remove the file of a result that nobody wants any more.

    Parameters
    ----------
    data : array-like, str, Path or ImageTarget
        As ``Denoised.data`` holds it, before a layer shows it.
    """
    path = output_path(data)
    if path is not None:
        remove(path)
