"""The one gateway to napari's layers: what is read of them, what a result becomes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

from napari_denoise._napari.lazy import calibrated, result_pixels
from napari_denoise.errors import ImageError
from napari_denoise.output import output_path
from napari_denoise.sources import layer_pixels, read_source

if TYPE_CHECKING:
    from collections.abc import Container

    from napari.layers import Image
    from napari.types import LayerDataTuple

    from napari_denoise.denoising import Denoised

METADATA_KEY = "napari_denoise"


@dataclass(frozen=True)
class Snapshot:
    """What a run needs of a layer; holds no layer, so any thread may have it.

    Attributes
    ----------
    name : str
        Name of the layer.
    data : array-like
        Its pixels; level 0 of a multiscale layer. Numpy, dask or zarr, not copied.
    axes : str or None
        One letter per axis of `data`; None where the layer does not say.
    state : dict
        Spatial and display properties, as ``viewer.add_image`` takes them.
    """

    name: str
    data: Any
    axes: str | None
    state: dict[str, Any]


def axes_choices(layer: Image) -> list[str]:
    """Axes that an unlabelled layer may have, the most usual first."""
    samples = "S" if layer.rgb else ""
    leading = layer.ndim - 2
    choices = ["".join(p) + "YX" + samples for p in permutations("ZTC", leading)]
    if _ends_like_colours(layer):
        choices += ["".join(p) + "YXC" for p in permutations("ZT", leading - 1)]
    return choices


def likely_axes(layer: Image) -> str | None:
    """``"ZYX"`` for an unlabelled stack; None where nothing is likely enough."""
    if layer.ndim == 3 and not layer.rgb and not _ends_like_colours(layer):
        return "ZYX"
    return None


def _ends_like_colours(layer: Image) -> bool:
    return not layer.rgb and layer.ndim > 2 and layer_pixels(layer).shape[-1] in (3, 4)


def snapshot(layer: Image) -> Snapshot:
    """Read a layer on the main thread.

    Parameters
    ----------
    layer : napari.layers.Image
        An image layer; it may change or vanish afterwards.

    Returns
    -------
    Snapshot
        Pixels, axes and properties.

    Raises
    ------
    ImageError
        If it is no image layer, or one of pixels that cannot be denoised.
    """
    if not hasattr(layer, "as_layer_data_tuple"):
        raise ImageError(
            f"denoise_layer takes a napari image layer, not {type(layer).__name__}; "
            "for arrays use denoise."
        )
    source = read_source(layer)
    state = dict(layer.as_layer_data_tuple()[1])
    state["multiscale"] = False
    state.pop("locked_data_level", None)
    return Snapshot(str(layer.name), source.data, source.labels, state)


def is_result(layer: Image) -> bool:
    """Whether a layer came out of a run."""
    return METADATA_KEY in layer.metadata


def is_part(layer: Image) -> bool:
    """Whether a layer is the result of only what was in view."""
    return "part" in layer.metadata.get(METADATA_KEY, {})


def unique_name(name: str, taken: Container[str]) -> str:
    """`name`, numbered as napari does it if it is taken already."""
    number, candidate = 0, name
    while candidate in taken:
        number += 1
        candidate = f"{name} [{number}]"
    return candidate


def result_tuple(
    denoised: Denoised, source: Snapshot, taken: Container[str] = ()
) -> LayerDataTuple:
    """Layer data of a result: everything of the source layer but its pixels.

    Parameters
    ----------
    denoised : Denoised
        What the core returned.
    source : Snapshot
        The layer that was denoised.
    taken : container of str
        Names of layers that exist; a result replaces nothing.

    Returns
    -------
    LayerDataTuple
        Named ``"SOURCE [MODEL]"``, with ``metadata["napari_denoise"]``. The pixels of
        a result in a file, which is ``"out"`` there, are read as they are looked at.
    """
    provenance = {**denoised.provenance, "source": source.name}
    path = output_path(denoised.data)
    if path is not None:
        provenance["out"] = str(path.absolute())
    pixels = result_pixels(denoised.data, provenance["axes"])
    name = unique_name(f"{source.name} [{provenance['model']}]", taken)
    # The state holds the source layer's own metadata: add to a copy of it.
    metadata = {**source.state["metadata"], METADATA_KEY: provenance}
    state = {**source.state, "name": name, "metadata": metadata, "visible": True}
    return pixels, state, "image"


def denoise_layer(layer: Image, model: Any = "unet", **options: Any) -> LayerDataTuple:
    """Denoise a napari layer and keep everything else of it.

    Parameters
    ----------
    layer : napari.layers.Image
        Gray, multichannel or RGB; of a multiscale layer, level 0. Unchanged.
    model : str, path or Model
        As for :func:`napari_denoise.denoise`.
    **options
        Options of :func:`napari_denoise.denoise`: `axes`, `noise`, `strength`,
        `neighbours`, `device`, `tile`, `dtype`, `out`. `axes` is taken from the
        layer's axis labels unless it is given. A path as `out` makes the result a
        layer that reads the file piece by piece; the file is told the layer's scale
        and units.

    Returns
    -------
    LayerDataTuple
        ``(data, properties, "image")``, for ``napari.layers.Layer.create(*result)``.

    Raises
    ------
    DenoiseError
        If the layer cannot be denoised; the message says what to do.

    Examples
    --------
    >>> from napari.layers import Layer
    >>> viewer.add_layer(Layer.create(*denoise_layer(viewer.layers[0])))
    """
    from napari_denoise.denoising import denoise_steps, run_to_end

    source = snapshot(layer)
    options.setdefault("axes", source.axes)
    options["out"] = calibrated(options.get("out"), source, options["axes"])
    denoised = run_to_end(denoise_steps(source.data, model, **options))
    return result_tuple(denoised, source, _names_in_use())


def _names_in_use() -> set[str]:
    """Names of the current viewer's layers; napari is not imported for that."""
    napari = sys.modules.get("napari")
    viewer = napari.current_viewer() if napari else None
    return {layer.name for layer in viewer.layers} if viewer else set()
