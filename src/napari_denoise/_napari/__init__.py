"""Everything that touches napari, magicgui or Qt; nothing outside imports it."""
