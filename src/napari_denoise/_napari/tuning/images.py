"""Rows that choose images: a layer, a folder, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit
from napari.layers import Image
from psygnal import Signal

from napari_denoise._napari.layer_inputs import UNCHOSEN, limit_width
from napari_denoise._napari.tuning import tooltips
from napari_denoise.errors import OptionError
from napari_denoise.sources import read_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from magicgui.widgets import Widget

FOLDER, FILE = "folder", "file"
PLACES = (("a folder …", FOLDER), ("a file …", FILE))


class ImageRows:
    """What images there are, and where.

    Parameters
    ----------
    label : str
        Of the first row; in small letters it is what a sentence calls the images.
    tooltip : str
        Of that row.
    layers : callable
        Returns the layers to choose from.
    """

    changed = Signal()

    def __init__(
        self, label: str, tooltip: str, layers: Callable[[], list[Image]]
    ) -> None:
        self._layers, self._kind = layers, label.lower()
        self.shown = True
        self.box = ComboBox(label=label, choices=self._choices, tooltip=tooltip)
        self.path = FileEdit(
            label=" ", mode=FileDialogMode.EXISTING_DIRECTORY, tooltip=tooltips.PATH
        )
        limit_width(self.box)
        self.box.changed.connect(self._on_box)
        self.path.changed.connect(self.changed.emit)
        self.update()

    @property
    def rows(self) -> list[Widget]:
        """In the order of the form."""
        return [self.box, self.path]

    @property
    def layer(self) -> Image | None:
        """The layer, if one is chosen."""
        chosen = self.box.value
        return chosen if isinstance(chosen, Image) else None

    @property
    def is_on_disk(self) -> bool:
        """Whether a folder or a file is wanted."""
        return self.box.value in (FOLDER, FILE)

    @property
    def name(self) -> str:
        """How a person calls them."""
        if self.layer is not None:
            return str(self.layer.name)
        return Path(self._path()).stem

    def choose(self, layer: Image) -> None:
        """Take a layer."""
        self.box.value = layer

    def source(self) -> Any:
        """Return pixels or a path, for any thread.

        Returns
        -------
        Source or Path

        Raises
        ------
        DenoiseError
            If nothing is chosen, or it is no image that can be denoised.
        """
        if self.layer is not None:
            return read_source(self.layer)
        if not self.is_on_disk:
            raise OptionError(f"Choose the {self._kind} images first.")
        path = self._path()
        if not path:
            place = self.box.value
            raise OptionError(f"Choose the {place} with the {self._kind} images first.")
        return Path(path)

    def update(self) -> None:
        """Show what matters."""
        self.box.visible = self.shown
        self.path.visible = self.shown and self.is_on_disk

    def show(self, shown: bool) -> None:
        """Show or hide the rows."""
        self.shown = shown
        self.update()

    def _path(self) -> str:
        given = str(self.path.value or "")
        return "" if given == "." else given

    def _on_box(self) -> None:
        if self.is_on_disk:
            modes = {
                FOLDER: FileDialogMode.EXISTING_DIRECTORY,
                FILE: FileDialogMode.EXISTING_FILE,
            }
            self.path.mode = modes[self.box.value]
        self.update()
        self.changed.emit()

    def _choices(self, _widget: Any) -> list[tuple[str, Any]]:
        layers = [(str(layer.name), layer) for layer in self._layers()]
        return [(UNCHOSEN, None), *layers, *PLACES]
