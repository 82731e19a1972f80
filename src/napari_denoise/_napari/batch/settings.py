"""What the *Batch* panel remembers from one time to the next."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

from napari_denoise._napari.settings import keep_settings, stored_settings

if TYPE_CHECKING:
    from collections.abc import Container

SECTION = "batch"


@dataclass(frozen=True)
class RememberedBatch:
    """How the panel starts. The defaults are those of the manifest.

    Attributes
    ----------
    model : str
        Name of a model.
    noise : {"auto", "shared"}
        Measured in each file, or once for all.
    form : {"same", "tif", "zarr"}
        Of the results.
    assess : {"quick", "full", "none"}
        What the report says of them.
    dtype : {"source", "float32", "uint16", "uint8"}
        Of their pixels; ``"source"`` is that of the image.
    device : {"auto", "cpu", "cuda", "mps"}
    """

    model: str = "unet"
    noise: str = "auto"
    form: str = "same"
    assess: str = "quick"
    dtype: str = "source"
    device: str = "auto"

    @classmethod
    def read(cls, models: Container[str]) -> RememberedBatch:
        """Read what is remembered; where that does not work, take the defaults.

        Parameters
        ----------
        models : container of str
            Names of models that are there: another one is forgotten.

        Returns
        -------
        RememberedBatch
        """
        stored = stored_settings(SECTION)
        found = {
            field.name: getattr(stored, field.name)
            for field in fields(cls)
            if hasattr(stored, field.name)
        }
        remembered = cls(**found)
        known = remembered.model in models
        return remembered if known else replace(remembered, model=cls.model)

    def write(self) -> None:
        """Remember this; where that does not work, leave it."""
        keep_settings(SECTION, asdict(self))
