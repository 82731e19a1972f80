"""One file of a batch: read, denoised, written; or found to be done already."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

from napari_denoise.batch.earlier import with_remains
from napari_denoise.batch.kept import is_whole, recall
from napari_denoise.batch.look import Look
from napari_denoise.batch.options import BatchOptions, digest
from napari_denoise.batch.reader import OwnFormats, Reader
from napari_denoise.batch.records import FileRecord
from napari_denoise.batch.state import state_of
from napari_denoise.batch.wording import sentence, shortened
from napari_denoise.denoising import denoise_steps
from napari_denoise.errors import Cancelled, FileError, PartOfImage
from napari_denoise.files import ImageTarget, read_mark
from napari_denoise.files.creating import facts_path
from napari_denoise.models import load_model
from napari_denoise.provenance import read_provenance
from napari_denoise.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from napari_denoise.batch.items import Item
    from napari_denoise.progress import NoiseMeasured, OutputOpened, TileDone

    Step = NoiseMeasured | OutputOpened | TileDone
    RecordSteps = Generator[Step, None, FileRecord]
    FileSteps = Generator[Step, None, tuple[FileRecord, ...]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileWork:
    """How each file of a batch is treated: plain data, which other machines take.

    Attributes
    ----------
    options : BatchOptions
        Checked; the noise among them measured, if it is shared.
    fingerprint : str
        Of the options and the model's weights.
    folder : Path
        Of all results.
    overwrite : bool
        Whether files that are no results of napari-denoise are replaced.
    reader : Reader
        Opens the files.
    """

    options: BatchOptions
    fingerprint: str
    folder: Path
    overwrite: bool = False
    reader: Reader = field(default_factory=OwnFormats)

    def steps(
        self, item: Item, cancelled: Callable[[], bool] | None = None
    ) -> FileSteps:
        """Denoise each image of a file that is not there yet.

        Parameters
        ----------
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
            One per image in the file.

        Raises
        ------
        Cancelled
            If `cancelled` became true. What else goes wrong is told in the records:
            nothing has a final name then.
        """
        began = perf_counter()
        try:
            if item.trouble:
                raise FileError(item.trouble)
            count = len(self.reader.series_names(item.source))
        except Exception as error:
            logger.debug("%s failed", item.name, exc_info=True)
            return with_remains(item, 0, [_without(item, 0, error, began)])
        records = []
        for number in range(count):
            began = perf_counter()
            try:
                record = yield from self._image(item, number, count, cancelled)
            except Cancelled:
                raise
            except Exception as error:  # whatever it is, the others go on
                logger.debug("%s failed", item.name, exc_info=True)
                record = _without(item, number, error, began)
            records.append(record)
        return with_remains(item, count, records)

    def _image(
        self,
        item: Item,
        series: int,
        count: int,
        cancelled: Callable[[], bool] | None,
    ) -> RecordSteps:
        began, target = perf_counter(), item.target_of(series, count)
        facts = {
            "settings": self.fingerprint,
            # Copies may have one size and date: the name tells them apart.
            "name": item.name,
            "file": state_of(item.source),
            "series": series,
        }
        record = FileRecord(
            file=item.name,
            series=series,
            outcome="skipped",
            output=target.relative_to(self.folder).as_posix(),
            mark=digest(facts),
        )
        look = Look(self.options, self.folder, self.reader)
        if self._mark_of(target) == record.mark:
            kept = recall(self.folder, record.output, record.mark)
            if is_whole(target, kept):
                return look.remembered(kept) or look.at(record, item.source)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.reader.open_image(item.source, series) as image:
            out = ImageTarget(
                target, image.info, overwrite=True, mark=record.mark, beside=True
            )
            yield from denoise_steps(
                Source(image.data, image.axes, str(item.source)),
                load_model(self.options.model),
                noise=self.options.noise,
                out=out,
                cancelled=cancelled,
                **self.options.of_denoise(),
            )
        record = replace(record, outcome="done", seconds=perf_counter() - began)
        return look.at(record, item.source)

    def _mark_of(self, target: Path) -> str | None:
        """Read the mark of a result that is there; refuse to replace what is none."""
        beside = facts_path(target)
        there = [path for path in (target, beside) if os.path.lexists(path)]
        found = read_mark(target) if target in there else None
        known = {target: found, beside: beside in there and read_provenance(target)}
        foreign = [path for path in there if not known[path]]
        if foreign and not self.overwrite:
            (which, *_) = foreign
            raise FileError(
                f"{which} is there already and was not made by a batch, so it is not "
                "replaced: move it, or choose another folder for the results."
            )
        return found


def _without(item: Item, series: int, error: Exception, began: float) -> FileRecord:
    """Record why there is no result; a part of another file's image needs none."""
    return FileRecord(
        file=item.name,
        series=series,
        outcome="skipped" if isinstance(error, PartOfImage) else "failed",
        error=shortened(sentence(error), item.source),
        seconds=perf_counter() - began,
    )
