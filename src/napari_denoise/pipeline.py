"""Reading ahead and writing behind: a network waits for no disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    Later = Callable[[Callable[[], object]], None]

Item = TypeVar("Item")


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Fetch the next item in a thread while the one before is worked on.

    Parameters
    ----------
    items : iterator
        Not of None; run in a thread of its own, one item ahead.

    Yields
    ------
    object
        The items. What goes wrong with one is raised where it would be yielded.
    """
    with ThreadPoolExecutor(1, "napari-denoise reading") as reader:
        coming = reader.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = reader.submit(next, items, None)
            yield item


@contextmanager
def write_behind() -> Iterator[Later]:
    """Do things in a thread, one after the other, while others are worked on.

    Yields
    ------
    callable
        Takes a function to be called. It waits for the one before, so that never more
        than one result is kept for it, and raises what went wrong there.

    Raises
    ------
    Exception
        What the last function raised, when the block is left.
    """
    last: Future[object] | None = None
    with ThreadPoolExecutor(1, "napari-denoise writing") as writer:

        def later(task: Callable[[], object]) -> None:
            nonlocal last
            if last is not None:
                last.result()
            last = writer.submit(task)

        yield later
        if last is not None:
            last.result()


@contextmanager
def write_at_once() -> Iterator[Later]:
    """Do things at once; in place of :func:`write_behind` where memory is short.

    Yields
    ------
    callable
        Calls the function that it takes.
    """

    def now(task: Callable[[], object]) -> None:
        task()

    yield now
