r"""Draw the pictures of the panel: ``python docs/make_screenshots.py`` on a display.

Without a screen, and with settings of its own instead of yours::

    NAPARI_CONFIG=$(mktemp -d)/settings.yaml xvfb-run -a -s "-screen 0 1400x1000x24" \
        python docs/make_screenshots.py
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QApplication

from napari_denoise._napari.launch import open_viewer
from napari_denoise.samples import sample_path

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from qtpy.QtWidgets import QMenu

STACK = "nuclei-stack"
IMAGES = Path(__file__).parent / "images"
CHANNELS = "cell-channels"
SIZE = (1100, 740)
LOW = 480
TALL = (1200, 900)
TUNED = "nucleus"
EPOCHS_SHOWN = 12
BATCH = (
    ("Monday/actin.tif", "gigadb_actin-20x-noise1_low_crop512.tif"),
    ("Monday/mitochondria.tif", "gigadb_mito-60x-noise1_low_crop512.tif"),
    ("Tuesday/channels.tif", "neubias_dna_microtubules_actin_cyx.tif"),
    ("Tuesday/nuclei 3D.tif", "cells3d_nuclei_crop28x128x128.tif"),
)
"""Files of a batch, and the samples that they are."""
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


def press(panel: Any, button: Any, seconds: float = 120) -> None:
    """Press a button and wait until nothing is in progress."""
    button.native.click()
    wait(lambda: not panel.running, seconds)


def camera(viewer: napari.Viewer) -> Any:
    """Return the camera, which moved with napari 0.9."""
    return getattr(viewer, "scene", viewer).camera


def zoom(viewer: napari.Viewer) -> None:
    """Fill the canvas with a part that shows noise and structure."""
    camera(viewer).center = (0, 230, 300)
    camera(viewer).zoom = 1.5


def shoot_run(viewer: napari.Viewer, panel: Any) -> None:
    """One image: before, in the middle, after, and compared in each way."""
    zoom(viewer)
    shoot(viewer, "panel-before")
    panel.run_bar.run.native.click()
    wait(lambda: panel.run_bar.bar.value > 0, seconds=60)
    path = str(IMAGES / "panel-running.png")
    viewer.screenshot(path, canvas_only=False, flash=False)
    wait(lambda: not panel.running, seconds=120)
    shoot(viewer, "panel-after")
    viewer.theme = "light"
    shoot(viewer, "panel-light")
    viewer.theme = "dark"
    for how in ("curtain", "residual"):
        panel.compare.how.value = how
        shoot(viewer, f"compare-{how}")
    panel.compare.how.value = "off"


def shoot_trust(viewer: napari.Viewer, panel: Any) -> None:
    """Show what can be known without a reference, and of the noise."""
    press(panel, panel.tools.assess)
    shoot(viewer, "panel-assessed")
    press(panel, panel.tools.rank)
    window = panel.trust.window
    wait()
    window.grab().save(str(IMAGES / "ranking.png"))
    window.close()
    panel.form.noise.show_button.native.click()
    wait(seconds=4)
    shoot(viewer, "noise")
    panel.form.noise.close()


def shoot_errors(viewer: napari.Viewer, panel: Any) -> None:
    """Show a sentence instead of a result, and all options in a low window."""
    panel.form.noise.choice.value = "region"
    press(panel, panel.run_bar.run)
    shoot(viewer, "panel-error")
    panel.form.noise.choice.value = "auto"
    panel.form.more.value = True
    viewer.window.resize(SIZE[0], LOW)
    shoot(viewer, "panel-small")
    viewer.window.resize(*SIZE)
    panel.form.more.value = False


def shoot_channels(viewer: napari.Viewer, panel: Any) -> None:
    """Three channels in one run, each by itself."""
    viewer.layers.clear()
    viewer.open_sample("napari-denoise", CHANNELS)
    viewer.reset_view()
    viewer.layers.selection = set(viewer.layers)
    panel.form.images.also.value = True
    panel.form.by_itself.value = True
    rows = list(panel.form.channels.rows.values())
    rows[-1].model.value = "unet-fast"
    shoot(viewer, "panel-channels")
    panel.form.by_itself.value = panel.form.images.also.value = False


def shoot_preview(viewer: napari.Viewer, panel: Any) -> None:
    """Open a noisy stack and switch the live preview on."""
    viewer.layers.clear()
    viewer.open_sample("napari-denoise", STACK)
    viewer.reset_view()
    camera(viewer).zoom *= 1.6
    wait(seconds=0.5)
    panel.preview.value = True
    wait(lambda: panel.live.layer is not None and not panel.live.busy, seconds=60)
    shoot(viewer, "panel-preview")
    panel.preview.value = False


def shoot_empty(viewer: napari.Viewer, panel: Any) -> None:
    """Show the panel without an image."""
    viewer.layers.clear()
    shoot(viewer, "panel-empty")


def shoot_tuning(viewer: napari.Viewer, panel: Any) -> None:
    """Fine-tune on a pair: refused, patches, running, finished."""
    viewer.window.remove_dock_widget(panel.native)
    viewer.window.resize(*TALL)
    viewer.layers.clear()
    viewer.open_sample("napari-denoise", TUNED)
    viewer.reset_view()
    _, tuning = viewer.window.add_plugin_dock_widget("napari-denoise", "Fine-tune")
    form, data = tuning.form, tuning.form.data
    form.model.value = "unet-fast"
    noisy, data.noisy.box.value = data.noisy.layer, data.clean.layer
    press(tuning, tuning.check)
    shoot(viewer, "tuning-refused")
    data.noisy.box.value = noisy
    data.clean.box.value = next(x for x in viewer.layers if x is not noisy)
    form.advanced.augmentation.preset.value = "strong"
    press(tuning, tuning.preview)
    wait()
    tuning.patches.grab().save(str(IMAGES / "tuning-patches.png"))
    tuning.patches.close()
    form.advanced.augmentation.preset.value = "default"
    form.length.value, form.minutes.value = 0.0, 1
    press(tuning, tuning.check)
    shoot(viewer, "tuning-checked")
    tuning.bar.run.native.click()
    view = None
    while view is None or len(view.training) < EPOCHS_SHOWN:
        wait(seconds=0.1)
        view = tuning.dock.view
    path = str(IMAGES / "tuning-running.png")
    viewer.screenshot(path, canvas_only=False, flash=False)
    wait(lambda: not tuning.running, seconds=300)
    shoot(viewer, "tuning-finished")


def copy_samples(folder: Path) -> None:
    """Put some of the sample images into folders, and a file that is none."""
    for place, name in BATCH:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample_path(name), folder / place)
    (folder / "Tuesday" / "interrupted.tif").write_bytes(b"II*\x00")


def shoot_batch(viewer: napari.Viewer, panel: Any) -> None:
    """Denoise a folder, and open one of its results."""
    for dock in list(viewer.window.dock_widgets.values()):
        viewer.window.remove_dock_widget(getattr(dock, "native", dock))
    viewer.layers.clear()
    viewer.window.resize(*TALL)
    _, batch = viewer.window.add_plugin_dock_widget("napari-denoise", "Batch")
    with tempfile.TemporaryDirectory() as root:
        raw = Path(root) / "microscope"
        copy_samples(raw)
        batch.form.model.value = "unet-fast"
        batch.form.folders.source.value = raw
        batch.form.folders.target.value = Path(root) / "denoised"
        batch.run_bar.run.native.click()
        wait(lambda: batch.table.records.rowCount() > 1, seconds=60)
        path = str(IMAGES / "batch-running.png")
        viewer.screenshot(path, canvas_only=False, flash=False)
        wait(lambda: not batch.running, seconds=120)
        batch.table.doubleClicked.emit(batch.table.records.index(0, 0))
        wait(lambda: len(viewer.layers) == 2, seconds=20)
        shoot(viewer, "batch")
        viewer.layers.clear()


def main() -> None:
    """Draw all pictures."""
    IMAGES.mkdir(exist_ok=True)
    viewer = open_viewer()
    viewer.window.resize(*SIZE)
    (panel,) = viewer.window.dock_widgets.values()
    wait()
    path = ["napari-denoise", "Denoise"]
    shoot_menu(viewer, viewer.window.plugins_menu, path, "menu-plugins")
    layers = viewer.window.layers_menu
    path = ["Filter", "Denoise the selected images"]
    shoot_menu(viewer, layers, path, "menu-layers-filter")
    for state in (
        *(shoot_run, shoot_trust, shoot_errors),
        *(shoot_channels, shoot_preview, shoot_empty, shoot_tuning),
        shoot_batch,
    ):
        state(viewer, panel)
    viewer.close()


if __name__ == "__main__":
    main()
