"""Draw the pictures of the panel: ``python docs/make_screenshots.py`` on a display.

Without a screen: ``xvfb-run -a -s "-screen 0 1400x1000x24" python
docs/make_screenshots.py``.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QApplication

from napari_denoise._napari.launch import open_viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from qtpy.QtWidgets import QMenu

STACK = "nuclei-stack"
IMAGES = Path(__file__).parent / "images"
SIZE = (1000, 640)
MENU_SIZE = (620, 360)


def wait(done: Callable[[], bool] = lambda: False, seconds: float = 1.0) -> None:
    """Let the window live until `done`, or for some seconds."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


def shoot(viewer: napari.Viewer, name: str) -> None:
    """Save the whole window."""
    wait()
    path = str(IMAGES / f"{name}.png")
    viewer.screenshot(path, canvas_only=False, flash=False)


def shoot_menu(viewer: napari.Viewer, menu: QMenu, path: list[str], name: str) -> None:
    """Save the window with a menu open, down to the entry that `path` leads to."""
    opened = [menu]
    bar = viewer.window.main_menu
    corner = bar.actionGeometry(menu.menuAction()).bottomLeft()
    menu.popup(bar.mapToGlobal(corner))
    for text in path:
        wait(seconds=0.3)
        (action,) = [a for a in opened[-1].actions() if a.text().startswith(text)]
        opened[-1].setActiveAction(action)
        if action.menu() is not None:
            edge = opened[-1].actionGeometry(action).topRight()
            action.menu().popup(opened[-1].mapToGlobal(edge + QPoint(1, 0)))
            opened.append(action.menu())
    wait(seconds=0.5)
    # An open menu is a window of its own: take the picture off the screen.
    corner = bar.window().pos()
    screen = QApplication.primaryScreen()
    picture = screen.grabWindow(0, corner.x(), corner.y(), *MENU_SIZE)
    picture.save(str(IMAGES / f"{name}.png"))
    for each in reversed(opened):
        each.close()


def denoise(panel: Any) -> None:
    """Press Run and wait for the result."""
    panel.run_bar.run.native.click()
    wait(lambda: not panel.running, seconds=120)


def zoom(viewer: napari.Viewer) -> None:
    """Fill the canvas with a part that shows noise and structure."""
    camera = getattr(viewer, "scene", viewer).camera
    camera.center = (0, 230, 300)
    camera.zoom = 1.5


def preview_stack(viewer: napari.Viewer, panel: Any) -> None:
    """Open a noisy stack and switch the live preview on."""
    viewer.layers.clear()
    viewer.open_sample("napari-denoise", STACK)
    viewer.reset_view()
    camera = getattr(viewer, "scene", viewer).camera
    camera.zoom *= 1.6
    wait(seconds=0.5)
    panel.preview.value = True
    wait(lambda: panel.live.layer is not None and not panel.live.busy, seconds=60)


def main() -> None:
    """Draw all pictures."""
    IMAGES.mkdir(exist_ok=True)
    viewer = open_viewer()
    viewer.window.resize(*SIZE)
    (panel,) = viewer.window.dock_widgets.values()
    wait()
    zoom(viewer)
    shoot(viewer, "panel-before")
    shoot_menu(viewer, viewer.window.plugins_menu, ["Denoise"], "menu-plugins")
    layers = viewer.window.layers_menu
    path = ["Filter", "Denoise the selected images"]
    shoot_menu(viewer, layers, path, "menu-layers-filter")
    denoise(panel)
    shoot(viewer, "panel-after")
    viewer.theme = "light"
    shoot(viewer, "panel-light")
    viewer.theme = "dark"
    preview_stack(viewer, panel)
    shoot(viewer, "panel-preview")
    viewer.close()


if __name__ == "__main__":
    main()
