"""OME-Zarr 0.5 out: written plane by plane, whole or not at all, and opened again."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import FileError, OptionError
from napari_denoise.files.calibration import ngff_unit
from napari_denoise.files.folders import whole_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

SUFFIX = ".zarr"
LEVEL = "0"
"""Name of the only resolution level."""
CHUNK = 1024
"""Longest side of a chunk in pixels: 1 to 4 MB for most types of pixels."""
ORDER = "TCSZYX"
"""Order of axes on disk: time, channel, space [NGFF 0.5]."""
KINDS = {"T": "time", "C": "channel", "S": "channel"}
PROVENANCE = "napari_denoise"
EXTRA = (
    "Zarr files need the packages zarr (3 or newer) and yaozarrs. Install them with: "
    "pip install “napari-denoise[zarr]”."
)


@dataclass(frozen=True)
class OmeZarr:
    """An OME-Zarr file to be written, as the `out` of :func:`napari_denoise.denoise`.

    Attributes
    ----------
    path : str or Path
        Of the folder; its name ends in ``.zarr``.
    scale : sequence of float, optional
        Distance between pixels, one number per axis of the image.
    units : sequence of (str or None), optional
        Of these, one per axis: ``"µm"``, ``"micrometer"``, ``"s"``, … Those that no
        length or time is measured in, such as ``"pixel"``, are left out.
    translate : sequence of float, optional
        Position of the first pixel in the same units.
    overwrite : bool
        Whether a Zarr folder of that name is replaced, once the new one is complete.
    """

    path: str | Path
    scale: Sequence[float] | None = None
    units: Sequence[str | None] | None = None
    translate: Sequence[float] | None = None
    overwrite: bool = False


def axes_on_disk(axes: str) -> str:
    """Return axes in the order that OME-Zarr wants.

    Parameters
    ----------
    axes : str
        Letters of TCZYXS. S, the colour samples, become channels.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        If there are channels and colour samples: OME-Zarr has one axis for both.
    """
    if {"C", "S"} <= set(axes):
        raise OptionError(
            "OME-Zarr has no room for channels (C) and colour samples (S) at once. "
            "Write this image to a TIFF file, or split its channels."
        )
    return "".join(sorted(axes, key=ORDER.index))


def require_zarr() -> tuple[Any, Any]:
    """Import what writes OME-Zarr: zarr, and yaozarrs' models of version 0.5.

    Raises
    ------
    OptionError
        If one of them is missing or too old.
    """
    try:
        import zarr
        from yaozarrs import v05
    except ImportError as error:
        raise OptionError(EXTRA) from error
    if not hasattr(zarr, "create_array"):
        raise OptionError(EXTRA)
    return zarr, v05


@contextmanager
def create_ome_zarr(
    target: OmeZarr, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
) -> Iterator[Any]:
    """Make an image of one resolution level that gets its name once it is complete.

    Parameters
    ----------
    target : OmeZarr
        Where to, and what is said of its space. A folder that is there must be one
        that may be replaced.
    shape : tuple of int
        Of the image.
    dtype : numpy.dtype
        Of the image.
    axes : str
        Letters of TCZYXS, one per axis of `shape`.

    Yields
    ------
    array-like
        Takes planes by assignment, indexed by the axes of the image.

    Raises
    ------
    OptionError
        If the extra ``zarr`` is not installed, or the axes do not fit into OME-Zarr.
    FileError
        If it cannot be written. Nothing is left then, nor when the block is left by
        any other error.
    """
    path = Path(target.path)
    with whole_folder(path) as partial:
        try:
            pixels = _create(partial, target, shape, dtype, axes)
        except OptionError:
            raise
        except (OSError, ValueError) as error:
            raise FileError(f"{path} cannot be written: {error}.") from error
        yield pixels


def open_ome_zarr(path: str | Path, axes: str) -> Any:
    """Open an image that :func:`create_ome_zarr` made, without reading its pixels.

    Parameters
    ----------
    path : str or Path
        Of the folder.
    axes : str
        As they were when it was written.

    Returns
    -------
    array-like
        In that order of axes: a Zarr array, or a Dask array where the order on disk
        is another one.
    """
    import zarr

    array = zarr.open_array(Path(path) / LEVEL, mode="r")
    disk = axes_on_disk(axes)
    if disk == axes:
        return array
    import dask.array

    as_dask: Any = dask.array.from_array  # untyped
    return as_dask(array, chunks=array.chunks).transpose(
        [disk.index(axis) for axis in axes]
    )


def keep_provenance(path: str | Path, provenance: dict[str, Any]) -> None:
    """Write how an image came about into its attributes.

    Parameters
    ----------
    path : str or Path
        Of the folder.
    provenance : dict
        Takes JSON. Becomes the attribute ``napari_denoise``.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    import zarr

    try:
        zarr.open_group(path, mode="r+").attrs[PROVENANCE] = provenance
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error}.") from error


def _create(
    path: Path, target: OmeZarr, shape: tuple[int, ...], dtype: np.dtype[Any], axes: str
) -> Any:
    zarr, models = require_zarr()
    disk = axes_on_disk(axes)
    order = [axes.index(axis) for axis in disk]
    described = _describe(target, axes, order)
    # The models check it: what they take is a valid image.
    image = models.Image.model_validate(described).model_dump(exclude_none=True)
    group = zarr.create_group(path, zarr_format=3, attributes={"ome": image})
    array = group.create_array(
        LEVEL,
        shape=[shape[i] for i in order],
        chunks=[min(shape[axes.index(a)], CHUNK) if a in "YX" else 1 for a in disk],
        dtype=dtype,
        dimension_names=[axis.lower() for axis in disk],
        compressors=zarr.codecs.BloscCodec(cname="zstd", clevel=3, shuffle="shuffle"),
    )
    return array if disk == axes else _Reordered(array, order)


def _describe(target: OmeZarr, axes: str, order: list[int]) -> dict[str, Any]:
    """Say it in the words of NGFF 0.5."""
    for values in (target.scale, target.translate, target.units):
        if values is not None and len(values) != len(axes):
            raise OptionError(
                f"scale, translate and units need {len(axes)} values for the axes "
                f"“{axes}”, one for each; got {len(values)}."
            )
    units = target.units or [None] * len(axes)
    scale = [1.0] * len(axes) if target.scale is None else target.scale
    transforms = [{"type": "scale", "scale": [float(scale[i]) for i in order]}]
    if target.translate is not None and any(target.translate):
        shift = [float(target.translate[i]) for i in order]
        transforms.append({"type": "translation", "translation": shift})
    level = {"path": LEVEL, "coordinateTransformations": transforms}
    return {
        "version": "0.5",
        "multiscales": [
            {
                "name": Path(target.path).name.removesuffix(SUFFIX),
                "axes": [_axis(axes[i], units[i]) for i in order],
                "datasets": [level],
            }
        ],
    }


def _axis(letter: str, unit: str | None) -> dict[str, str]:
    kind = KINDS.get(letter, "space")
    axis = {"name": letter.lower(), "type": kind}
    named = ngff_unit(kind, unit)
    return {**axis, "unit": named} if named else axis


class _Reordered:
    """Takes planes by the axes of the image into an array of another order."""

    def __init__(self, array: Any, order: list[int]) -> None:
        self._array = array
        self._order = order

    def __setitem__(self, index: tuple[int | slice, ...], plane: NDArray[Any]) -> None:
        sides = [i for i in self._order if isinstance(index[i], slice)]
        turned = plane if sides == sorted(sides) else plane.T
        self._array[tuple(index[i] for i in self._order)] = turned
