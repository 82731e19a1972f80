"""One run of the core in a worker thread, from start to every way it can end."""

from __future__ import annotations

import functools
import logging
import threading
from typing import TYPE_CHECKING, Any

from superqt.utils import GeneratorWorker

from napari_denoise._napari.lazy import discard
from napari_denoise.errors import Cancelled, DenoiseError, DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_denoise._napari.layers import Snapshot
    from napari_denoise._napari.view import View
    from napari_denoise.denoising import (
        Denoised,
        NoiseMeasured,
        OutputOpened,
        TileDone,
    )

    Steps = Generator[NoiseMeasured | OutputOpened | TileDone, None, Denoised]

logger = logging.getLogger(__name__)


class StepsWorker(GeneratorWorker):  # type: ignore[type-arg]
    """A worker that can be stopped inside a tile and always says how it ended.

    The generator function gets ``cancelled``, a callable that is true once
    :meth:`quit` was called; napari calls that too, when its window closes.
    """

    def __init__(self, func: Callable[..., Steps], *args: Any, **kwargs: Any) -> None:
        self._cancelled = threading.Event()
        super().__init__(func, *args, cancelled=self._cancelled.is_set, **kwargs)

    def quit(self) -> None:
        """Ask the run to stop; nothing of it will be kept."""
        self._cancelled.set()
        super().quit()

    def work(self) -> Any:
        """Run the generator to its end, and close it whatever happens."""
        try:
            result = super().work()
        except Cancelled:
            self.aborted.emit()
            return None
        finally:
            # Between yields a quit leaves the generator's `finally` blocks unrun.
            self._gen.close()
        if isinstance(result, RuntimeError):
            # The base class would end here without any signal.
            raise _translated(result) from result
        return result


class _Named(functools.partial):  # type: ignore[type-arg]
    """A function that napari's dialogs show by a name that a person can read."""

    name: str

    def __str__(self) -> str:
        return self.name


def _steps(
    image: Any,
    model: Any,
    view: View | None,
    cancelled: Callable[[], bool],
    **options: Any,
) -> Steps:
    options["cancelled"] = cancelled
    if view is None:
        from napari_denoise.denoising import denoise_steps  # torch: in this thread

        denoised = yield from denoise_steps(image, model, **options)
        if cancelled():  # after the last tile: still nothing is kept
            discard(denoised.data)
            raise Cancelled("Cancelled: nothing was changed.")
        return denoised
    from napari_denoise.part import denoise_part_steps
    from napari_denoise.surroundings import Part

    part = Part(dict(view.place), view.rows, view.columns)
    return (yield from denoise_part_steps(image, part, model, **options))


def make_worker(
    source: Snapshot, model: Any, options: dict[str, Any], view: View | None = None
) -> StepsWorker:
    """Prepare a run; connect its signals, then call ``start()``.

    Parameters
    ----------
    source : Snapshot
        What to denoise.
    model : str or list of str
        Name of a model, or one per channel.
    options : dict
        Options of ``denoise_steps``, or of ``denoise_part_steps`` with a view.
    view : View, optional
        Only this part of it.

    Returns
    -------
    StepsWorker
        Signals: ``yielded`` (OutputOpened, NoiseMeasured, TileDone),
        ``returned`` (Denoised), ``errored`` (see :func:`explain`), ``aborted``,
        ``finished``.
    """
    name = f"denoising of {source.name}"
    return steps_worker(name, _steps, source.data, model, view, **options)


def steps_worker(
    name: str, steps: Callable[..., Any], *args: Any, **kwargs: Any
) -> StepsWorker:
    """Prepare a worker for a generator of the core.

    Parameters
    ----------
    name : str
        By which napari's dialogs call it.
    steps : callable
        Generator function; takes ``cancelled`` besides what follows.
    *args, **kwargs
        For `steps`.

    Returns
    -------
    StepsWorker
        Not started yet.
    """
    from napari.qt.threading import create_worker

    named = _Named(steps)
    named.name = name
    # create_worker lets napari ask before it closes its window over a run. It keeps
    # function and worker as long as the window: neither may hold the image.
    worker: StepsWorker = create_worker(
        named,
        *args,
        _start_thread=False,
        _ignore_errors=True,
        _worker_class=StepsWorker,
        **kwargs,
    )
    worker.warned.connect(_log_warning)
    return worker


def explain(error: BaseException) -> str:
    """One or two sentences for the user.

    Parameters
    ----------
    error : BaseException
        What ``errored`` carried, or what a snapshot raised.
    """
    if isinstance(error, DenoiseError):
        return str(error)
    logger.error("Denoising failed unexpectedly", exc_info=error)
    if isinstance(error, MemoryError):
        return str(_out_of_memory())
    return f"Denoising failed: {str(error) or type(error).__name__}"


def _translated(error: RuntimeError) -> DenoiseError:
    if "out of memory" in str(error).lower():
        return _out_of_memory()
    logger.error("Denoising failed unexpectedly", exc_info=error)
    return DenoiseError(f"Denoising failed: {error}")


def _out_of_memory() -> DeviceError:
    return DeviceError(
        "There was not enough memory for this image. Close other images and "
        "programs, or choose the CPU as device, and run again."
    )


def _log_warning(warning: tuple[Any, ...]) -> None:
    message, category, filename, line = warning[:4]
    logger.warning("%s: %s (%s:%s)", category.__name__, message, filename, line)
