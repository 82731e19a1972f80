"""The line of a curtain: slider, mouse and view put it where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QTimer

from napari_denoise._napari.comparing.curtain import Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_denoise._napari.comparing.form import CompareForm
    from napari_denoise._napari.comparing.pictures import CurtainPicture

PAUSE_MS = 100
"""The view is looked at once it has been still for so long."""


def timer(form: CompareForm, milliseconds: int, slot: Callable[[], None]) -> QTimer:
    """Make a timer that waits for changes to end, and goes with the form."""
    waiting = QTimer(form.native)
    waiting.setSingleShot(True)
    waiting.setInterval(milliseconds)
    waiting.timeout.connect(slot)
    return waiting


class Line:
    """Joins what moves the line of a curtain with the picture that it divides.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Shows the layer.
    form : CompareForm
        Has the slider.
    layer : napari.layers.Image
        Shows the picture.
    picture : CurtainPicture
        Is divided.
    """

    def __init__(
        self, viewer: Viewer, form: CompareForm, layer: Image, picture: CurtainPicture
    ) -> None:
        self._form, self._layer, self._picture = form, layer, picture
        self._split = Split(viewer, layer, picture.axis)
        self._look = timer(form, PAUSE_MS, self._follow_view)
        self._split.dragged.connect(self._on_dragged)
        layer.events.contrast_limits.connect(self._draw)
        form.split.changed.connect(self._on_slider)
        self._on_slider(form.split.value)
        self._draw()
        self._look.start()

    @property
    def at(self) -> int:
        """Pixels before the line."""
        return self._split.at

    @property
    def span(self) -> tuple[int, int]:
        """First pixel in view across the line, and one after the last."""
        return self._split.span

    def close(self) -> None:
        """Let go of mouse and slider."""
        self._look.stop()
        self._form.split.changed.disconnect(self._on_slider)
        self._split.close()

    def take(self, picture: CurtainPicture) -> None:
        """Divide another picture, where it says."""
        self._picture = picture
        self._split.at = picture.at
        self._look.start()

    def look(self) -> None:
        """Follow the view, once it is still."""
        self._look.start()

    def _on_slider(self, fraction: float) -> None:
        first, last = self._split.span
        self._move(first + round(fraction * (last - first)))

    def _on_dragged(self, at: int) -> None:
        self._move(int(np.clip(at, *self._split.span)))
        self._tell_slider()

    def _move(self, at: int) -> None:
        self._picture.move(at)
        self._split.at = self._picture.at
        redraw(self._layer)

    def _tell_slider(self) -> None:
        first, last = self._split.span
        with self._form.split.changed.blocked():
            self._form.split.value = (self._split.at - first) / (last - first)

    def _follow_view(self) -> None:
        """Fetch the line into the view, as broad as it was on the screen."""
        self._draw()
        self._move(self._split.inside_view())
        self._tell_slider()

    def _draw(self, *_: Any) -> None:
        dark, bright = self._layer.contrast_limits
        if self._layer.rgb:
            dark, bright = 0, 255 if self._picture.dtype.kind in "iu" else 1
        self._picture.draw_line(self._split.breadth(), (dark, bright))
        redraw(self._layer)


def redraw(layer: Image) -> None:
    """Show the plane again, without what napari would compute besides."""
    layer.refresh(thumbnail=False, highlight=False, extent=False)
