"""A Dask cluster: one that runs already, or processes of this machine."""

from __future__ import annotations

import logging
import os
import socket
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import ClusterError, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client, LocalCluster

EXTRA = (
    "Many machines need the package distributed. Install it with: "
    "pip install “napari-denoise[cluster]”."
)
GONE = "The scheduler has gone. Start it again: the same call does what is missing."
RUNNING = "running"
"""Status of a client that has its scheduler."""
PATIENCE = 60.0
"""Seconds that a scheduler and its first worker may take to answer."""
ANSWER = 10.0
"""Seconds after which a machine that does not even refuse is taken to be absent."""
RECOUNT = 2.0
"""Seconds after which it is looked whether a worker has to be started again."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Where numerical libraries look how many threads they may use."""


@contextmanager
def connect(
    scheduler: Any = None, workers: int | None = None, patience: float = PATIENCE
) -> Iterator[Client]:
    """Reach a cluster that has workers.

    Parameters
    ----------
    scheduler : str or Cluster, optional
        Address of a Dask scheduler, ``"tcp://host:8786"``, or a cluster of Dask's such
        as `SLURMCluster`.
    workers : int, optional
        Instead of it: so many processes of this machine, which share its cores.
    patience : float
        Seconds that the scheduler and its first worker may take to answer.

    Yields
    ------
    distributed.Client
        The processes end when the block is left; other clusters go on.

    Raises
    ------
    OptionError
        If both are given, or neither, or the extra ``cluster`` is not installed.
    ClusterError
        If nothing answers.
    """
    distributed = import_distributed()
    if (scheduler is None) == (workers is None):
        raise OptionError(
            "Give either the address of a scheduler, or a number of workers on this "
            "machine."
        )
    with ExitStack() as opened:
        opened.enter_context(_quiet())  # what goes wrong is said in a sentence
        if workers is not None:
            scheduler = opened.enter_context(_processes(workers))
        try:
            if isinstance(scheduler, str):
                _knock(scheduler, patience)
            client = distributed.Client(
                scheduler, timeout=patience, set_as_default=False
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(
                f"No Dask scheduler answers at {scheduler}. Is it running, and is the "
                "address the one that it printed?"
            ) from error
        opened.enter_context(client)
        try:
            with told_if_gone():
                client.wait_for_workers(workers or 1, timeout=patience)
        except TimeoutError as error:
            raise ClusterError(
                f"The scheduler at {client.scheduler.address} has no workers. Start "
                "some, for example with “dask worker ADDRESS”, and run it again."
            ) from error
        yield client


@contextmanager
def told_if_gone() -> Iterator[None]:
    """Say in a sentence that a scheduler does not answer any more."""
    try:
        yield
    except TimeoutError:
        raise
    except (OSError, CancelledError) as error:
        raise ClusterError(GONE) from error


def import_distributed() -> Any:
    """Import what speaks with a cluster.

    Raises
    ------
    OptionError
        If it is missing.
    """
    try:
        import distributed
    except ImportError as error:
        raise OptionError(EXTRA) from error
    return distributed


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from printing tracebacks of lost connections."""
    handlers = logging.getLogger("distributed").handlers
    levels = [(handler, handler.level) for handler in handlers]
    for handler, level in levels:
        handler.setLevel(max(level, logging.CRITICAL))
    try:
        yield
    finally:
        for handler, level in levels:
            handler.setLevel(level)


def share_cores(cores: int, workers: int) -> int:
    """Tell how many threads each of some processes may use, at least one."""
    return max(1, cores // workers)


def _knock(address: str, patience: float) -> None:
    """Raise `OSError` where nobody listens: a client would try in vain for long.

    `ValueError`, where the address is none: a client would not get rid of itself.
    """
    from distributed.comm.addressing import get_address_host_port, parse_address
    from distributed.comm.registry import get_backend

    scheme, _ = parse_address(address)
    get_backend(scheme)
    if scheme in ("tcp", "tls"):
        host, port = get_address_host_port(address)
        socket.create_connection((host, port), min(patience, ANSWER)).close()


@contextmanager
def _processes(count: Any) -> Iterator[LocalCluster]:
    """Run workers on this machine; none is left behind, however the block is left."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise OptionError(f"workers={count!r} does not work: give a number from 1 on.")
    from distributed import LocalCluster

    threads = share_cores(len(_own_cores()), count)
    try:
        cluster = LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",  # any free port, for this machine alone
            memory_limit=0,  # a large plane takes what it takes, as without a cluster
            silence_logs=logging.CRITICAL,
            env=dict.fromkeys(THREADS, str(threads)),
            preload=["napari_denoise.cluster.deaf"],
        )
    except RuntimeError as error:
        raise ClusterError(
            f"The workers could not be started: {error}. A script that starts them has "
            "to do so below “if __name__ == '__main__':”, because each worker imports "
            "the script."
        ) from error
    with cluster, _kept_alive(cluster, count):
        yield cluster


@contextmanager
def _kept_alive(cluster: LocalCluster, count: int) -> Iterator[None]:
    """Start workers again that Dask gave up: those that die while they are started."""
    over = Event()

    def count_again() -> None:
        while not over.wait(RECOUNT):
            cluster.scale(count)

    keeper = Thread(target=count_again, name="napari-denoise workers", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _own_cores() -> set[int]:
    """Cores that this process may use: a job may own only some of a machine's."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))
