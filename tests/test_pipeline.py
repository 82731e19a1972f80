"""Reading ahead and writing behind, with real threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_denoise import denoise
from napari_denoise.denoising import denoise_steps
from napari_denoise.errors import Cancelled, FileError
from napari_denoise.pipeline import read_ahead, write_at_once, write_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Threads = Callable[[], list[str]]

PATIENCE = 10
"""Seconds after which a thread that should have come is taken for missing."""


@pytest.fixture
def threads() -> Threads:
    """List the threads that were not there before: others may still be ending."""
    before = set(threading.enumerate())

    def threads() -> list[str]:
        new = set(threading.enumerate()) - before
        return [t.name for t in new if "napari-denoise" in t.name]

    return threads


def test_items_come_in_order(threads: Threads) -> None:
    assert list(read_ahead(iter(range(1, 100)))) == list(range(1, 100))
    assert not threads()


def test_the_next_item_is_read_while_one_is_worked_on() -> None:
    second = threading.Event()

    def items() -> Iterator[str]:
        yield "first"
        second.set()
        yield "second"

    for number, _ in enumerate(read_ahead(items())):
        if number == 0:
            assert second.wait(PATIENCE)


def test_no_more_than_one_item_is_read_ahead(threads: Threads) -> None:
    read = []
    ahead = read_ahead(read.append(n) or n for n in range(1, 9))  # type: ignore[func-returns-value]
    assert next(ahead) == 1
    assert next(ahead) == 2
    ahead.close()  # type: ignore[attr-defined]
    assert read in ([1, 2], [1, 2, 3])
    assert not threads()


def test_what_goes_wrong_with_an_item_comes_in_its_turn(threads: Threads) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise FileError("The second plane is damaged.")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(FileError, match="second plane"):
        next(ahead)
    assert not threads()


def test_work_goes_on_while_something_is_written(threads: Threads) -> None:
    begun, may_end, written = threading.Event(), threading.Event(), []

    def write() -> None:
        begun.set()
        assert may_end.wait(PATIENCE)
        written.append(1)

    with write_behind() as later:
        later(write)
        assert begun.wait(PATIENCE)
        assert not written
        may_end.set()
        later(lambda: written.append(2))
        assert written[:1] == [1]  # it waited for the one before
    assert written == [1, 2]
    assert not threads()


@pytest.mark.parametrize("more", [True, False])
def test_what_goes_wrong_in_writing_is_told(more: bool) -> None:
    def full() -> None:
        raise OSError("No space left on device")

    def write() -> None:
        with write_behind() as later:
            later(full)
            if more:
                later(lambda: None)

    with pytest.raises(OSError, match="No space"):
        write()


def test_at_once_means_at_once() -> None:
    with write_at_once() as now:
        written: list[int] = []
        now(lambda: written.append(1))
        assert written == [1]


class Watched:
    """An image that notes which thread reads each plane."""

    def __init__(self, pixels: np.ndarray, at_plane: Callable[[int], object]) -> None:
        self.pixels, self.at_plane = pixels, at_plane
        self.shape, self.dtype = pixels.shape, pixels.dtype

    def __getitem__(self, index: tuple[int | slice, ...]) -> np.ndarray:
        if isinstance(index[0], int):
            self.at_plane(index[0])
        return self.pixels[index]


@pytest.fixture
def stack() -> np.ndarray:
    return np.random.default_rng(0).poisson(20, (6, 40, 48)).astype(np.float32)


def test_planes_are_read_in_another_thread_and_come_out_the_same(
    stack: np.ndarray,
) -> None:
    readers = set()
    image = Watched(stack, lambda _: readers.add(threading.current_thread().name))
    result = denoise(image, "tikhonov", noise=4.5)
    assert any("reading" in name for name in readers)
    np.testing.assert_array_equal(result, denoise(stack, "tikhonov", noise=4.5))


def test_large_planes_are_read_one_at_a_time(
    stack: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = denoise(stack, "tikhonov", noise=4.5)
    monkeypatch.setattr("napari_denoise.job.LARGE_PLANE", 40 * 48 - 1)
    readers = set()
    image = Watched(stack, lambda _: readers.add(threading.current_thread().name))
    np.testing.assert_array_equal(denoise(image, "tikhonov", noise=4.5), expected)
    assert not any("reading" in name for name in readers)


def test_a_cancelled_run_leaves_no_thread(stack: np.ndarray, threads: Threads) -> None:
    stop: list[int] = []
    steps = denoise_steps(stack, "tikhonov", noise=4.5, cancelled=lambda: bool(stop))
    for number, _ in enumerate(steps):
        if number == 2:
            stop.append(1)
            break
    with pytest.raises(Cancelled):
        list(steps)
    assert not threads()


def test_a_run_that_is_given_up_leaves_no_thread(
    stack: np.ndarray, threads: Threads
) -> None:
    steps = denoise_steps(stack, "tikhonov", noise=4.5)
    next(steps)
    next(steps)
    steps.close()
    assert not threads()


def test_a_plane_that_cannot_be_read_is_told(
    stack: np.ndarray, threads: Threads
) -> None:
    def broken(plane: int) -> None:
        if plane == 4 and "reading" in threading.current_thread().name:
            raise FileError("Plane 4 is damaged.")

    with pytest.raises(FileError, match="Plane 4"):
        denoise(Watched(stack, broken), "tikhonov", noise=4.5)
    assert not threads()
