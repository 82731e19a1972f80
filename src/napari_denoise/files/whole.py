"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
import time
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from uuid import uuid4

import psutil

from napari_denoise.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 0.5
"""Seconds to wait until a folder is removed; after that it is in the background."""
DOOMED = "old"
HOST = (socket.gethostname() or "localhost")[:64]
LONGEST = 150
"""Bytes of a name that a hidden one repeats: with its owner, it may have 255."""
DAY = 86_400.0
SHARE = 50
"""A folder of many files is listed again when this many times as long has passed."""
BLINK = 0.002
HIDDEN = re.compile(r"(\..+\.part)-(.+)-[0-9a-z]+$")
"""Prefix, as of `_prefix`, and owner: `DOOMED`, or a host and a process."""
_filled: set[Path] = set()
_listed: dict[Path, tuple[float, dict[str, list[str]]]] = {}
"""When to list a folder again, and its hidden files and folders by their prefix."""


@contextmanager
def whole(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Fill a hidden file or folder that gets its name once the block is left well.

    Parameters
    ----------
    path : Path
        Of the file or folder. One that has the name is replaced, but last of all.
    overwrite : bool
        Whether it is; otherwise it is kept.

    Yields
    ------
    Path
        Of the hidden one beside it, which the block makes. It is removed if the block
        is left by an error; what is left of a run that was killed, too: at once if it
        was on this machine, else after a day in which nothing was written into it.

    Raises
    ------
    FileError
        If its name is too long, or it cannot get it: another one may have it.
    """
    refuse_long(path)
    for name in _hidden_names(path.parent).get(_prefix(path), ()):
        left = path.with_name(name)
        if _is_left(left):
            remove(left)
    partial = _hidden(path, f"{HOST}-{os.getpid()}")
    _filled.add(partial)
    try:
        yield partial
        try:
            give_name(partial, path, overwrite=overwrite)
        except OSError as error:
            raise FileError(
                f"{path} cannot be written: {error.strerror or error}."
            ) from error
    finally:
        _filled.discard(partial)
        remove(partial)


def refuse_long(path: Path) -> None:
    """Refuse a name that is too long for its disk, before any work is done.

    Parameters
    ----------
    path : Path
        Of the file or folder, which need not be there.

    Raises
    ------
    FileError
        If it is too long.
    """
    try:
        path.lstat()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise FileError(
                f"{path} cannot be written: the name has "
                f"{len(os.fsencode(path.name))} bytes, which is more than its disk "
                "takes (most take 255). Choose a shorter one."
            ) from error


def remove(path: Path) -> None:
    """Remove a file, or a folder and what is in it, if it is there.

    Its name is free at once. Where a folder's files are too many for a blink, the rest
    of them goes in the background; Python does not end before.

    Parameters
    ----------
    path : Path
        Of the file or folder.
    """
    # What a link leads to is not ours.
    if path.is_symlink() or not path.is_dir():
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
    """Return how hidden names begin, also that of one that is hidden already."""
    if known := HIDDEN.match(path.name):
        return known[1]
    name = os.fsencode(path.name.lstrip("."))
    if len(name) <= LONGEST:
        return f".{os.fsdecode(name)}.part"
    digest = sha256(name).hexdigest()[:16]
    start = name[: LONGEST - len(digest) - 1].decode(errors="ignore")
    return f".{start}~{digest}.part"


def _hidden(path: Path, owner: str) -> Path:
    return path.with_name(f"{_prefix(path)}-{owner}-{uuid4().hex[:8]}")


def _hidden_names(folder: Path) -> dict[str, list[str]]:
    """List what is hidden in a folder.

    Each of 20,000 results asks for it: where that takes long, it may be a while old.
    """
    again, names = _listed.get(folder, (0.0, {}))
    began = time.monotonic()
    if began < again:
        return names
    names = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if known := HIDDEN.match(entry.name):
                    names.setdefault(known[1], []).append(entry.name)
    except OSError:
        return {}  # what is made in it says why
    ended = time.monotonic()
    for other in [known for known, (until, _) in _listed.items() if until <= ended]:
        _listed.pop(other, None)
    took = ended - began
    if took > BLINK:
        _listed[folder] = ended + SHARE * took, names
    return names


def _is_left(partial: Path) -> bool:
    """Whether nobody fills a hidden file or folder, as far as this machine knows."""
    known = HIDDEN.match(partial.name)
    owner = known[2] if known else ""
    if owner == DOOMED:
        return True
    host, _, process = owner.rpartition("-")
    if not host or not process.isdecimal():
        return False
    if host != HOST:
        return _rests(partial, time.time() - DAY)
    if int(process) == os.getpid():
        return partial not in _filled
    return not psutil.pid_exists(int(process))


def _rests(partial: Path, since: float) -> bool:
    """Whether nothing was written since then: new files change their folder, too."""
    try:
        if partial.stat().st_mtime > since:
            return False
        # Those at the top are few, and written to in place.
        files = list(partial.iterdir()) if partial.is_dir() else []
        if any(file.stat().st_mtime > since for file in files):
            return False
        folders = (Path(folder) for folder, _, _ in os.walk(partial))
        return all(folder.stat().st_mtime <= since for folder in folders)
    except OSError:
        return False  # it is gone, or being changed


def refuse_existing(path: Path) -> None:
    """Refuse a name that came to be another's while work was done for it.

    Parameters
    ----------
    path : Path
        Of the file or folder.

    Raises
    ------
    FileError
        If there is one, or a link, wherever it leads.
    """
    if os.path.lexists(path):
        raise FileError(
            f"{path} was made by another program meanwhile. It is kept, so this result "
            "has no place: run again with another name, or overwrite it."
        )


def give_name(partial: Path, path: Path, *, overwrite: bool = True) -> None:
    """Name what is complete; what has that name is replaced, and removed last of all.

    Parameters
    ----------
    partial, path : Path
        Of the file or folder, in the same folder or on the same disk.
    overwrite : bool
        Whether it is replaced.

    Raises
    ------
    FileError
        If there is one that is not to be replaced.
    OSError
        If it cannot get its name; both stay as they were.
    """
    if not overwrite:
        refuse_existing(path)
    if not path.is_dir() and not partial.is_dir():
        partial.replace(path)
        return
    former = _hidden(path, DOOMED)
    if os.path.lexists(path):
        path.rename(former)
    try:
        partial.rename(path)
    except OSError:
        if os.path.lexists(former) and not os.path.lexists(path):
            former.rename(path)
        raise
    finally:
        remove(former)
