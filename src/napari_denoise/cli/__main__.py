"""``python -m napari_denoise.cli``."""

from napari_denoise.cli import main

if __name__ == "__main__":
    main()
