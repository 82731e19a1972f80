"""Rows for those who want more than a preset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, SpinBox
from psygnal import Signal

from napari_denoise._napari.form import DEVICES
from napari_denoise._napari.layer_inputs import limit_width
from napari_denoise._napari.tuning import tooltips
from napari_denoise._napari.tuning.augmenting import AugmentationRows

if TYPE_CHECKING:
    from magicgui.widgets import Widget

LOSSES = (
    ("squares (keeps the counts)", "mse"),
    ("absolute errors", "l1"),
    ("Charbonnier", "charbonnier"),
    ("structural similarity", "ssim"),
    ("features of a network", "perceptual"),
)
PARTS = (
    ("the whole network", "all"),
    ("its decoder", "decoder"),
    ("its first and last layers", "ends"),
)
ALONE = (
    ("by the measured noise", "recorrupted"),
    ("blind spots", "blind"),
)
LARGEST_SEED = 2**31 - 1


class AdvancedRows:
    """They show when the user wants more options."""

    changed = Signal()

    def __init__(self) -> None:
        self._shown = self._has_clean = self._is_alone = False
        self.untrained = CheckBox(
            text="from random weights", tooltip=tooltips.UNTRAINED
        )
        self.alone = ComboBox(label="Method", choices=ALONE, tooltip=tooltips.ALONE)
        self.loss = ComboBox(label="Loss", choices=LOSSES, tooltip=tooltips.LOSS)
        self.train = ComboBox(label="Learns", choices=PARTS, tooltip=tooltips.TRAIN)
        self.augmentation = AugmentationRows()
        self.validation = FloatSpinBox(
            label="Held out",
            value=0.2,
            min=0.05,
            max=0.5,
            step=0.05,
            tooltip=tooltips.VALIDATION,
        )
        self.dropout = FloatSpinBox(
            label="Dropout",
            value=0,
            min=0,
            max=0.9,
            step=0.05,
            tooltip=tooltips.DROPOUT,
        )
        self.seed = SpinBox(
            label="Seed", value=0, min=0, max=LARGEST_SEED, tooltip=tooltips.SEED
        )
        self.device = ComboBox(label="Device", choices=DEVICES, tooltip=tooltips.DEVICE)
        for box in (self.alone, self.loss, self.train, self.augmentation.preset):
            limit_width(box)
        for widget in (*self._plain, self.untrained, self.alone, self.loss):
            widget.changed.connect(self.changed.emit)
        self.augmentation.changed.connect(self.changed.emit)
        self.update()

    @property
    def rows(self) -> list[Widget]:
        """In the order of the form."""
        first: list[Widget] = [self.untrained, self.alone, self.loss, self.train]
        last: list[Widget] = [self.validation, self.dropout, self.seed, self.device]
        return [*first, *self.augmentation.rows, *last]

    def options(self) -> dict[str, Any]:
        """Return the options of ``fine_tune_steps`` that these inputs set."""
        return {
            # Towards noisy images only squares end at the clean one.
            "loss": self.loss.value if self._has_clean else "mse",
            "train": self.train.value,
            "augmentation": self.augmentation.value,
            "validation": float(self.validation.value),
            "dropout": float(self.dropout.value),
            "seed": int(self.seed.value),
            "device": self.device.value,
        }

    def show(self, *, shown: bool, has_clean: bool, is_alone: bool) -> None:
        """Show what matters.

        Parameters
        ----------
        shown : bool
            Whether any row is wanted.
        has_clean : bool
            Whether there are clean images: only then there is a choice of losses.
        is_alone : bool
            Whether there are noisy images only.
        """
        self._shown, self._has_clean, self._is_alone = shown, has_clean, is_alone
        self.update()

    def update(self) -> None:
        """Show or hide the rows."""
        for widget in (self.untrained, *self._plain):
            widget.visible = self._shown
        self.loss.visible = self._shown and self._has_clean
        self.alone.visible = self._shown and self._is_alone
        self.augmentation.show(self._shown)

    @property
    def _plain(self) -> list[Any]:
        return [self.train, self.validation, self.dropout, self.seed, self.device]
