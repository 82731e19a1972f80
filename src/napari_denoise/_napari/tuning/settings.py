"""What the *Fine-tune* panel remembers from one time to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from napari_denoise._napari.settings import Remembering


@dataclass(frozen=True)
class RememberedTuning(Remembering):
    """How the panel starts. The defaults are those of the manifest.

    Attributes
    ----------
    model : str
        Name of the network to start from.
    minutes : float
        Length of training.
    device : {"auto", "cpu", "cuda", "mps"}
    """

    section: ClassVar[str] = "fine_tune"
    minutes: float = 2.0
    device: str = "auto"
