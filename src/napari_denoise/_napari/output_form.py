"""Of how much of the image, of which type and where the result is to be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit

from napari_denoise._napari import tooltips
from napari_denoise.errors import OptionError

if TYPE_CHECKING:
    from magicgui.widgets import Widget

WHOLE, IN_VIEW = "whole", "view"
PARTS = (("the whole image", WHOLE), ("only what is in view", IN_VIEW))
SAME = "source"
TYPES = (
    ("same as the image", SAME),
    ("uint8, 0 to 255", "uint8"),
    ("uint16, 0 to 65535", "uint16"),
    ("float32, fractions too", "float32"),
)
MEMORY, FILE = "memory", "zarr"
PLACES = (("a layer in memory", MEMORY), ("a file, for large data", FILE))
ENDINGS = (".ome.tif", ".ome.tiff", ".tif", ".tiff", ".zarr")
RESERVED = '%/\\:*?"<>|'
"""Characters that no name of a file may have, on one system or another."""


class OutputInputs:
    """The inputs that say what the result is; rows of the panel's form."""

    def __init__(self) -> None:
        self.part = ComboBox(label="Part", choices=PARTS, tooltip=tooltips.PART)
        self.dtype = ComboBox(label="Type", choices=TYPES, tooltip=tooltips.DTYPE)
        self.place = ComboBox(label="Result", choices=PLACES, tooltip=tooltips.RESULT)
        self.path = FileEdit(
            label="File",
            mode=FileDialogMode.OPTIONAL_FILE,
            filter="*.zarr *.tif",
            tooltip=tooltips.RESULT_FILE,
        )
        self.part.changed.connect(self.update)
        self.place.changed.connect(self.update)
        self.shown = False
        self.update()

    @property
    def rows(self) -> list[Widget]:
        """In the order of the form."""
        return [self.part, self.dtype, self.place, self.path]

    @property
    def only_in_view(self) -> bool:
        """Whether only a part of the image is wanted."""
        return bool(self.part.value == IN_VIEW)

    def show(self, shown: bool) -> None:
        """Show or hide the rows."""
        self.shown = shown
        self.update()

    def update(self) -> None:
        """Show what matters; a part is always a layer in memory."""
        self.part.visible = self.shown
        whole = self.shown and not self.only_in_view
        self.dtype.visible = self.place.visible = whole
        self.path.visible = whole and self.place.value == FILE

    def options(self, layer: str, several: bool) -> dict[str, Any]:
        """Return the options of ``denoise`` that these inputs set.

        Parameters
        ----------
        layer : str
            Name of the image.
        several : bool
            Whether the run is over several images: then each is written beside the
            file that was named, under its own name.

        Raises
        ------
        OptionError
            If a file is wanted and none was named.
        """
        if self.only_in_view:
            return {}
        chosen = {} if self.dtype.value == SAME else {"dtype": self.dtype.value}
        if self.place.value == FILE:
            chosen["out"] = self._target(layer, several)
        return chosen

    def _target(self, layer: str, several: bool) -> Path:
        path = Path(str(self.path.value or ""))
        if path == Path():
            raise OptionError("Choose the file that the result goes to.")
        ending = next((e for e in ENDINGS if path.name.lower().endswith(e)), "")
        stem = path.name[: len(path.name) - len(ending)]
        ending = path.name[len(stem) :] or ".zarr"
        if not several:
            return path.with_name(stem + ending)
        # No name of a layer comes out as another's.
        plain = "".join(f"%{ord(c):02X}" if c in RESERVED else c for c in layer)
        return path.with_name(f"{stem} {plain}{ending}")
