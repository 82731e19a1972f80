"""What runs on a worker besides the work: what it has, and whether it is wanted."""

from __future__ import annotations

import os
import socket
import zlib
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import DenoiseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from napari_denoise.cluster.named import NamedModel

UNWANTED = ("cancelled", "released", "forgotten")
"""States of a task of which nobody awaits the result."""


@dataclass(frozen=True)
class Needs:
    """What every worker has to have.

    Attributes
    ----------
    source : Path
        File or folder that is read.
    size : int
        Its bytes; 0 for a folder.
    sign : Path
        A file that was just put where the results will lie.
    device : str
        As the user named it.
    models : tuple of NamedModel
    version : str
        Of napari-denoise.
    """

    source: Path
    size: int
    sign: Path
    device: str
    models: tuple[NamedModel, ...]
    version: str


@dataclass(frozen=True)
class Worker:
    """What a worker says of itself.

    Attributes
    ----------
    name : str
        Stays the same when its process dies and is started again.
    host : str
    gpus : int
        How many it sees.
    trouble : str
        A sentence; empty where it has what is needed.
    """

    name: str
    host: str
    gpus: int
    trouble: str = ""


def look_around(needs: Needs, dask_worker: Any) -> Worker:
    """Tell what a worker has; Dask calls it there and hands the worker over."""
    name, host = str(dask_worker.name), socket.gethostname()
    try:
        trouble = _missing(needs)
        gpus = 0 if trouble else _gpus(needs.device)
    except DenoiseError as error:
        trouble, gpus = str(error), 0
    return Worker(name, host, gpus, trouble)


def share_devices(workers: Iterable[Worker]) -> dict[str, int]:
    """Give each worker a GPU of its own where its machine has several.

    Parameters
    ----------
    workers : iterable of Worker
        Of all machines, in any order.

    Returns
    -------
    dict of str to int
        Number of the GPU by the worker's name. Those that see one, or none, have no
        entry: there is nothing to choose. More workers than GPUs go round in turn.
    """
    hosts: dict[str, list[Worker]] = defaultdict(list)
    for worker in sorted(workers, key=lambda worker: worker.name):
        if worker.gpus > 1:
            hosts[worker.host].append(worker)
    return {
        worker.name: place % worker.gpus
        for there in hosts.values()
        for place, worker in enumerate(there)
    }


def own_device(asked: str, shared: Mapping[str, int], name: str, gpus: int) -> str:
    """Name the device that a worker uses.

    Parameters
    ----------
    asked : str
        By the user; ``"cpu"`` and ``"cuda:1"`` are kept as they are.
    shared : mapping of str to int
        As :func:`share_devices` returns it.
    name : str
        Of the worker; one that came later takes a GPU by its name.
    gpus : int
        How many it sees.

    Returns
    -------
    str
    """
    if asked not in ("auto", "cuda") or gpus < 2:
        return asked
    number = shared.get(name, zlib.crc32(name.encode()))
    return f"cuda:{number % gpus}"


def device_here(asked: str, shared: Mapping[str, int]) -> str:
    """Name the device of the worker that this runs on."""
    from distributed import get_worker

    name: Any = get_worker().name
    return own_device(asked, shared, str(name), _count_gpus())


def unwanted() -> Callable[[], bool]:
    """Make what tells whether the task that this runs in was given up.

    Dask does not stop what has begun. But it tells the worker, when the task was
    cancelled as when its client has gone.

    Returns
    -------
    callable
        May be called in any thread.
    """
    from distributed import get_worker

    worker: Any = get_worker()
    key, tasks = worker.get_current_task(), worker.state.tasks

    def gone() -> bool:
        task = tasks.get(key)
        return task is None or task.state in UNWANTED

    return gone


def clean_up(device: str) -> None:
    """Give a GPU's cached memory back: other workers may share it."""
    from napari_denoise.devices import choose_device, free_memory

    free_memory(choose_device(device))


def _missing(needs: Needs) -> str:
    here = version("napari-denoise")
    if here != needs.version:
        return (
            f"It has napari-denoise {here}, but the work was sent by {needs.version}: "
            "install the same version there."
        )
    if not needs.source.exists():
        return _unseen(needs.source)
    if needs.size and needs.source.stat().st_size != needs.size:
        return f"It sees another file under the name {needs.source}."
    if not needs.sign.exists():
        return _unseen(needs.sign.parent)
    if not os.access(needs.sign.parent, os.W_OK):
        return f"It may not write into {needs.sign.parent}."
    for model in needs.models:
        model.load()
    return ""


def _unseen(path: Path) -> str:
    return (
        f"It does not see {path}. Images and results have to lie in a file system that "
        "all machines share, under the same path."
    )


def _gpus(device: str) -> int:
    from napari_denoise.devices import choose_device

    choose_device(device)
    return _count_gpus()


def _count_gpus() -> int:
    import torch

    return torch.cuda.device_count()
