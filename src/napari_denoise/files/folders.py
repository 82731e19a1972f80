"""Folders that are there whole or not at all."""

from __future__ import annotations

import glob
import shutil
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING
from uuid import uuid4

from napari_denoise.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 0.5
"""Seconds to wait until a folder is removed; after that it is in the background."""


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Fill a hidden folder that gets its name once the block is left well.

    Parameters
    ----------
    path : Path
        Of the folder. One that has the name is replaced, but last of all.

    Yields
    ------
    Path
        Of the hidden folder beside it, which the block makes. It is removed if the
        block is left by an error; what is left of a run that was killed, too.

    Raises
    ------
    FileError
        If it cannot get its name.
    """
    partial = path.with_name(f".{path.name}.part")
    for left in [partial, *path.parent.glob(f"{glob.escape(partial.name)}-*")]:
        remove_folder(left)
    try:
        yield partial
        try:
            _name(partial, path)
        except OSError as error:
            raise FileError(f"{path} cannot be written: {error}.") from error
    finally:
        remove_folder(partial)


def remove_folder(path: Path) -> None:
    """Remove a folder and what is in it, if it is there, without making anyone wait.

    Its name is free at once. Where its files are too many for a blink, the rest of
    them goes in the background; Python does not end before.

    Parameters
    ----------
    path : Path
        Of the folder.
    """
    if not path.is_dir():
        return
    hidden = path.name if path.name.startswith(".") else f".{path.name}.part"
    doomed = path.with_name(f"{hidden}-{uuid4().hex[:8]}")
    try:
        path.rename(doomed)
    except OSError:
        doomed = path  # a file in it is open
    remover = Thread(
        target=shutil.rmtree, args=(doomed,), kwargs={"ignore_errors": True}
    )
    remover.start()
    remover.join(PATIENCE)


def _name(partial: Path, path: Path) -> None:
    if not path.exists():
        partial.rename(path)
        return
    former = path.with_name(f".{path.name}.part-{uuid4().hex[:8]}")
    path.rename(former)
    try:
        partial.rename(path)
    except OSError:
        former.rename(path)
        raise
    remove_folder(former)
