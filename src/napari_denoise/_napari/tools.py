"""Three buttons beside a run: rank the models, assess a result, copy as Python."""

from __future__ import annotations

from magicgui.widgets import Container, PushButton
from psygnal import Signal

from napari_denoise._napari import tooltips


class ToolBar(Container):  # type: ignore[type-arg]
    """The buttons; what they do is the panel's business."""

    rank_requested = Signal()
    assess_requested = Signal()
    copy_requested = Signal()

    def __init__(self) -> None:
        self.rank = PushButton(text="Rank models", tooltip=tooltips.RANK)
        self.assess = PushButton(text="Assess", tooltip=tooltips.ASSESS)
        self.copy_code = PushButton(text="Copy as Python", tooltip=tooltips.COPY)
        super().__init__(
            widgets=[self.rank, self.assess, self.copy_code],
            layout="horizontal",
            labels=False,
        )
        self.margins = (6, 0, 0, 0)
        self.rank.clicked.connect(self.rank_requested.emit)
        self.assess.clicked.connect(self.assess_requested.emit)
        self.copy_code.clicked.connect(self.copy_requested.emit)

    def allow(self, *, image: bool, busy: bool) -> None:
        """Enable what can be done with or without an image, and during a run."""
        self.rank.enabled = self.assess.enabled = image and not busy
        self.copy_code.enabled = image
