"""Whether workers can do the work: those that are there, and those that come later."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from napari_denoise.cluster.workers import Needs, Worker, look_around
from napari_denoise.errors import FileError
from napari_denoise.files.whole import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEPT = 8
"""Of so many runs a process remembers that it has what they need."""


@dataclass(frozen=True)
class Passed:
    """A worker cannot do the work, and another one has to.

    Attributes
    ----------
    address : str
        By which the scheduler knows it.
    worker : Worker
        What it says of itself.
    """

    address: str
    worker: Worker


@dataclass(frozen=True)
class Checked:
    """A task before which a process looks once whether it can do it.

    Attributes
    ----------
    task : callable
        Takes a piece of the work.
    needs : Needs
        What it takes.
    """

    task: Callable[[Any], Any]
    needs: Needs

    def __call__(self, piece: Any) -> Any:
        """Do a piece, or pass it on."""
        try:
            _look_once(self.needs)
        except _Unfit as found:
            return found.passed
        return self.task(piece)


class _Unfit(Exception):
    def __init__(self, passed: Passed) -> None:
        super().__init__(passed)
        self.passed = passed


@lru_cache(KEPT)  # what is raised is not kept: a disk may be there a little later
def _look_once(needs: Needs) -> None:
    from distributed import get_worker

    here: Any = get_worker()
    found = look_around(needs, here)
    if found.trouble:
        raise _Unfit(Passed(here.address, found))


def ask(client: Any, needs: Needs) -> dict[str, Worker]:
    """Have all workers look around.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    needs : Needs
        What they should have.

    Returns
    -------
    dict of str to Worker
        By address; one that lacks the software answers with an error.
    """
    answers = client.run(look_around, needs, on_error="return")
    return {address: _understood(address, it) for address, it in answers.items()}


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


class _Over(Exception):
    """Leaves a file without a name."""


@contextmanager
def sign_in(folder: Path) -> Iterator[Path]:
    """Put a hidden file where all workers should find it.

    Parameters
    ----------
    folder : Path
        Where the results will lie.

    Yields
    ------
    Path
        Of the file. What runs left that were killed is removed, as with results.

    Raises
    ------
    FileError
        If nothing can be written there.
    """
    with suppress(_Over), whole(folder / "napari-denoise") as sign:
        try:
            sign.touch()
        except OSError as error:
            raise FileError(
                f"Nothing can be written into {folder}: {error.strerror or error}."
            ) from error
        yield sign
        raise _Over
