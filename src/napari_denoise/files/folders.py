"""Folders that are there whole or not at all."""

from __future__ import annotations

import glob
import os
import shutil
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING
from uuid import uuid4

import psutil

from napari_denoise.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 0.5
"""Seconds to wait until a folder is removed; after that it is in the background."""
_filled: set[Path] = set()


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
    for left in path.parent.glob(f"{glob.escape(f'.{path.name}.part')}-*"):
        if not _is_in_use(left):
            remove_folder(left)
    partial = path.with_name(f".{path.name}.part-{os.getpid()}-{uuid4().hex[:8]}")
    _filled.add(partial)
    try:
        yield partial
        try:
            _name(partial, path)
        except OSError as error:
            raise FileError(
                f"{path} cannot be written: {error.strerror or error}."
            ) from error
    finally:
        _filled.discard(partial)
        remove_folder(partial)


def _is_in_use(partial: Path) -> bool:
    """Whether a run that is alive fills a hidden folder, here or elsewhere."""
    owner = partial.name.rsplit(".part-", 1)[-1].split("-")[0]
    if owner == str(os.getpid()):
        return partial in _filled
    return owner.isdecimal() and psutil.pid_exists(int(owner))


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
    doomed = path.with_name(f".{path.name.lstrip('.')}.part-old-{uuid4().hex[:8]}")
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
    former = path.with_name(f".{path.name}.part-old-{uuid4().hex[:8]}")
    path.rename(former)
    try:
        partial.rename(path)
    except OSError:
        former.rename(path)
        raise
    remove_folder(former)
