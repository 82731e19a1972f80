"""What the *Batch* panel remembers from one time to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from napari_denoise._napari.settings import Remembering


@dataclass(frozen=True)
class RememberedBatch(Remembering):
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

    section: ClassVar[str] = "batch"
    noise: str = "auto"
    form: str = "same"
    assess: str = "quick"
    dtype: str = "source"
    device: str = "auto"
