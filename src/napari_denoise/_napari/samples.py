"""Sample images: real, small, with licence, source and calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_denoise.samples import sample_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

LayerTuple = tuple[Any, dict[str, Any], str]

_HAGEN = {
    "licence": "CC0",
    "source": "Hagen et al. 2021, GigaScience 10(5) giab032, doi.org/10.5524/100888",
}
_NEUBIAS = {
    "licence": "CC-BY",
    "source": "NEUBIAS, github.com/NEUBIAS/training-resources",
}
_LYSOSOMES = {
    "licence": "MIT",
    "source": "BoHuangLab, github.com/BoHuangLab/Transfer-Learning-Denoising",
}
_CELLS3D = {
    "licence": "BSD-3-Clause",
    "source": "scikit-image cells3d, provided by the Allen Institute for Cell Science",
}


def actin_20x() -> list[LayerTuple]:
    """Actin through a 20× objective: high signal below, low signal on top."""
    return _pair("Actin 20×", "gigadb_actin-20x-noise1_{}_crop512.tif")


def actin_60x() -> list[LayerTuple]:
    """Actin through a 60× objective: high signal below, low signal on top."""
    return _pair("Actin 60×", "gigadb_actin-60x-noise1_{}_crop512.tif")


def mitochondria() -> list[LayerTuple]:
    """Mitochondria: high signal below, low signal on top."""
    return _pair("Mitochondria", "gigadb_mito-60x-noise1_{}_crop512.tif")


def membrane() -> list[LayerTuple]:
    """Cell membrane: high signal below, low signal on top."""
    return _pair("Membrane", "gigadb_membrane_{}_crop512.tif")


def nucleus() -> list[LayerTuple]:
    """Nuclei: high signal below, low signal on top."""
    return _pair("Nuclei", "gigadb_nucleus_{}.tif")


def cell_channels() -> list[LayerTuple]:
    """One cell in three channels, a layer each."""
    channels, pixel = _read("neubias_dna_microtubules_actin_cyx.tif")
    names = (("DNA", "cyan"), ("Microtubules", "magenta"), ("Actin", "yellow"))
    return [
        _image(plane, name, "YX", _NEUBIAS, pixel, colormap=colour, blending="additive")
        for plane, (name, colour) in zip(channels, names, strict=True)
    ]


def dna_stack() -> list[LayerTuple]:
    """DNA of mitotic cells in depth, channel 0 confocal and channel 1 widefield."""
    stack, voxel = _read("neubias_dna_confocal_widefield_zcyx.tif")
    return [_image(stack, "DNA", "ZCYX", _NEUBIAS, voxel)]


def lysosomes() -> list[LayerTuple]:
    """Lysosomes moving, 16 frames."""
    movie, pixel = _read("lysosome_2_t16.tif")
    return [_image(movie, "Lysosomes", "TYX", _LYSOSOMES, pixel)]


def nuclei_stack() -> list[LayerTuple]:
    """Nuclei in depth, noisy."""
    stack, voxel = _read("cells3d_nuclei_crop28x128x128.tif")
    return [_image(stack, "Nuclei 3D", "ZYX", _CELLS3D, voxel)]


def _pair(name: str, files: str) -> list[LayerTuple]:
    layers = []
    for signal in ("high", "low"):
        plane, pixel = _read(files.format(signal))
        layers.append(_image(plane, f"{name} {signal} signal", "YX", _HAGEN, pixel))
    return layers


def _image(
    data: NDArray[Any],
    name: str,
    axes: str,
    origin: dict[str, str],
    voxel: dict[str, float],
    **display: Any,
) -> LayerTuple:
    properties = {
        "name": name,
        "axis_labels": tuple(axes),
        "scale": [voxel.get(axis, 1.0) for axis in axes],
        "units": ["um" if axis in voxel else "pixel" for axis in axes],
        "metadata": dict(origin),
    }
    return data, properties | display, "image"


def _read(file: str) -> tuple[NDArray[Any], dict[str, float]]:
    """Pixels, and µm along each axis that the file calibrates."""
    import tifffile

    with tifffile.TiffFile(sample_path(file)) as tiff:
        pixels = tiff.asarray()
        header = tiff.imagej_metadata or {}
        resolution = tiff.pages.first.tags["XResolution"].value
    if header.get("unit") != "micron":
        return pixels, {}
    lateral = resolution[1] / resolution[0]
    return pixels, {"Z": header.get("spacing", 1.0), "Y": lateral, "X": lateral}
