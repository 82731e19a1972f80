"""What a run over a folder is asked to do: the inputs of the *Batch* panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, ComboBox, Container

from napari_denoise._napari import tooltips as usual
from napari_denoise._napari.batch import tooltips
from napari_denoise._napari.batch.folder_rows import FolderRows
from napari_denoise._napari.batch.more_rows import MoreRows
from napari_denoise._napari.batch.request import BatchRequest
from napari_denoise._napari.batch.settings import RememberedBatch
from napari_denoise._napari.form import DEFAULT_MODEL
from napari_denoise._napari.labels import align_labels
from napari_denoise._napari.layer_inputs import limit_width
from napari_denoise._napari.measuring.numbers import (
    ALL_KNOWN,
    SIGMA_KNOWN,
    UNKNOWN,
    NoiseNumbers,
)
from napari_denoise._napari.messages import text_label
from napari_denoise._napari.offered_models import NEWS, OfferedModels, refill
from napari_denoise._napari.wording import describe_model

if TYPE_CHECKING:
    from magicgui.widgets import Widget

NOISES = (
    ("measured in each file", "auto"),
    ("measured once for all files", "shared"),
    SIGMA_KNOWN,
    ALL_KNOWN,
    UNKNOWN,
)


class BatchForm(Container):  # type: ignore[type-arg]
    """The inputs; what depends on another input shows and hides by itself."""

    def __init__(self) -> None:
        self._offered = OfferedModels()
        self.folders = FolderRows()
        self.numbers = NoiseNumbers()
        self.advanced = MoreRows(self._offered)
        super().__init__()
        # Appended, not passed: only so are the labels given one width.
        self.extend([*self.folders.rows, *self._how(), *self.advanced.rows])
        self.margins = (0, 0, 0, 0)
        self.numbers.fit_digits(None)
        self.model.changed.connect(self._on_model)
        self.noise.changed.connect(self._on_noise)
        self.more.changed.connect(self._on_more)
        NEWS.changed.connect(self.refresh_models)
        self.native.destroyed.connect(self._leave)
        self._on_model()
        self._on_noise()
        self._on_more()
        align_labels(self)

    def refresh_models(self) -> None:
        """Take up models that were saved or removed meanwhile."""
        if self._offered.read():
            refill(self.model, self._offered, usual.MODEL)
            self._on_model()

    def request(self) -> BatchRequest:
        """Read the inputs.

        Raises
        ------
        DenoiseError
            If something is still to be chosen.
        """
        search = self.folders.chosen()
        noise = self.numbers.option(str(self.noise.value))
        chosen = {"model": str(self.model.value), "noise": noise}
        return BatchRequest(search, chosen | self.advanced.options())

    def recall(self) -> None:
        """Set the inputs as they were last time."""
        found = RememberedBatch.read(models=self._offered.cards)
        self.model.value, self.noise.value = found.model, found.noise
        more, usually = self.advanced, RememberedBatch()
        more.form.value, more.assess.value = found.form, found.assess
        more.dtype.value, more.device.value = found.dtype, found.device
        # What is not as usual must be seen.
        unusual = ("form", "assess", "dtype", "device")
        self.more.value = any(
            getattr(found, name) != getattr(usually, name) for name in unusual
        )

    def remember(self) -> None:
        """Keep for the next time what does not belong to one folder alone."""
        noise, more = str(self.noise.value), self.advanced
        RememberedBatch(
            model=str(self.model.value),
            noise="shared" if noise == "shared" else "auto",
            form=str(more.form.value),
            assess=str(more.assess.value),
            dtype=str(more.dtype.value),
            device=str(more.device.value),
        ).write()

    def _how(self) -> list[Widget]:
        cards = self._offered.cards
        self.model = ComboBox(label="Model", choices=lambda _box: list(cards))
        refill(self.model, self._offered, usual.MODEL)
        if DEFAULT_MODEL in cards:
            self.model.value = DEFAULT_MODEL
        self.card = text_label()
        self.card.label = " "
        self.noise = ComboBox(label="Noise", choices=NOISES, tooltip=tooltips.NOISE)
        limit_width(self.noise)
        self.more = CheckBox(text="more options", tooltip=tooltips.MORE)
        return [self.model, self.card, self.noise, *self.numbers.rows, self.more]

    def _on_model(self) -> None:
        name = str(self.model.value)
        self.card.value = describe_model(self._offered.cards[name])
        self.advanced.follow_model(name)

    def _on_noise(self) -> None:
        self.numbers.show(str(self.noise.value))

    def _on_more(self) -> None:
        self.advanced.show(bool(self.more.value))

    def _leave(self) -> None:
        NEWS.changed.disconnect(self.refresh_models)
