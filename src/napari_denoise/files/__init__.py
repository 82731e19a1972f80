"""Image files, streamed in and out, with their axes, calibration and channels."""

from napari_denoise.files.creating import create_image, read_mark
from napari_denoise.files.info import ChannelInfo, ImageFile, ImageInfo, ImageTarget
from napari_denoise.files.opening import (
    is_image_path,
    open_image,
    read_tiff,
    series_names,
    sibling_files,
)
from napari_denoise.files.zarr_writing import open_ome_zarr

__all__ = [
    "ChannelInfo",
    "ImageFile",
    "ImageInfo",
    "ImageTarget",
    "create_image",
    "is_image_path",
    "open_image",
    "open_ome_zarr",
    "read_mark",
    "read_tiff",
    "series_names",
    "sibling_files",
]
