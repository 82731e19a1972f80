"""A run over a folder in a worker, from start to every way it can end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_denoise._napari.jobs import steps_worker
from napari_denoise._napari.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_denoise._napari.batch.request import BatchRequest
    from napari_denoise.batch import BatchReport, FileRecord
    from napari_denoise.batch.reader import Reader


class BatchSession:
    """Runs over folders; there is never more than one at a time.

    Parameters
    ----------
    reader : Reader
        Opens the files.

    Attributes
    ----------
    found : Signal
        How many files there are.
    advanced : Signal
        Share of all files that is done, 0 to 1, and seconds left or None.
    working : Signal
        The file that is worked on, its number from 1, and its share, 0 to 1.
    recorded : Signal
        Records of a file that is worked off.
    returned : Signal
        The report; not after a Cancel.
    failed : Signal
        A sentence: the run as a whole did not work.
    ended : Signal
        Last of all; False if it was cancelled.
    """

    found = Signal(int)
    advanced = Signal(float, object)
    working = Signal(str, int, float)
    recorded = Signal(object)
    returned = Signal(object)
    failed = Signal(str)
    ended = Signal(bool)

    def __init__(self, reader: Reader) -> None:
        self.request: BatchRequest | None = None
        self.records: list[FileRecord] = []
        self.files = 0
        self._number = 0  # of files that are worked off
        self._reader = reader
        self._work = Work()
        self._work.stepped.connect(self._on_step)
        self._work.returned.connect(self._on_returned)
        self._work.failed.connect(self.failed.emit)
        self._work.ended.connect(self.ended.emit)

    @property
    def running(self) -> bool:
        """Whether a folder is being worked on."""
        return self._work.running

    def start(self, request: BatchRequest) -> None:
        """Begin; what the last run told is forgotten."""
        self.request, self.records = request, []
        self.files = self._number = 0
        name = f"denoising of {request.search.source}"
        self._work.start(steps_worker(name, _steps, request, self._reader))

    def cancel(self) -> None:
        """Stop; what was done before is kept."""
        self._work.cancel()

    def abandon(self) -> None:
        """Stop without a word: whoever would listen is gone."""
        self._work.abandon()

    def _on_step(self, step: Any) -> None:
        from napari_denoise.batch.events import FileDone, FileProgress, FolderRead

        if isinstance(step, FolderRead):
            self.files = step.files
            self.found.emit(step.files)
        elif isinstance(step, FileProgress):
            self.advanced.emit(step.total, step.seconds_left)
            self.working.emit(step.file, self._number + 1, step.share)
        elif isinstance(step, FileDone):
            self._number = step.number
            self.records += step.records
            self.advanced.emit(step.total, step.seconds_left)
            self.recorded.emit(step.records)

    def _on_returned(self, report: BatchReport) -> None:
        self.returned.emit(report)


def _steps(
    request: BatchRequest, reader: Reader, cancelled: Callable[[], bool]
) -> Generator[Any, None, BatchReport]:
    from napari_denoise.batch import batch_steps  # torch: in this thread

    search = request.search
    return (
        yield from batch_steps(
            search.source,
            search.target,
            pattern=search.patterns,
            recursive=search.recursive,
            reader=reader,
            cancelled=cancelled,
            **request.options,
        )
    )
