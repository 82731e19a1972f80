"""``python -m napari_denoise._napari.launch``: napari, a sample and the panel."""

from __future__ import annotations

import napari


def open_viewer() -> napari.Viewer:
    """Open napari with a low/high-signal pair and the *Denoise* panel docked."""
    viewer = napari.Viewer()
    viewer.open_sample("napari-denoise", "actin-20x")
    viewer.window.add_plugin_dock_widget("napari-denoise", "Denoise")
    return viewer


if __name__ == "__main__":
    open_viewer()
    napari.run()
