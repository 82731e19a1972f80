"""A folder denoised file by file; what is there already is not done again."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.batch.events import FileDone, FileProgress, FolderRead
from napari_denoise.batch.file_work import REPORT_FILES, FileWork
from napari_denoise.batch.items import ALL, find_items
from napari_denoise.batch.options import SHARED, BatchOptions
from napari_denoise.batch.pace import Pace
from napari_denoise.batch.reader import OwnFormats
from napari_denoise.batch.records import BatchReport, FileRecord
from napari_denoise.batch.reporting import write_report
from napari_denoise.batch.shared_noise import shared_noise
from napari_denoise.errors import Cancelled, DenoiseError, FileError
from napari_denoise.progress import TileDone, run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from napari_denoise.batch.events import BatchSteps
    from napari_denoise.batch.items import Item
    from napari_denoise.batch.reader import Reader

logger = logging.getLogger(__name__)


def denoise_folder(
    source: str | Path, target: str | Path, model: Any = "unet", **options: Any
) -> BatchReport:
    """Denoise all images of a folder.

    Parameters
    ----------
    source, target, model, **options
        As :func:`batch_steps` takes them.

    Returns
    -------
    BatchReport
        Which files were done, were there already, or failed and why.

    Raises
    ------
    DenoiseError
        If the folder, the model or an option does not work; never for a single file.

    Examples
    --------
    >>> from napari_denoise import denoise_folder
    >>> report = denoise_folder("raw", "denoised", noise="shared")  # doctest: +SKIP
    >>> report.done, report.skipped, len(report.failed)  # doctest: +SKIP
    (12, 0, 0)
    """
    return run_to_end(batch_steps(source, target, model, **options))


def batch_steps(
    source: str | Path,
    target: str | Path,
    model: Any = "unet",
    *,
    pattern: str | Sequence[str] = ALL,
    recursive: bool = True,
    overwrite: bool = False,
    reader: Reader | None = None,
    scheduler: Any = None,
    workers: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    **options: Any,
) -> BatchSteps:
    """Denoise all images of a folder, step by step.

    A result gets its name only once it is complete, and tells of what and how it was
    made. So after a stop or a kill the same call does what is missing; a changed
    image, model or option has its results made again.

    Parameters
    ----------
    source : str or Path
        Folder of images: TIFF files and OME-Zarr folders.
    target : str or Path
        Folder of the results, a mirror of `source`; made if it is not there. The
        report is written there too.
    model : str, Path or Model
        As :func:`napari_denoise.denoise` takes it.
    pattern : str or sequence of str
        Of file names, or of paths below `source`, such as ``"*.tif"``, ``"day1/*"``.
    recursive : bool
        Whether folders below `source` are looked into.
    overwrite : bool
        Whether files in `target` that are no results of napari-denoise are replaced.
    reader : Reader, optional
        Opens the files; by default TIFF files and OME-Zarr folders are read.
    scheduler : str or Cluster, optional
        Has the files denoised by the workers of a Dask cluster: its address, or itself.
    workers : int, optional
        Has them denoised by so many processes of this machine.
    cancelled : callable, optional
        Looked at before each layer of the network; when it returns true, `Cancelled`
        is raised. What was done before is kept, and reported.
    **options
        `axes`, `noise`, `strength`, `neighbours`, `device`, `tile`, `dtype`, `form`
        and `assess`, as `BatchOptions` has them.

    Yields
    ------
    FolderRead, FileProgress, FileDone

    Returns
    -------
    BatchReport

    Raises
    ------
    DenoiseError
        If the folder, the model or an option does not work; never for a single file.
    """
    began = time.perf_counter()
    alone = scheduler is None and workers is None
    chosen = _options(model, options)
    # Workers have devices of their own, and may stand in another folder.
    loaded = (chosen if alone else replace(chosen, device="auto")).check()
    origin, folder = (
        path if alone else path.absolute() for path in (Path(source), Path(target))
    )
    opener = reader or OwnFormats()
    items = find_items(
        origin,
        folder,
        pattern=pattern,
        recursive=recursive,
        form=chosen.form,
        is_image=opener.is_image,
    )
    yield FolderRead(len(items), sum(item.bytes for item in items))
    _make_folder(folder)
    if chosen.noise == SHARED:
        models = shared_noise(items, chosen.axes, folder / REPORT_FILES, opener)
        chosen = replace(chosen, noise=models)
    work = FileWork(chosen, chosen.fingerprint(loaded), folder, overwrite, opener)
    # Loaded once: by its name it would be read again for each file.
    work = replace(work, options=replace(chosen, model=loaded))
    records: list[FileRecord] = []
    with nullcontext(_each) if alone else _away(work, origin, scheduler, workers) as go:
        try:
            yield from go(work, items, records, cancelled)
        finally:
            table, page = write_report(folder, records, chosen)
    return BatchReport(tuple(records), time.perf_counter() - began, table, page)


def file_steps(
    work: FileWork, item: Item, cancelled: Callable[[], bool] | None = None
) -> Generator[Any, None, tuple[FileRecord, ...]]:
    """Work on a file; what is wrong with it is told in its record.

    Parameters
    ----------
    work : FileWork
        How.
    item : Item
        The file.
    cancelled : callable, optional
        Looked at before each layer of the network.

    Yields
    ------
    OutputOpened, NoiseMeasured, TileDone

    Returns
    -------
    tuple of FileRecord

    Raises
    ------
    Cancelled
        If `cancelled` became true.
    """
    began = time.perf_counter()
    try:
        return (yield from work.steps(item, cancelled))
    except Cancelled:
        raise
    except Exception as error:
        logger.debug("%s failed", item.name, exc_info=True)
        seconds = time.perf_counter() - began
        failed = FileRecord(
            file=item.name, outcome="failed", error=sentence(error), seconds=seconds
        )
        return (failed,)


def sentence(error: Exception) -> str:
    """Say what went wrong with a file."""
    if isinstance(error, DenoiseError):
        return str(error)
    if isinstance(error, MemoryError):
        return "The memory does not suffice. Close other programs and run it again."
    return f"It cannot be read or written ({type(error).__name__}: {error})."


def _options(model: Any, options: dict[str, Any]) -> BatchOptions:
    try:
        return BatchOptions(model=model, **options)
    except TypeError as error:
        raise TypeError(f"denoise_folder: {error}") from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"The folder {folder} for the results cannot be made: "
            f"{error.strerror or error}."
        ) from error


def _away(work: FileWork, source: Path, scheduler: Any, workers: int | None) -> Any:
    """Have other processes do what `_each` does."""
    from napari_denoise.cluster.folder import crew_for_files

    return crew_for_files(work, source, scheduler, workers)


def _each(
    work: FileWork,
    items: Sequence[Item],
    records: list[FileRecord],
    cancelled: Callable[[], bool] | None,
) -> Generator[FileProgress | FileDone, None, None]:
    """Work the files off, and tell how far it is with all of them."""
    pace = Pace([item.bytes for item in items])
    for number, item in enumerate(items, 1):
        steps = file_steps(work, item, cancelled)
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                found: tuple[FileRecord, ...] = end.value
                break
            if isinstance(step, TileDone):
                share = step.done / max(step.total, 1)
                yield FileProgress(item.name, share, *pace.within(share))
        records += found
        pace.finish(done=any(record.outcome == "done" for record in found))
        yield FileDone(found, number, len(items), *pace.within(0.0))
