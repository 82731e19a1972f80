"""One file of a batch: read, denoised, written, looked at; or found to be done."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from napari_denoise.axes import Layout
from napari_denoise.batch.options import BatchOptions, digest
from napari_denoise.batch.reader import OwnFormats, Reader
from napari_denoise.batch.records import FileRecord
from napari_denoise.batch.thumbnails import before_and_after
from napari_denoise.denoising import denoise_steps
from napari_denoise.errors import DenoiseError, FileError
from napari_denoise.files import ImageTarget, open_image, read_mark
from napari_denoise.files.whole import whole
from napari_denoise.models import load_model
from napari_denoise.noise import NoiseModel
from napari_denoise.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_denoise.batch.items import Item
    from napari_denoise.files import ImageFile
    from napari_denoise.progress import NoiseMeasured, OutputOpened, TileDone

    Step = NoiseMeasured | OutputOpened | TileDone
    RecordSteps = Generator[Step, None, FileRecord]
    FileSteps = Generator[Step, None, tuple[FileRecord, ...]]

REPORT_FILES = "report_files"
"""Folder of thumbnails and records, below that of the results."""
KEPT_FACTS = ("model", "axes", "shape", "dtype", "noise", "device", "warnings")


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
        Exception
            Whatever is wrong with the file; nothing has a final name then.
        """
        if item.trouble:
            raise FileError(item.trouble)
        names = self.reader.series_names(item.source)
        records = []
        for number in range(len(names)):
            target = item.target_of(number, len(names))
            records.append((yield from self._image(item, number, target, cancelled)))
        return tuple(records)

    def _image(
        self,
        item: Item,
        series: int,
        target: Path,
        cancelled: Callable[[], bool] | None,
    ) -> RecordSteps:
        began = perf_counter()
        facts = {"settings": self.fingerprint, "file": item.state(), "series": series}
        record = FileRecord(
            file=item.name,
            series=series,
            outcome="skipped",
            output=target.relative_to(self.folder).as_posix(),
            mark=digest(facts),
        )
        if self._stands(target, record.mark):
            return self._remembered(record) or self._look(record, item, target, {})
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.reader.open_image(item.source, series) as image:
            out = ImageTarget(
                target, image.info, overwrite=True, mark=record.mark, beside=True
            )
            denoised = yield from denoise_steps(
                Source(image.data, image.axes, str(item.source)),
                load_model(self.options.model),
                noise=self.options.noise,
                out=out,
                cancelled=cancelled,
                **self.options.of_denoise(),
            )
        record = replace(record, outcome="done", seconds=perf_counter() - began)
        return self._look(record, item, target, denoised.provenance)

    def _stands(self, target: Path, mark: str) -> bool:
        """Whether the result is there already; refuse to replace what is none."""
        if not target.exists():
            return False
        found = read_mark(target)
        if found is None and not self.overwrite:
            raise FileError(
                f"{target} is there already and is no result of napari-denoise, so it "
                "is not replaced: move it, or choose another folder for the results."
            )
        return found == mark

    def _remembered(self, record: FileRecord) -> FileRecord | None:
        """Read what was said of a result when it was made."""
        try:
            text = self._beside(record, ".json").read_text(encoding="utf-8")
            known = FileRecord.from_dict(json.loads(text))
        except (OSError, ValueError, TypeError):
            return None
        return replace(known, outcome="skipped", file=record.file, output=record.output)

    def _look(
        self,
        record: FileRecord,
        item: Item,
        target: Path,
        provenance: dict[str, Any],
    ) -> FileRecord:
        """Draw and assess a result, and keep what is said of it."""
        told = provenance or _provenance_beside(target)
        facts = {name: told[name] for name in KEPT_FACTS if name in told}
        with (
            self.reader.open_image(item.source, record.series) as noisy,
            open_image(target) as result,
        ):
            layout = Layout(noisy.data.shape, told.get("axes") or noisy.axes)
            facts["assessment"] = self._assess(noisy, result, layout.axes, facts)
            picture = before_and_after(noisy.data, result.data, layout)
        place = self._beside(record, ".png")
        place.parent.mkdir(parents=True, exist_ok=True)
        with whole(place) as partial:
            picture.save(partial, "PNG")
        shown = place.relative_to(self.folder).as_posix()
        record = replace(record, facts=facts, picture=shown)
        with whole(self._beside(record, ".json")) as partial:
            partial.write_text(json.dumps(record.to_dict()), encoding="utf-8")
        return record

    def _assess(
        self, noisy: ImageFile, result: ImageFile, axes: str, facts: dict[str, Any]
    ) -> dict[str, Any]:
        """Say how good a result is; that it cannot be said is no failure."""
        if self.options.assess == "none":
            return {}
        from napari_denoise.trust.assessment import assess

        full = self.options.assess == "full"
        noise = [NoiseModel.from_dict(plain) for plain in facts.get("noise", [])]
        try:
            found = assess(
                noisy.data,
                Source(result.data, axes, None),
                noise or "none",
                model=load_model(self.options.model) if full else None,
                axes=axes,
                strength=self.options.strength,
                neighbours=self.options.neighbours,
                device=self.options.device,
            )
        except DenoiseError as error:
            return {"warnings": [str(error)]}
        return found.to_dict()

    def _beside(self, record: FileRecord, suffix: str) -> Path:
        return self.folder / REPORT_FILES / f"{record.mark}{suffix}"


def _provenance_beside(target: Path) -> dict[str, Any]:
    """Read how a result came about from the file that lies beside it."""
    try:
        told: dict[str, Any] = json.loads(Path(f"{target}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told
