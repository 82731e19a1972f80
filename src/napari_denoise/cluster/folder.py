"""A folder of images denoised by many workers, a file each."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_denoise.batch.events import FileDone
from napari_denoise.batch.pace import Pace
from napari_denoise.batch.records import FileRecord
from napari_denoise.cluster.crew import Crew
from napari_denoise.cluster.named import NamedModel, without_fits
from napari_denoise.cluster.workers import clean_up, device_here, unwanted
from napari_denoise.errors import WorkerLost
from napari_denoise.progress import run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from distributed import Client

    from napari_denoise.batch.file_work import FileWork
    from napari_denoise.batch.items import Item
    from napari_denoise.models import Model

    Each = Callable[..., Generator[Any, None, None]]


@dataclass(frozen=True)
class Files:
    """How files are worked on: plain data, sent with each of them.

    Attributes
    ----------
    work : FileWork
        Without its model.
    model : NamedModel
    gpus : dict of str to int
        As `share_devices` returns it.
    """

    work: FileWork
    model: NamedModel
    gpus: dict[str, int]

    def __call__(self, numbered: tuple[int, Item]) -> tuple[FileRecord, ...]:
        """Work on a file from begin to end, on a worker."""
        device = device_here(self.work.options.device, self.gpus)
        options = replace(self.work.options, model=self.model.load(), device=device)
        work = replace(self.work, options=options)
        try:
            return run_to_end(work.steps(numbered[1], unwanted()))
        finally:
            clean_up(device)


@contextmanager
def crew_for_files(
    client: Client, model: Model, device: str, source: Path, folder: Path
) -> Iterator[Each]:
    """Look whether workers can work on the files of a folder.

    Parameters
    ----------
    client : distributed.Client
        Knows the workers.
    model : Model
        Loaded.
    device : str
        As the user named it.
    source, folder : Path
        Of the images and of the results: paths that hold on all machines.

    Yields
    ------
    callable
        Does what the loop over the files does on one machine.

    Raises
    ------
    DenoiseError
        If one of the workers cannot do the work.
    """
    named = NamedModel.of(model)
    with Crew(client) as crew:
        crew.check(source, folder, [named], device)

        def each(
            work: FileWork,
            items: Sequence[Item],
            records: list[FileRecord],
            cancelled: Callable[[], bool] | None,
        ) -> Generator[FileDone, None, None]:
            options = replace(
                work.options, model=named.name, noise=without_fits(work.options.noise)
            )
            files = Files(replace(work, options=options), named, crew.gpus)
            return _each(crew, files, items, records, cancelled)

        yield each


def _each(
    crew: Crew,
    files: Files,
    items: Sequence[Item],
    records: list[FileRecord],
    cancelled: Callable[[], bool] | None,
) -> Generator[FileDone, None, None]:
    """Work the files off as there are hands; the records end in order of the files."""
    pace = Pace([item.bytes for item in items])
    places: dict[str, int] = {item.name: place for place, item in enumerate(items)}
    try:
        with closing(crew.work_off(files, enumerate(items), cancelled)) as finished:
            for number, ((place, item), found) in enumerate(finished, 1):
                told = _lost(item, found) if isinstance(found, WorkerLost) else found
                records += told
                done = any(record.outcome == "done" for record in told)
                pace.finish(done=done, number=place)
                yield FileDone(told, number, len(items), *pace.within(0.0))
    finally:
        records.sort(key=lambda record: (places[record.file], record.series))


def _lost(item: Item, error: WorkerLost) -> tuple[FileRecord, ...]:
    return (FileRecord(file=item.name, outcome="failed", error=str(error)),)
