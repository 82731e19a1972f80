"""Where the bundled sample images lie."""

from __future__ import annotations

from pathlib import Path

from napari_denoise.errors import FileError

PAIRS = {
    "actin 20×": "gigadb_actin-20x-noise1",
    "actin 60×": "gigadb_actin-60x-noise1",
    "mitochondria 60×": "gigadb_mito-60x-noise1",
    "membrane": "gigadb_membrane",
    "nucleus": "gigadb_nucleus",
}
"""Real pairs of low and high signal-to-noise ratio, by what they show."""


def sample_folder() -> Path:
    """Folder of the sample images.

    Returns
    -------
    Path
        Inside the package where it was installed, else in the source's checkout.

    Raises
    ------
    FileError
        If there is none.
    """
    package = Path(__file__).parent
    for folder in (package / "sample_data", package.parents[1] / "sample_data"):
        if folder.is_dir():
            return folder
    raise FileError("The sample images are missing: install napari-denoise again.")


def sample_path(name: str) -> Path:
    """Path of a sample image, by its file name."""
    return sample_folder() / name


def pair_paths(stem: str) -> tuple[Path, Path]:
    """Paths of a pair's image of low and of high signal-to-noise ratio.

    Parameters
    ----------
    stem : str
        A value of `PAIRS`.

    Returns
    -------
    tuple of Path
    """
    folder = sample_folder()
    low, high = (next(folder.glob(f"{stem}_{level}*.tif")) for level in ("low", "high"))
    return low, high
