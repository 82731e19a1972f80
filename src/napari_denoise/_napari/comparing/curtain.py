"""The split of a curtain: where it is on the screen, and the mouse that drags it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_denoise._napari.view import camera

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Image
    from napari.viewer import Viewer

REACH = 8
"""How near to the line the mouse takes hold of it, in pixels of the screen."""
LINE = 3
"""Breadth of the line in pixels of the screen."""
BROAD = 4
"""A pixel of the image as broad as this on the screen is a line by itself."""
INSET = 0.02
"""How far inside the view a line is put that was left behind, as a fraction of it."""


class Split:
    """A line across a layer that the mouse can drag, in the pixels of that layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Shows the layer.
    layer : napari.layers.Image
        What is split.
    axis : int
        Axis of the layer that runs across the line.

    Attributes
    ----------
    dragged : Signal
        The mouse moved the line: number of pixels before it.
    """

    dragged = Signal(int)

    def __init__(self, viewer: Viewer, layer: Image, axis: int) -> None:
        self._viewer, self._layer, self._axis = viewer, layer, axis
        self._style: Any = None  # of the cursor, while it is another one
        self.at = 0

        # Functions, for napari asks of a callback whether it is a generator function.
        def on_press(viewer: Any, event: Any) -> Iterator[None]:
            yield from self._drag(event)

        def on_move(viewer: Any, event: Any) -> None:
            self._point(self._is_near(event))

        self._on_press, self._on_move = on_press, on_move
        viewer.mouse_drag_callbacks.append(on_press)
        viewer.mouse_move_callbacks.append(on_move)

    def close(self) -> None:
        """Leave the mouse alone."""
        self._point(False)
        viewer = self._viewer
        for callbacks, ours in (
            (viewer.mouse_drag_callbacks, self._on_press),
            (viewer.mouse_move_callbacks, self._on_move),
        ):
            if ours in callbacks:
                callbacks.remove(ours)

    @property
    def span(self) -> tuple[int, int]:
        """First pixel in view along the axis, and one after the last."""
        length = self._layer.data.shape[self._axis]
        ends = self._layer.corner_pixels[:, self._axis]
        first, last = (int(np.clip(end, 0, length)) for end in (ends[0], ends[1] + 1))
        return (first, last) if last - first > 1 else (0, length)

    def inside_view(self) -> int:
        """Where the line is, or the nearest place in view if it was left behind."""
        first, last = self.span
        if first <= self.at <= last:
            return self.at
        inset = max(1, round(INSET * (last - first)))
        return int(np.clip(self.at, first + inset, last - inset))

    def breadth(self) -> int:
        """How many pixels of the layer the line takes on the screen."""
        size = self._pixels_on_screen(1.0)
        return 1 if size >= BROAD else 2 * max(1, round(LINE / size / 2))

    def _pixels_on_screen(self, by: float) -> float:
        """How far apart on the screen two lines are."""
        ends = np.zeros((2, self._layer.ndim))
        ends[1, self._axis] = by
        worlds = [np.asarray(self._layer.data_to_world(end)) for end in ends]
        distance = np.linalg.norm(worlds[1] - worlds[0])
        return float(max(distance * camera(self._viewer).zoom, 1e-12))

    def _place(self, event: Any) -> float:
        """Coordinate of the mouse along the axis; pixels are centred on integers."""
        position = np.asarray(event.position)[-self._layer.ndim :]
        return float(self._layer.world_to_data(position)[self._axis]) + 0.5

    def _is_near(self, event: Any) -> bool:
        active = self._viewer.layers.selection.active
        # Whoever paints or draws does not mean this line.
        if active is not None and str(active.mode) != "pan_zoom":
            return False
        away = self._pixels_on_screen(abs(self._place(event) - self.at))
        return away <= REACH

    def _point(self, yes: bool) -> None:
        cursor = self._viewer.cursor
        if yes and self._style is None:
            self._style, cursor.style = cursor.style, "pointing"
        elif not yes and self._style is not None:
            cursor.style, self._style = self._style, None

    def _drag(self, event: Any) -> Iterator[None]:
        if event.button != 1 or event.modifiers or not self._is_near(event):
            return
        scene = camera(self._viewer)
        panned, scene.mouse_pan = scene.mouse_pan, False
        self._point(True)
        offset = self._place(event) - self.at
        try:
            yield
            while event.type == "mouse_move":
                event.handled = True
                self.dragged.emit(round(self._place(event) - offset))
                yield
        finally:
            scene.mouse_pan = panned
            self._point(False)
