"""Folders of images: found, denoised one by one or on many machines, reported."""

from napari_denoise.batch.options import BatchOptions
from napari_denoise.batch.records import BatchReport, FileRecord
from napari_denoise.batch.steps import batch_steps, denoise_folder

__all__ = [
    "BatchOptions",
    "BatchReport",
    "FileRecord",
    "batch_steps",
    "denoise_folder",
]
