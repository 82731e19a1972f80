"""Layers that are hidden for a while, and come back as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Layer


class HiddenLayers:
    """Hides layers, and shows again those that it hid and nobody else touched."""

    def __init__(self) -> None:
        self._layers: list[Layer] = []

    def hide(self, layers: Sequence[Layer]) -> None:
        """Hide these, and show again what was hidden before and is not among them.

        Parameters
        ----------
        layers : sequence of napari.layers.Layer
            Invisible ones are not touched, now or later.
        """
        wanted = set(map(id, layers))
        for layer in [layer for layer in self._layers if id(layer) not in wanted]:
            self._show(layer)
        self.add(layers)

    def add(self, layers: Sequence[Layer]) -> None:
        """Hide more layers.

        Parameters
        ----------
        layers : sequence of napari.layers.Layer
            Invisible ones are not touched, now or later.
        """
        for layer in layers:
            if layer.visible:
                layer.visible = False
                self._layers.append(layer)
                layer.events.visible.connect(self._on_visible)

    def restore(self) -> None:
        """Show all of them again."""
        self.hide([])

    def _show(self, layer: Layer) -> None:
        self._forget(layer)
        layer.visible = True

    def _forget(self, layer: Layer) -> None:
        layer.events.visible.disconnect(self._on_visible)
        self._layers = [other for other in self._layers if other is not layer]

    def _on_visible(self, event: Any) -> None:
        # Somebody else wants it otherwise, and has the last word.
        self._forget(event.source)
