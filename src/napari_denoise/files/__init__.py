"""Image files, with their axes and calibration."""

from napari_denoise.files.calibration import pixel_spacing
from napari_denoise.files.ome_zarr import OmeZarr, open_ome_zarr
from napari_denoise.files.tiff import (
    TiffImage,
    pixel_options,
    read_tiff,
    write_tiff,
)

__all__ = [
    "OmeZarr",
    "TiffImage",
    "calibration",
    "open_ome_zarr",
    "pixel_options",
    "pixel_spacing",
    "read_tiff",
    "write_tiff",
]
