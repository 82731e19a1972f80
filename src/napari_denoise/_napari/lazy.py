"""Results in files: what they are told of a layer, and layer data that reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.files import OmeZarr, open_ome_zarr
from napari_denoise.files.folders import remove_folder
from napari_denoise.output import is_zarr, output_path

if TYPE_CHECKING:
    from napari_denoise._napari.layers import Snapshot


def calibrated(out: Any, source: Snapshot) -> Any:
    """Give a path that ends in ``.zarr`` the scale and units of a layer.

    Parameters
    ----------
    out : None, array-like, str, Path or OmeZarr
        As :func:`napari_denoise.denoise` takes it.
    source : Snapshot
        The layer to be denoised.

    Returns
    -------
    OmeZarr
        Or `out` as it is, where it is no such path.
    """
    if not isinstance(out, str | Path) or not is_zarr(out):
        return out
    # The colour samples of an RGB layer have no scale of their own.
    samples = 1 if source.state.get("rgb") else 0
    state = source.state
    units = [str(unit) for unit in state.get("units") or ()]
    return OmeZarr(
        out,
        scale=[*state["scale"], *[1.0] * samples],
        units=[*units, *[None] * samples] if units else None,
        translate=[*state["translate"], *[0.0] * samples],
    )


def result_pixels(data: Any, axes: str) -> Any:
    """Pixels of a result: those of a file are read when they are looked at.

    Parameters
    ----------
    data : array-like, str, Path or OmeZarr
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
    data : array-like, str, Path or OmeZarr
        As ``Denoised.data`` holds it, before a layer shows it.
    """
    path = output_path(data)
    if path is None:
        return
    if is_zarr(path):
        remove_folder(path)
    else:
        path.unlink(missing_ok=True)
