"""A folder denoised file by file; what is there already is not done again."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from napari_denoise.batch.events import FileDone, FileProgress, FolderRead
from napari_denoise.batch.file_work import FileWork
from napari_denoise.batch.items import find_items
from napari_denoise.batch.options import SHARED, BatchOptions
from napari_denoise.batch.originals import check_originals
from napari_denoise.batch.pace import Pace
from napari_denoise.batch.reader import OwnFormats
from napari_denoise.batch.records import BatchReport, FileRecord
from napari_denoise.batch.reporting import check_report, write_report
from napari_denoise.batch.searching import ALL, REPORT_FILES
from napari_denoise.batch.shared_noise import searched, shared_noise
from napari_denoise.errors import FileError
from napari_denoise.progress import TileDone, run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from contextlib import AbstractContextManager

    from distributed import Client

    from napari_denoise.batch.events import BatchSteps
    from napari_denoise.batch.items import Item
    from napari_denoise.batch.reader import Reader


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
        `FileProgress` only where no cluster does the work.

    Returns
    -------
    BatchReport

    Raises
    ------
    DenoiseError
        If the folder, the model or an option does not work; never for a single file.
    """
    began = time.perf_counter()
    if "" in (source, target):
        raise FileError("Name both folders: that of the images and that of results.")
    alone = scheduler is None and workers is None
    chosen = _options(model, options)
    # Workers have devices of their own.
    loaded = (chosen if alone else replace(chosen, device="auto")).check()
    # Other processes may stand in another folder.
    origin, folder = Path(source).absolute(), Path(target).absolute()
    opener = reader or OwnFormats()
    patterns = [pattern] if isinstance(pattern, str) else list(pattern)
    items = find_items(
        origin,
        folder,
        pattern=patterns,
        recursive=recursive,
        form=chosen.form,
        is_image=opener.is_image,
    )
    check_originals(origin, folder, items)
    yield FolderRead(len(items), sum(item.bytes for item in items))
    records: list[FileRecord] = []
    with ExitStack() as opened:
        client = None if alone else opened.enter_context(_reach(scheduler, workers))
        _make_folder(folder)
        check_report(folder, overwrite=overwrite)
        go = _each
        if client is not None:
            away = _away(client, loaded, chosen.device, origin, folder)
            go = opened.enter_context(away)
        if chosen.noise == SHARED:
            search = searched(origin, patterns, recursive=recursive)
            kept = folder / REPORT_FILES
            models = shared_noise(items, chosen.axes, search, kept, opener, cancelled)
            chosen = replace(chosen, noise=models)
        # Loaded once: by its name the model would be read again for each file.
        wanted, mark = replace(chosen, model=loaded), chosen.fingerprint(loaded)
        work = FileWork(wanted, mark, folder, overwrite, opener)
        try:
            yield from go(work, items, records, cancelled)
        except BaseException:
            with suppress(FileError):  # what came first is told
                write_report(folder, records, chosen, len(items))
            raise
    table, page = write_report(folder, records, chosen, len(items))
    return BatchReport(tuple(records), time.perf_counter() - began, table, page)


def _options(model: Any, options: dict[str, Any]) -> BatchOptions:
    known = [field.name for field in fields(BatchOptions)]
    for name in options:
        if name not in known:
            raise TypeError(
                f"denoise_folder() got an unexpected keyword argument {name!r}: it "
                f"takes those of batch_steps, and {', '.join(known)}."
            )
    return BatchOptions(model=model, **options)


def _make_folder(folder: Path) -> None:
    """Make the folder of the results, and see that it can be written into."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise FileError(
            f"Nothing can be written into the folder {folder} for the results: "
            f"{error.strerror or error}."
        ) from error


def _reach(scheduler: Any, workers: int | None) -> AbstractContextManager[Client]:
    """Reach a cluster, before anything is made or measured for it."""
    from napari_denoise.cluster.connecting import connect

    return connect(scheduler, workers)


def _away(*asked: Any) -> Any:
    """Have other processes do what `_each` does."""
    from napari_denoise.cluster.folder import crew_for_files

    return crew_for_files(*asked)


def _each(
    work: FileWork,
    items: Sequence[Item],
    records: list[FileRecord],
    cancelled: Callable[[], bool] | None,
) -> Generator[FileProgress | FileDone, None, None]:
    """Work the files off, and tell how far it is with all of them."""
    pace = Pace([item.bytes for item in items])
    for number, item in enumerate(items, 1):
        steps = work.steps(item, cancelled)
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
