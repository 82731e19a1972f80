"""The workers of a cluster: looked at first, then handed pieces of work."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from napari_denoise.cluster.connecting import GONE, told_if_gone
from napari_denoise.cluster.workers import Needs, Worker, look_around, share_devices
from napari_denoise.errors import ClusterError, FileError, WorkerLost
from napari_denoise.measurement import stop_if

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from distributed import Client, Future

    from napari_denoise.cluster.named import NamedModel

Piece = TypeVar("Piece")
Found = TypeVar("Found")

PER_THREAD = 3
"""Pieces in flight for each thread of the workers: none waits for the client."""
LOOK = 0.25
"""Seconds after which it is looked whether to stop."""
RECOUNT = 1.0
"""Seconds after which workers are counted again."""
FETCH = 5.0
"""Seconds that a small result may take on its way."""
RUNNING = "running"
"""Status of a client that has its scheduler."""
UNDER_WAY = ("pending", "lost")
ATTEMPTS = 3
"""So often a piece that failed is tried again."""
SIGN = ".napari-denoise-"


@dataclass
class Crew:
    """Workers that have what they need.

    Attributes
    ----------
    client : distributed.Client
    gpus : dict of str to int
        As `share_devices` returns it.
    members : int
        How many there were when it was looked.
    """

    client: Client
    gpus: dict[str, int] = field(default_factory=dict)
    members: int = 0

    def check(
        self, source: Path, folder: Path, models: Iterable[NamedModel], device: str
    ) -> None:
        """Look whether all workers can do the work.

        Parameters
        ----------
        source : Path
            What is read.
        folder : Path
            Where the results will lie.
        models : iterable of NamedModel
            What is run.
        device : str
            As the user named it.

        Raises
        ------
        ClusterError
            If one of them cannot; it says why.
        """
        size = source.stat().st_size if source.is_file() else 0
        with _sign_in(folder) as sign:
            needs = Needs(
                source, size, sign, device, tuple(models), version("napari-denoise")
            )
            with told_if_gone():
                answers = self.client.run(look_around, needs, on_error="return")
        workers = [_understood(address, it) for address, it in answers.items()]
        troubled = [worker for worker in workers if worker.trouble]
        if troubled:
            first, others = troubled[0], len(troubled) - 1
            more = f" ({others} more are in trouble, too.)" if others else ""
            raise ClusterError(
                f"Worker {first.name} on {first.host} cannot do the work. "
                f"{first.trouble}{more}"
            )
        self.gpus, self.members = share_devices(workers), len(workers)

    def work_off(
        self,
        task: Callable[[Piece], Found],
        pieces: Iterable[Piece],
        cancelled: Callable[[], bool] | None,
        retries: int = 0,
    ) -> Generator[tuple[Piece, Found | WorkerLost], None, None]:
        """Have pieces done; only a few more than there are hands are under way.

        A worker that dies casts suspicion on all pieces that it had. Those suspected
        again and again are tried once more in the end, one at a time, so that none is
        lost for what another one did.

        Parameters
        ----------
        task : callable
            Runs on a worker; it and the pieces are small, plain data.
        pieces : iterable
            Taken one by one.
        cancelled : callable, optional
            Looked at several times a second.
        retries : int
            How often a piece is tried again after an error.

        Yields
        ------
        piece, found : tuple
            As they are done; `WorkerLost` for one during which workers died again and
            again.

        Raises
        ------
        Cancelled
            If `cancelled` became true.
        Exception
            What a task raised.
        """
        suspects: list[Piece] = []
        with closing(self._round(task, pieces, cancelled, retries)) as ended:
            for piece, found in ended:
                if isinstance(found, WorkerLost):
                    suspects.append(piece)
                else:
                    yield piece, found
        yield from self._round(task, suspects, cancelled, retries, most=1)

    def _round(
        self,
        task: Callable[[Piece], Found],
        pieces: Iterable[Piece],
        cancelled: Callable[[], bool] | None,
        retries: int,
        most: int | None = None,
    ) -> Generator[tuple[Piece, Found | WorkerLost], None, None]:
        """Do it once; `most` limits how many pieces are under way."""
        ended: SimpleQueue[Future[Any]] = SimpleQueue()
        flying: dict[Any, tuple[Future[Any], Piece]] = {}
        waiting, room, counted = iter(pieces), 0, -RECOUNT
        try:
            while True:
                stop_if(cancelled or (lambda: False))
                self._stop_if_gone()
                if time.monotonic() - counted > RECOUNT:  # workers come and go
                    room, counted = most or self._room(), time.monotonic()
                for piece in islice(waiting, max(0, room - len(flying))):
                    with told_if_gone():
                        future = self.client.submit(
                            task, piece, pure=False, retries=retries
                        )
                    flying[future.key] = future, piece
                    future.add_done_callback(ended.put)
                if not flying:
                    return
                try:
                    future = ended.get(timeout=LOOK)
                except Empty:
                    continue
                try:
                    found = _result(future)
                except _ResultLost:  # with its worker: Dask has it made again
                    time.sleep(LOOK)
                    ended.put(future)
                    continue
                _, piece = flying.pop(future.key)
                future.release()  # or it is made again when its worker dies
                yield piece, found
        finally:
            if self.client.status == RUNNING:
                self.client.cancel([future for future, _ in flying.values()])

    def _room(self) -> int:
        """How many pieces may be under way."""
        with told_if_gone():
            threads: dict[str, int] = self.client.nthreads()
        return PER_THREAD * max(sum(threads.values()), 1)

    def _stop_if_gone(self) -> None:
        """Wait for no scheduler that is started again: it does not know the pieces."""
        if self.client.status != RUNNING:
            raise ClusterError(GONE)


@contextmanager
def _sign_in(folder: Path) -> Iterator[Path]:
    """Put a file where all workers should find it."""
    sign = folder / f"{SIGN}{uuid4().hex}"
    try:
        sign.touch()
    except OSError as error:
        raise FileError(
            f"Nothing can be written into {folder}: {error.strerror or error}."
        ) from error
    try:
        yield sign
    finally:
        sign.unlink(missing_ok=True)


def _understood(address: str, answer: Any) -> Worker:
    """Take an answer; a worker that lacks the software gives none."""
    if isinstance(answer, Worker):
        return answer
    return Worker(
        address,
        address.split("//")[-1].rsplit(":", 1)[0],
        0,
        f"It does not know napari-denoise {version('napari-denoise')}, or not all that "
        f"it needs ({type(answer).__name__}: {answer}): install it there.",
    )


class _ResultLost(Exception):
    """A worker died after it had done a piece, and before its result was fetched."""


def _result(future: Future[Any]) -> Any:
    """Fetch what a task found."""
    from distributed import KilledWorker

    if future.status in UNDER_WAY:
        raise _ResultLost
    try:
        return future.result(timeout=FETCH)
    except KilledWorker:
        return WorkerLost(
            "The workers that took it up died one after the other. Most likely their "
            "memory does not suffice: give each more of it, or start fewer."
        )
    except (OSError, CancelledError) as error:
        if future.status == "error":  # it is what the task raised
            raise
        if isinstance(error, TimeoutError):
            raise _ResultLost from error
        raise ClusterError(GONE) from error
