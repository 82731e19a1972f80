"""Names of models: those that are taken, and the folder of one's own."""

from __future__ import annotations

import os
import re
from pathlib import Path

from platformdirs import user_data_path

from napari_denoise.classical import DENOISERS
from napari_denoise.errors import ModelError

NETWORKS = ("unet", "unet-3d", "unet-fast", "dncnn", "autoencoder")
"""Bundled networks, the default first."""
SUFFIX_3D = "-3d"
"""A 3D network is called as its 2D sibling, and this."""
FOLDER_VARIABLE = "NAPARI_DENOISE_MODELS"
"""Environment variable with another folder of one's own models."""

LONGEST = 100
"""Characters of a name: no file system takes any number."""

# What every file system takes, and no command line splits or mistakes for an option.
_WRITABLE = re.compile(r"\w(?:[\w .,()+-]*[\w)+])?")


def models_folder() -> Path:
    """Name the folder of the user's own models.

    Returns
    -------
    Path
        ``models`` in the user's data folder, or what the environment variable
        ``NAPARI_DENOISE_MODELS`` says. It need not exist.
    """
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    return user_data_path("napari-denoise", appauthor=False) / "models"


def is_taken(name: str) -> bool:
    """Whether a name is that of a bundled or classical model, in 2D or 3D."""
    flat = name.casefold().removesuffix(SUFFIX_3D)
    return flat in NETWORKS or flat in DENOISERS


def check_name(name: str) -> str:
    """Return the name if one's own model can have it.

    Parameters
    ----------
    name : str
        Without folder and suffix.

    Returns
    -------
    str

    Raises
    ------
    ModelError
    """
    if not _WRITABLE.fullmatch(name):
        raise ModelError(
            f"A model cannot be called “{name}”. Begin with a letter or a digit, and "
            "go on with letters, digits, spaces, and . , ( ) + - _."
        )
    if len(name) > LONGEST:
        raise ModelError(
            f"A model cannot be called “{name[:20]}…”: names have at most {LONGEST} "
            "characters."
        )
    if is_taken(name):
        raise ModelError(
            f"“{name}” is the name of a model that comes with napari-denoise, or too "
            f"much like it. Choose another name, such as “{name} of mine”."
        )
    return name
