"""The workers of a cluster: looked at first, then handed pieces of work."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

from napari_denoise.cluster.checked import Checked, Passed, ask, sign_in
from napari_denoise.cluster.connecting import told_if_gone
from napari_denoise.cluster.rounds import Round
from napari_denoise.cluster.workers import Needs, Worker, share_devices
from napari_denoise.errors import ClusterError, WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from distributed import Client

    from napari_denoise.cluster.named import NamedModel

Piece = TypeVar("Piece")
Found = TypeVar("Found")

GRACE = 30.0
"""Seconds in which workers that are fit may come back, if those there are not."""

logger = logging.getLogger(__name__)


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
    _needs: Needs | None = None
    _alone: float = 0.0
    _troubled: dict[str, Worker] = field(default_factory=dict)
    _opened: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def check(
        self, source: Path, folder: Path, models: Iterable[NamedModel], device: str
    ) -> None:
        """Look whether all workers can do the work; those to come look themselves.

        A hidden file tells them whether they see `folder`, until the crew is left.

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
        sign = self._needs.sign if self._needs else None
        if sign is None or sign.parent != folder:
            sign = self._opened.enter_context(sign_in(folder))
        self._needs = Needs(
            source, size, sign, device, tuple(models), version("napari-denoise")
        )
        with told_if_gone():
            workers = list(ask(self.client, self._needs).values())
        troubled = [worker for worker in workers if worker.trouble]
        if troubled:
            raise _refusal(troubled)
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
        sent = task if self._needs is None else Checked(task, self._needs)
        suspects: list[Piece] = []
        with closing(Round(self, sent, retries).steps(pieces, cancelled)) as ended:
            for piece, found in ended:
                if isinstance(found, WorkerLost):
                    suspects.append(piece)
                else:
                    yield piece, found
        yield from Round(self, sent, retries, most=1).steps(suspects, cancelled)

    def fit(self) -> tuple[dict[str, int], bool]:
        """Count the threads of workers that are fit, as far as is known.

        Returns
        -------
        threads : dict of str to int
            By address.
        all_are : bool
            Whether none is there that is not.
        """
        with told_if_gone():
            threads: dict[str, int] = self.client.nthreads()
        if self._needs is not None:
            with suppress(OSError):  # after a day without it would look forgotten
                self._needs.sign.touch()
        unfit = [address for address in threads if address in self._troubled]
        if not unfit or len(unfit) < len(threads):
            self._alone = time.monotonic()
        elif time.monotonic() - self._alone > GRACE:
            raise _refusal([self._troubled[address] for address in unfit])
        return {a: n for a, n in threads.items() if a not in unfit}, not unfit

    def leave_out(self, passed: Passed) -> None:
        """Give a worker no more pieces, and say so once."""
        address, worker = passed.address, passed.worker
        if address not in self._troubled:
            self._troubled[address] = worker
            logger.warning(
                "Worker %s on %s is left out. %s",
                worker.name,
                worker.host,
                worker.trouble,
            )


def _refusal(troubled: list[Worker]) -> ClusterError:
    first, others = troubled[0], len(troubled) - 1
    more = f" ({others} more are in trouble, too.)" if others else ""
    return ClusterError(
        f"Worker {first.name} on {first.host} cannot do the work. {first.trouble}{more}"
    )
