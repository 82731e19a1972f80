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
    if _holds(target, source) or _holds(source, target):
        raise FileError(
            f"With {target} as its result the image itself would be replaced, or "
            "changed while it is read: choose another name."
        )


def _holds(outer: Path, inner: Path) -> bool:
    """Whether a path is another one or lies in it, under whatever names."""
    if not outer.exists():
        return False
    inner = inner.resolve()
    return any(p.exists() and p.samefile(outer) for p in (inner, *inner.parents))
