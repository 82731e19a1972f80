"""How many files there are, told while a person still chooses folder and pattern."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_denoise._napari.jobs import steps_worker
from napari_denoise._napari.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from qtpy.QtWidgets import QWidget

    from napari_denoise._napari.batch.request import Search
    from napari_denoise.batch.reader import Reader

TYPING_MS = 300
"""Who types a pattern is not asked at each letter."""
SECONDS_BETWEEN = 0.2


class Counting:
    """Counts files in a worker; a folder on a network drive may hold very many.

    Parameters
    ----------
    parent : QWidget
        Counting ends with it.
    reader : Reader
        Knows which files are images.

    Attributes
    ----------
    said : Signal
        A sentence: how many there are, or so far.
    """

    said = Signal(str)

    def __init__(self, parent: QWidget, reader: Reader) -> None:
        self._reader = reader
        self._search: Search | None = None
        self._work = Work()
        self._work.stepped.connect(self._on_step)
        self._work.returned.connect(self._on_returned)
        self._work.failed.connect(self.said.emit)
        self._waiting = QTimer(parent)
        self._waiting.setSingleShot(True)
        self._waiting.setInterval(TYPING_MS)
        self._waiting.timeout.connect(self._start)

    @property
    def running(self) -> bool:
        """Whether there is something still to be told."""
        return self._work.running or self._waiting.isActive()

    def follow(self, search: Search | None) -> None:
        """Count anew, unless nothing has changed."""
        if search == self._search:
            return
        self._work.abandon()
        self._search = search
        if search is None:
            self.said.emit("")
        else:
            self._waiting.start()

    def abandon(self) -> None:
        """Stop without a word: whoever would listen is gone."""
        self._search = None
        self._work.abandon()

    def _start(self) -> None:
        if self._search is not None:
            self.said.emit("Looking for files …")
            name = f"search in {self._search.source}"
            worker = steps_worker(name, count_steps, self._search, self._reader)
            self._work.start(worker)

    def _on_step(self, found: int) -> None:
        self.said.emit(f"{_files(found)} so far …")

    def _on_returned(self, found: int | None) -> None:
        self.said.emit(_sentence(found))


def count_steps(
    search: Search, reader: Reader, cancelled: Callable[[], bool]
) -> Generator[int, None, int | None]:
    """Count the files that a run would take.

    Parameters
    ----------
    search : Search
        Where.
    reader : Reader
        Knows which files are images.
    cancelled : callable
        Looked at before each file.

    Yields
    ------
    int
        Files so far, five times a second.

    Returns
    -------
    int or None
        None if there is no such folder.
    """
    from napari_denoise.batch.searching import find_paths

    if not search.source.is_dir():
        return None
    found, told = 0, time.monotonic()
    for path in find_paths(
        search.source,
        search.target,
        patterns=search.patterns,
        recursive=search.recursive,
        is_image=reader.is_image,
    ):
        if cancelled():
            break
        found += path is not None
        if time.monotonic() - told > SECONDS_BETWEEN:
            told = time.monotonic()
            yield found
    return found


def _sentence(found: Any) -> str:
    if found is None:
        return "There is no such folder."
    return f"{_files(found)} found." if found else "No image fits."


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files".replace(",", "\u202f")
