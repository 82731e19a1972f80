"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import glob
import os
import shutil
import socket
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
DOOMED = "old"
HOST = socket.gethostname() or "localhost"
_filled: set[Path] = set()


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Fill a hidden file or folder that gets its name once the block is left well.

    Parameters
    ----------
    path : Path
        Of the file or folder. One that has the name is replaced, but last of all.

    Yields
    ------
    Path
        Of the hidden one beside it, which the block makes. It is removed if the block
        is left by an error; what is left of a run on this machine that was killed, too.

    Raises
    ------
    FileError
        If it cannot get its name.
    """
    for left in path.parent.glob(f"{glob.escape(_prefix(path))}-*"):
        if _is_left(left):
            remove(left)
    partial = _hidden(path, f"{HOST}-{os.getpid()}")
    _filled.add(partial)
    try:
        yield partial
        try:
            give_name(partial, path)
        except OSError as error:
            raise FileError(
                f"{path} cannot be written: {error.strerror or error}."
            ) from error
    finally:
        _filled.discard(partial)
        remove(partial)


def remove(path: Path) -> None:
    """Remove a file, or a folder and what is in it, if it is there.

    Its name is free at once. Where a folder's files are too many for a blink, the rest
    of them goes in the background; Python does not end before.

    Parameters
    ----------
    path : Path
        Of the file or folder.
    """
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    doomed = _hidden(path, DOOMED)
    try:
        path.rename(doomed)
    except OSError:
        doomed = path  # a file in it is open
    remover = Thread(
        target=shutil.rmtree, args=(doomed,), kwargs={"ignore_errors": True}
    )
    remover.start()
    remover.join(PATIENCE)


def _prefix(path: Path) -> str:
    return f".{path.name.lstrip('.')}.part"


def _hidden(path: Path, owner: str) -> Path:
    return path.with_name(f"{_prefix(path)}-{owner}-{uuid4().hex[:8]}")


def _is_left(partial: Path) -> bool:
    """Whether nobody fills a hidden file or folder, as far as this machine knows."""
    owner = partial.name.rsplit(".part-", 1)[-1].rsplit("-", 1)[0]
    if owner == DOOMED:
        return True
    host, _, process = owner.rpartition("-")
    if host != HOST or not process.isdecimal():
        return False
    if int(process) == os.getpid():
        return partial not in _filled
    return not psutil.pid_exists(int(process))


def give_name(partial: Path, path: Path) -> None:
    """Name what is complete; what has that name is replaced, and removed last of all.

    Parameters
    ----------
    partial, path : Path
        Of the file or folder, in the same folder or on the same disk.

    Raises
    ------
    OSError
        If it cannot get its name; both stay as they were.
    """
    if not path.is_dir() and not partial.is_dir():
        partial.replace(path)
        return
    former = _hidden(path, DOOMED)
    if path.exists():
        path.rename(former)
    try:
        partial.rename(path)
    except OSError:
        if former.exists() and not path.exists():
            former.rename(path)
        raise
    finally:
        remove(former)
