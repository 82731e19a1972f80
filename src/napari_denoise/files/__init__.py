"""Image files, with their axes and calibration."""

from napari_denoise.files.tiff import TiffImage, read_tiff, write_tiff

__all__ = ["TiffImage", "read_tiff", "write_tiff"]
