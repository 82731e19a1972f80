"""Image files, with their axes and calibration."""

from napari_denoise.files.tiff import TiffImage, pixel_options, read_tiff, write_tiff

__all__ = ["TiffImage", "pixel_options", "read_tiff", "write_tiff"]
