"""What opens the files of a batch: by default the formats of `napari_denoise.files`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from napari_denoise.files import is_image_path, open_image, series_names

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from napari_denoise.files import ImageFile


class Reader(Protocol):
    """Opens files; it must be possible to pickle it, for other machines."""

    def is_image(self, path: Path) -> bool:
        """Whether a path is, by its name and kind, an image that may be opened."""

    def series_names(self, path: Path) -> list[str]:
        """Name the images that a file holds."""

    def open_image(
        self, path: Path, series: int = 0
    ) -> AbstractContextManager[ImageFile]:
        """Open one of them; it can be read until the block is left."""


@dataclass(frozen=True)
class OwnFormats:
    """Opens what :mod:`napari_denoise.files` opens: TIFF and OME-Zarr."""

    def is_image(self, path: Path) -> bool:
        """Whether a path is, by its name and kind, an image that may be opened."""
        return is_image_path(path)

    def series_names(self, path: Path) -> list[str]:
        """Name the images that a file holds."""
        return series_names(path)

    def open_image(
        self, path: Path, series: int = 0
    ) -> AbstractContextManager[ImageFile]:
        """Open one of them; it can be read until the block is left."""
        return open_image(path, series)
