"""Every way in which a run can end in its thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_denoise._napari.jobs import StepsWorker, explain
from napari_denoise.errors import Cancelled, DenoiseError, DeviceError, ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 10_000


def test_a_runtime_error_is_told_and_not_lost(qtbot: Any) -> None:
    def steps(cancelled: Callable[[], bool]) -> Iterator[int]:
        yield 1
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    worker = StepsWorker(steps)
    with qtbot.waitSignals([worker.errored, worker.finished], timeout=SECONDS) as told:
        worker.start()
    (error,) = told.all_signals_and_args[0].args
    assert isinstance(error, DeviceError)
    assert "enough memory" in explain(error)
    assert not worker.is_running


def test_other_runtime_errors_keep_their_words(qtbot: Any) -> None:
    def steps(cancelled: Callable[[], bool]) -> Iterator[int]:
        yield 1
        raise RuntimeError("weights and input differ")

    worker = StepsWorker(steps)
    with qtbot.waitSignal(worker.errored, timeout=SECONDS) as told:
        worker.start()
    assert isinstance(told.args[0], DenoiseError)
    assert "weights and input differ" in explain(told.args[0])


@pytest.mark.parametrize("polls", [True, False])
def test_quit_ends_the_run_and_runs_its_cleanup(qtbot: Any, polls: bool) -> None:
    cleaned = []

    def steps(cancelled: Callable[[], bool]) -> Iterator[int]:
        try:
            while True:
                if polls and cancelled():
                    raise Cancelled("stopped")
                yield 1
        finally:
            cleaned.append(True)

    worker = StepsWorker(steps)
    returned: list[Any] = []
    worker.returned.connect(returned.append)
    with qtbot.waitSignal(worker.yielded, timeout=SECONDS):
        worker.start()
    with qtbot.waitSignals([worker.aborted, worker.finished], timeout=SECONDS):
        worker.quit()
    assert cleaned == [True]
    assert returned == []


def test_errors_are_explained_in_sentences(caplog: pytest.LogCaptureFixture) -> None:
    assert explain(ImageError("Labels cannot be denoised.")) == (
        "Labels cannot be denoised."
    )
    assert not caplog.records
    assert "enough memory" in explain(MemoryError())
    assert explain(KeyError("gain")) == "Denoising failed: 'gain'"
    assert explain(ZeroDivisionError()) == "Denoising failed: ZeroDivisionError"
    assert len(caplog.records) == 3
