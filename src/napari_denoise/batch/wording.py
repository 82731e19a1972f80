"""What went wrong with a file, in sentences."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from napari_denoise.errors import DenoiseError

if TYPE_CHECKING:
    from pathlib import Path

BEGIN, END = r"(?<![^\s“\"'(\[])", r"(?!\.?\w)"
"""Between these a path is not a part of a longer one."""


def sentence(error: Exception) -> str:
    """Say what went wrong with a file."""
    if isinstance(error, DenoiseError):
        return str(error)
    if isinstance(error, MemoryError):
        return "The memory does not suffice. Close other programs and run it again."
    return f"It cannot be read or written ({type(error).__name__}: {error})."


def shortened(text: str, path: Path) -> str:
    """Name a file without its folders, which the report tells beside it.

    Parameters
    ----------
    text : str
        A sentence that may name it.
    path : Path
        Of the file.

    Returns
    -------
    str
    """
    known = {str(path), os.path.abspath(path)}  # noqa: PTH100 - as tifffile says it
    for place in sorted(known, key=len, reverse=True):
        text = re.sub(BEGIN + re.escape(place) + END, lambda _: path.name, text)
    return text
