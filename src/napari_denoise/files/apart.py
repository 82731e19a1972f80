"""Originals that results must not replace."""

from __future__ import annotations

from pathlib import Path

from napari_denoise.errors import FileError


def check_apart(source: str | Path, target: str | Path) -> None:
    """Refuse a result that would replace the image it is made of, or lie inside it.

    Parameters
    ----------
    source : str or Path
        File or folder of the image.
    target : str or Path
        Of the result; it need not exist.

    Raises
    ------
    FileError
        If they are one file or folder, by any name, or one holds the other.
    """
    source, target = Path(source), Path(target)
    one, other = source.resolve(), target.resolve()
    same = target.exists() and source.exists() and target.samefile(source)
    if same or one == other or one in other.parents or other in one.parents:
        raise FileError(
            f"{target} would take the place of the image itself, or lie inside it: "
            "choose another name for the result."
        )
