"""What is said and shown of a result: drawn, assessed, and kept for the next run."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.batch.kept import keep, place_of
from napari_denoise.batch.thumbnails import before_and_after
from napari_denoise.batch.wording import sentence
from napari_denoise.errors import DenoiseError
from napari_denoise.files import open_image
from napari_denoise.files.turned import in_order
from napari_denoise.files.whole import whole
from napari_denoise.models import load_model
from napari_denoise.noise import NoiseModel
from napari_denoise.provenance import read_provenance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_denoise.batch.kept import Kept
    from napari_denoise.batch.options import BatchOptions
    from napari_denoise.batch.reader import Reader
    from napari_denoise.batch.records import FileRecord

logger = logging.getLogger(__name__)

KEPT_FACTS = ("model", "axes", "shape", "dtype", "noise", "device", "warnings")
FULL, NOTHING = "full", "none"


@dataclass(frozen=True)
class Look:
    """How results are looked at.

    Attributes
    ----------
    options : BatchOptions
        How they were made.
    folder : Path
        Of all results.
    reader : Reader
        Opens the images that they were made of.
    """

    options: BatchOptions
    folder: Path
    reader: Reader

    def at(self, record: FileRecord, source: Path) -> FileRecord:
        """Draw and assess a result, and keep what is said of it.

        Parameters
        ----------
        record : FileRecord
            Of the result.
        source : Path
            Of the image.

        Returns
        -------
        FileRecord
            With its facts and its picture; what of it does not work is a warning, as
            the result is there.
        """
        target = self.folder / record.output
        told = read_provenance(target)
        facts = {name: told[name] for name in KEPT_FACTS if name in told}
        picture, trouble = "", list[str]()
        notes = list[str]()
        with (
            _noting(trouble, "It could not be looked at: "),
            self.reader.open_image(source, record.series) as noisy,
            open_image(target) as result,
        ):
            notes += noisy.notes
            shape = noisy.data.shape
            axes = resolve_axes(shape, self.options.axes, noisy.axes)
            made = in_order(result, axes)
            with _noting(trouble, "It could not be assessed: "):
                facts["assessment"] = self._assess(noisy.data, made, axes, facts)
            with _noting(trouble, "Its picture could not be made: "):
                picture = self._draw(record, noisy.data, made, Layout(shape, axes))
        facts["warnings"] = [*notes, *facts.get("warnings", ()), *trouble]
        record = replace(record, facts=facts, picture=picture)
        unkept = list[str]()
        with _noting(unkept, "What is told here could not be kept: "):
            keep(self.folder, record)
        return record.with_remark(*unkept) if unkept else record

    def remembered(self, kept: Kept | None) -> FileRecord | None:
        """Take what was said of a result when it was made.

        Parameters
        ----------
        kept : Kept or None
            What is known of it.

        Returns
        -------
        FileRecord or None
            None if nothing is known, or less than is asked for.
        """
        if kept is None or not (self.folder / kept.record.picture).is_file():
            return None
        assessed = kept.record.facts.get("assessment")
        asked = self.options.assess
        enough = assessed is not None and (
            asked == NOTHING or (assessed and (asked != FULL or assessed.get("model")))
        )
        return replace(kept.record, outcome="skipped") if enough else None

    def _draw(self, record: FileRecord, noisy: Any, result: Any, layout: Layout) -> str:
        place = place_of(self.folder, record.output, ".png")
        place.parent.mkdir(parents=True, exist_ok=True)
        picture = before_and_after(noisy, result, layout)
        with whole(place) as partial:
            picture.save(partial, "PNG")
        return place.relative_to(self.folder).as_posix()

    def _assess(
        self, noisy: Any, result: Any, axes: str, facts: dict[str, Any]
    ) -> dict[str, Any]:
        """Say how good a result is; that it cannot be said is no failure."""
        if self.options.assess == NOTHING:
            return {}
        from napari_denoise.trust.assessment import NO_MODEL, assess

        full = self.options.assess == FULL
        noise = [NoiseModel.from_dict(plain) for plain in facts.get("noise", [])]
        try:
            found = assess(
                noisy,
                result,
                noise or "none",
                model=load_model(self.options.model) if full else None,
                axes=axes,
                strength=self.options.strength,
                neighbours=self.options.neighbours,
                device=self.options.device,
            )
        except DenoiseError as error:
            return {"warnings": [str(error)]}
        said = found.to_dict()
        if not full:  # what it takes a model to say was not asked for
            said["warnings"] = [w for w in found.warnings if w != NO_MODEL]
        return said


@contextmanager
def _noting(words: list[str], before: str) -> Iterator[None]:
    """Go on where something goes wrong: the result is there all the same."""
    try:
        yield
    except Exception as error:
        logger.debug("%s", before, exc_info=True)
        words.append(before + sentence(error))
