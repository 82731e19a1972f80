"""A window with patches as training would see them, noisy above clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from napari_denoise._napari.tuning.pictures import Pictures, as_image, contrast_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_denoise.training.patch_preview import Patch

SIZE = (720, 260)
ABOUT = (
    "Drawn at random, as training draws them. Each column has a contrast of its own."
)
ALONE = "Drawn at random, as training draws them; there are no clean images."


class PatchesWindow(QDialog):
    """Shows a few patches beside the work.

    Parameters
    ----------
    parent : QWidget
        Stays below the window.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModal(False)
        self.setWindowTitle("Patches")
        self.resize(*SIZE)
        self.pictures = Pictures()
        self.about = QLabel()
        self.about.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(self.pictures, 1)
        column.addWidget(self.about)

    def show_patches(self, patches: Sequence[Patch]) -> None:
        """Show patches, in counts; those of a column belong together."""
        upper, lower = [], []
        for noisy, clean in patches:
            contrast = contrast_of(noisy if clean is None else clean)
            upper.append(("noisy", as_image(noisy, contrast)))
            if clean is not None:
                lower.append(("clean", as_image(clean, contrast)))
        self.about.setText(ABOUT if lower else ALONE)
        self.pictures.show_pictures([*upper, *lower], columns=len(upper))
        self.show()
        self.raise_()
