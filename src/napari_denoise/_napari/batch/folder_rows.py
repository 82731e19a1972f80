"""Which images, and where their results go: the first rows of the *Batch* panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.types import FileDialogMode
from magicgui.widgets import CheckBox, FileEdit, LineEdit
from psygnal import Signal

from napari_denoise._napari.batch import tooltips
from napari_denoise._napari.batch.request import Search
from napari_denoise._napari.messages import text_label
from napari_denoise.errors import OptionError

if TYPE_CHECKING:
    from magicgui.widgets import Widget

ALL = "*"
BETWEEN = ";"


class FolderRows:
    """Folder of images, pattern, what it finds, folder of the results."""

    changed = Signal()
    """Other files may be found now."""

    def __init__(self) -> None:
        self.source = _folder("Images", tooltips.SOURCE)
        self.pattern = LineEdit(label="Files", value=ALL, tooltip=tooltips.PATTERN)
        self.recursive = CheckBox(
            text="in the folders below, too", value=True, tooltip=tooltips.RECURSIVE
        )
        self.found = text_label()
        self.found.label = " "
        self.target = _folder("Results", tooltips.TARGET)
        for widget in (self.source, self.pattern, self.recursive, self.target):
            widget.changed.connect(self._on_changed)
        self.say("")

    @property
    def rows(self) -> list[Widget]:
        """In the order of the form."""
        return [self.source, self.pattern, self.recursive, self.found, self.target]

    def say(self, text: str) -> None:
        """Say what was found."""
        self.found.value = text or "No folder is chosen yet."

    def search(self) -> Search | None:
        """Return where to look for files; None while no folder is chosen."""
        source, target = _path(self.source), _path(self.target)
        if source is None:
            return None
        patterns = [part.strip() for part in str(self.pattern.value).split(BETWEEN)]
        wanted = tuple(part for part in patterns if part) or (ALL,)
        return Search(source, target or source, wanted, bool(self.recursive.value))

    def chosen(self) -> Search:
        """Return both folders.

        Raises
        ------
        OptionError
            If one of them is still to be chosen.
        """
        search = self.search()
        if search is None:
            raise OptionError("Choose the folder of images first.")
        if _path(self.target) is None:
            raise OptionError("Choose the folder that the results go to first.")
        return search

    def _on_changed(self, *_: Any) -> None:
        self.changed.emit()


def _folder(label: str, tooltip: str) -> FileEdit:
    edit = FileEdit(
        label=label, mode=FileDialogMode.EXISTING_DIRECTORY, tooltip=tooltip
    )
    edit.choose_btn.text = "…"
    edit.choose_btn.tooltip = "Choose a folder."
    edit.choose_btn.native.setMaximumWidth(36)
    return edit


def _path(edit: FileEdit) -> Path | None:
    text = str(edit.line_edit.value).strip()
    return Path(text).expanduser() if text else None
