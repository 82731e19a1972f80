"""Pieces of work on their way to workers and back."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from napari_denoise.cluster.checked import Passed
from napari_denoise.cluster.connecting import GONE, RUNNING, told_if_gone
from napari_denoise.errors import ClusterError, WorkerLost
from napari_denoise.measurement import stop_if

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from distributed import Future

    from napari_denoise.cluster.crew import Crew

PER_THREAD = 3
"""Pieces in flight for each thread of the workers: none waits for the client."""
LOOK = 0.25
"""Seconds after which it is looked whether to stop."""
RECOUNT = 1.0
"""Seconds after which workers are counted again."""
FETCH = 5.0
"""Seconds that a small result may take on its way."""
UNDER_WAY = ("pending", "lost")
ATTEMPTS = 3
"""So often a piece that failed is tried again."""
KILLED = (
    "The workers that took it up died one after the other. Most likely their "
    "memory does not suffice: give each more of it, or start fewer."
)


@dataclass
class _Flight:
    """A piece on its way; `among` the workers at these addresses, if not all."""

    piece: Any
    moves: int = 0
    among: frozenset[str] | None = None
    future: Future[Any] | None = None


@dataclass
class Round:
    """Pieces done once each, a few more under way than there are hands.

    Attributes
    ----------
    crew : Crew
        Who does them.
    task : callable
        Runs on a worker.
    retries : int
        How often a piece is tried again after an error.
    most : int, optional
        How many pieces are under way at most.
    """

    crew: Crew
    task: Callable[[Any], Any]
    retries: int
    most: int | None = None
    _flying: dict[Any, _Flight] = field(default_factory=dict)
    _again: deque[_Flight] = field(default_factory=deque)
    _ended: SimpleQueue[Future[Any]] = field(default_factory=SimpleQueue)
    _room: int = 0
    _among: frozenset[str] | None = None

    def steps(
        self, pieces: Iterable[Any], cancelled: Callable[[], bool] | None
    ) -> Generator[tuple[Any, Any], None, None]:
        """Yield each piece and what was found, as `Crew.work_off` says."""
        waiting, counted = map(_Flight, pieces), -RECOUNT
        try:
            while True:
                stop_if(cancelled or (lambda: False))
                if self.crew.client.status != RUNNING:
                    # One that is started again does not know the pieces.
                    raise ClusterError(GONE)
                if time.monotonic() - counted > RECOUNT:  # workers come and go
                    counted = time.monotonic()
                    for flight in self._count():
                        yield flight.piece, WorkerLost(KILLED)
                self._send(waiting)
                if not self._flying and not self._again:
                    return
                landed = self._next()
                if landed is None:
                    continue
                flight, found = landed
                if isinstance(found, Passed):
                    self._again.append(flight)
                    counted = -RECOUNT
                else:
                    yield flight.piece, found
        finally:
            self._call_back(list(self._flying))

    def _send(self, waiting: Iterator[_Flight]) -> None:
        """Hand pieces over as long as there is room."""
        while len(self._flying) < self._room:
            flight = self._again.popleft() if self._again else next(waiting, None)
            if flight is None:
                return
            with told_if_gone():
                future = self.crew.client.submit(
                    self.task,
                    flight.piece,
                    pure=False,
                    retries=self.retries,
                    workers=self._among and sorted(self._among),
                )
            flight.future, flight.among = future, self._among
            self._flying[future.key] = flight
            future.add_done_callback(self._ended.put)

    def _next(self) -> tuple[_Flight, Any] | None:
        """Take the next piece that ended; None if there is none for a while."""
        try:
            future = self._ended.get(timeout=LOOK)
        except Empty:
            return None
        if future.key not in self._flying:  # it was called back
            return None
        found: Any
        try:
            found = _result(future)
        except _ResultLost:  # with its worker: Dask has it made again
            time.sleep(LOOK)
            self._ended.put(future)
            return None
        if isinstance(found, Passed):
            self.crew.leave_out(found)
        flight = self._flying.pop(future.key)
        future.release()  # or it is made again when its worker dies
        return flight, found

    def _count(self) -> list[_Flight]:
        """Count the hands; return pieces that took all workers with them too often."""
        threads, all_fit = self.crew.fit()
        hands = max(sum(threads.values()), 1 if all_fit else 0)
        self._room = PER_THREAD * hands
        if self.most is not None:
            self._room = min(self._room, self.most)
        self._among = None if all_fit else frozenset(threads)
        # Dask would wait for the very workers that a piece was meant for.
        stranded = [
            key
            for key, flight in self._flying.items()
            if flight.among is not None and not flight.among & threads.keys()
        ]
        flights = [self._flying[key] for key in stranded]
        self._call_back(stranded)
        for flight in flights:
            flight.moves += 1
        self._again += [flight for flight in flights if flight.moves < ATTEMPTS]
        return [flight for flight in flights if flight.moves >= ATTEMPTS]

    def _call_back(self, keys: list[Any]) -> None:
        flights = [self._flying.pop(key) for key in keys]
        if flights and self.crew.client.status == RUNNING:
            self.crew.client.cancel([flight.future for flight in flights])


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
        return WorkerLost(KILLED)
    except (OSError, CancelledError) as error:
        if future.status == "error":  # it is what the task raised
            raise
        if isinstance(error, TimeoutError):
            raise _ResultLost from error
        raise ClusterError(GONE) from error
