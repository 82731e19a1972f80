"""What is said and shown of a result: drawn, assessed, and kept for the next run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.batch.records import FileRecord
from napari_denoise.batch.searching import REPORT_FILES
from napari_denoise.batch.thumbnails import before_and_after
from napari_denoise.errors import DenoiseError
from napari_denoise.files import open_image
from napari_denoise.files.turned import in_order
from napari_denoise.files.whole import whole
from napari_denoise.models import load_model
from napari_denoise.noise import NoiseModel
from napari_denoise.provenance import read_provenance

if TYPE_CHECKING:
    from pathlib import Path

    from napari_denoise.batch.options import BatchOptions
    from napari_denoise.batch.reader import Reader

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
            With its facts and its picture.
        """
        target = self.folder / record.output
        told = read_provenance(target)
        facts = {name: told[name] for name in KEPT_FACTS if name in told}
        with (
            self.reader.open_image(source, record.series) as noisy,
            open_image(target) as result,
        ):
            facts["warnings"] = [*noisy.notes, *facts.get("warnings", ())]
            shape = noisy.data.shape
            axes = resolve_axes(shape, self.options.axes, noisy.axes)
            made = in_order(result, axes)
            facts["assessment"] = self._assess(noisy.data, made, axes, facts)
            picture = before_and_after(noisy.data, made, Layout(shape, axes))
        place = self._beside(record, ".png")
        place.parent.mkdir(parents=True, exist_ok=True)
        with whole(place) as partial:
            picture.save(partial, "PNG")
        shown = place.relative_to(self.folder).as_posix()
        record = replace(record, facts=facts, picture=shown)
        with whole(self._beside(record, ".json")) as partial:
            partial.write_text(json.dumps(record.to_dict()), encoding="utf-8")
        return record

    def remembered(self, record: FileRecord) -> FileRecord | None:
        """Read what was said of a result when it was made.

        Parameters
        ----------
        record : FileRecord
            Of the result.

        Returns
        -------
        FileRecord or None
            None if nothing is known, or less than is asked for.
        """
        try:
            text = self._beside(record, ".json").read_text(encoding="utf-8")
            known = FileRecord.from_dict(json.loads(text))
            assessed = known.facts["assessment"]
            drawn = (self.folder / known.picture).is_file()
        except (OSError, ValueError, TypeError, KeyError):
            return None
        asked = self.options.assess
        enough = asked == NOTHING or (
            assessed and (asked != FULL or assessed.get("model"))
        )
        if known.mark != record.mark or not enough or not drawn:
            return None
        return replace(known, outcome="skipped")

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

    def _beside(self, record: FileRecord, suffix: str) -> Path:
        name = hashlib.sha256(record.output.encode()).hexdigest()[:32]
        return self.folder / REPORT_FILES / f"{name}{suffix}"
