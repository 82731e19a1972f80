"""The models that panels offer, and the news that one was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal
from qtpy.QtCore import Qt

from napari_denoise._napari.wording import describe_model
from napari_denoise.models import list_models
from napari_denoise.models.names import SUFFIX_3D
from napari_denoise.models.own import read_shelf

if TYPE_CHECKING:
    from magicgui.widgets import ComboBox

    from napari_denoise.models import ModelCard


class ModelNews:
    """Tells open panels of the user's own models; emit it on the main thread."""

    changed = Signal()


NEWS = ModelNews()
"""Whoever saves or removes a model emits ``NEWS.changed``."""


class OfferedModels:
    """The models to choose from, by name.

    Attributes
    ----------
    cards : dict of str to ModelCard
        Always the same object. A 3D model with a 2D sibling is not among them: it is
        chosen by its neighbours, under the name of its sibling.
    remarks : tuple of str
        Why some of the user's files are left out.
    """

    def __init__(self) -> None:
        self.cards: dict[str, ModelCard] = {}
        self.remarks: tuple[str, ...] = ()
        self._deep: set[str] = set()
        self.read()

    def read(self) -> bool:
        """Look which models there are, and say whether that is news."""
        every = {card.name: card for card in list_models()}
        remarks = read_shelf().remarks
        self._deep = {name for name, card in every.items() if card.ndim == 3}
        offered = {n: c for n, c in every.items() if not self._has_sibling(n, every)}
        if (offered, remarks) == (self.cards, self.remarks):
            return False
        self.cards.clear()
        self.cards.update(offered)
        self.remarks = remarks
        return True

    def is_deep(self, name: str) -> bool:
        """Whether a model that is offered looks at neighbours, and cannot but."""
        return name in self._deep

    def has_deep_form(self, name: str) -> bool:
        """Whether a 2D model that is offered has a sibling that does."""
        return name + SUFFIX_3D in self._deep

    def _has_sibling(self, name: str, every: dict[str, ModelCard]) -> bool:
        flat = every.get(name.removesuffix(SUFFIX_3D))
        return name in self._deep and flat is not None and flat.ndim == 2


def refill(box: ComboBox, offered: OfferedModels, tooltip: str) -> None:
    """Show the models that are offered now, in their order; the chosen one stays.

    Parameters
    ----------
    box : ComboBox
        Its choices are a function, and names of models.
    offered : OfferedModels
        What there is.
    tooltip : str
        Of the box; remarks are added. Each model in it has one of its own.
    """
    choose_anew(box)
    native = box.native
    for index in range(native.count()):
        about = describe_model(offered.cards[native.itemText(index)])
        native.setItemData(index, about, Qt.ItemDataRole.ToolTipRole)
    box.tooltip = "\n".join([tooltip, *offered.remarks])


def choose_anew(box: ComboBox) -> None:
    """Ask a box for its choices, in their order; what is chosen stays if it can."""
    chosen = box.value
    with box.changed.blocked():
        box.native.clear()  # magicgui would append what is new
        box.reset_choices()
        if chosen in box.choices:
            box.value = chosen
    if box.value != chosen:
        box.changed.emit(box.value)
