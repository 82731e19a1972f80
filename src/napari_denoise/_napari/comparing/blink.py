"""A key that does something while it is held, without taking it from anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app_model.types import KeyBinding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari.viewer import Viewer

KEYS = ("B", "N", "J", "U", "H", "K", "F8")
"""Keys for blinking, the best first."""


class HeldKey:
    """The first free key of some, bound to the viewer until it is closed.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose key it is.
    on_held : callable
        Called with True when the key goes down, with False when it comes up.

    Attributes
    ----------
    name : str
        The key, empty if all are taken.
    """

    def __init__(self, viewer: Viewer, on_held: Callable[[bool], None]) -> None:
        self._viewer = viewer
        self._bound: Any = None
        self.name = next((key for key in KEYS if _is_free(viewer, key)), "")

        def hold(viewer: Any) -> Iterator[None]:
            on_held(True)
            yield
            on_held(False)

        if self.name:
            self._bound = hold
            viewer.bind_key(self.name, hold)

    def close(self) -> None:
        """Give the key back; who bound it to something else meanwhile keeps it."""
        keymap = self._viewer.keymap
        key = KeyBinding.from_str(self.name) if self.name else None
        if key is not None and keymap.get(key) is self._bound:
            self._viewer.bind_key(self.name, None)
        self._bound, self.name = None, ""


def _is_free(viewer: Viewer, name: str) -> bool:
    """Whether neither the viewer nor any of its layers does something with a key."""
    key = KeyBinding.from_str(name)
    for owner in (viewer, *viewer.layers):
        if key in owner.keymap:
            return False
        if any(key in getattr(kind, "class_keymap", ()) for kind in type(owner).mro()):
            return False
    return True
