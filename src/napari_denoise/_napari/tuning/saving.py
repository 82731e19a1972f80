"""A name for what was learnt, and where it goes from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, Container, Label, LineEdit, PushButton
from napari.utils.notifications import show_info, show_warning
from psygnal import Signal
from qtpy.QtWidgets import QSizePolicy

from napari_denoise._napari.offered_models import NEWS
from napari_denoise._napari.tuning import tooltips
from napari_denoise._napari.tuning.wording import suggest_name
from napari_denoise.errors import DenoiseError
from napari_denoise.models.own import own_models

if TYPE_CHECKING:
    from napari_denoise.models.model import NetworkModel


LEAST_WIDTH = 80


class SaveForm(Container):  # type: ignore[type-arg]
    """Name, *Save*, and *Denoise with it*; hidden while there is nothing to save.

    Attributes
    ----------
    saved, failed : Signal
        A name; a sentence.
    use_requested : Signal
        Name of the model that is to be chosen in the Denoise panel.
    """

    saved = Signal(str)
    failed = Signal(str)
    use_requested = Signal(str)

    def __init__(self) -> None:
        self._model: NetworkModel | None = None
        self._from = ("", "")
        self._saved_as = ""
        self.box = LineEdit(tooltip=tooltips.NAME)
        self.replace = CheckBox(text="replace", tooltip=tooltips.REPLACE)
        self.save = PushButton(text="Save", tooltip=tooltips.SAVE)
        self.use = PushButton(text="Denoise with it", tooltip=tooltips.USE)
        super().__init__(
            widgets=[
                Label(value="Save as"),
                self.box,
                self.replace,
                self.save,
                self.use,
            ],
            layout="horizontal",
            labels=False,
        )
        self.margins = (6, 0, 0, 0)
        # Or else a long name widens the panel, and that the whole window.
        policy = QSizePolicy.Policy
        self.box.native.setSizePolicy(policy.Ignored, policy.Fixed)
        self.box.native.setMinimumWidth(LEAST_WIDTH)
        for button in (self.save, self.use):
            button.native.setSizePolicy(policy.Maximum, policy.Fixed)
        self.box.changed.connect(self._show)
        self.save.clicked.connect(self._on_save)
        self.use.clicked.connect(lambda: self.use_requested.emit(self._saved_as))
        self.visible = False
        self._show()

    @property
    def is_unsaved(self) -> bool:
        """Whether there is a model that would be lost."""
        return self._model is not None and not self._saved_as

    def offer(self, model: NetworkModel, start: str, images: str) -> None:
        """Offer to save a model; one that was offered before, and not saved, is kept.

        Parameters
        ----------
        model : NetworkModel
            That was fine-tuned.
        start, images : str
            Names of what it started from, and of the noisy images.
        """
        if self.keep():
            NEWS.changed.emit()
        self._model, self._from, self._saved_as = model, (start, images), ""
        self.replace.value = False
        self.box.value = self._free_name()
        self.box.native.setCursorPosition(0)
        self._show()
        self.visible = True  # last: room that is taken for a moment is kept

    def keep(self) -> bool:
        """Save what would be lost under a free name, and tell.

        Returns
        -------
        bool
            Whether a model was saved. No widget is touched: they may be gone.
        """
        from napari_denoise.models.own import save_own_model

        model, self._model = self._model, None
        if model is None or self._saved_as:
            return False
        name = self._free_name()
        try:
            save_own_model(model, name)
        except DenoiseError as error:
            show_warning(f"The fine-tuned model is lost: {error}")
            return False
        show_info(f"The fine-tuned model was saved as “{name}”.")
        return True

    def _free_name(self) -> str:
        taken = {card.name for card in own_models()}
        return suggest_name(*self._from, taken)

    def _show(self) -> None:
        name = str(self.box.value).strip()
        is_saved = bool(self._saved_as) and name == self._saved_as
        self.replace.visible = not is_saved and _is_there(name)
        self.save.visible, self.use.visible = not is_saved, is_saved

    def _on_save(self) -> None:
        from napari_denoise.models.own import save_own_model

        if self._model is None:
            return
        name = str(self.box.value).strip()
        may_replace = bool(self.replace.value) and _is_there(name)
        try:
            save_own_model(self._model, name, overwrite=may_replace)
        except DenoiseError as error:
            self.failed.emit(str(error))
            return
        self._saved_as = name
        NEWS.changed.emit()
        self._show()
        self.saved.emit(name)


def _is_there(name: str) -> bool:
    return name in {card.name for card in own_models()}
