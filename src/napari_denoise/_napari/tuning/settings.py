"""What the *Fine-tune* panel remembers from one time to the next."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

from napari_denoise._napari.settings import keep_settings, stored_settings

if TYPE_CHECKING:
    from collections.abc import Container

SECTION = "fine_tune"


@dataclass(frozen=True)
class RememberedTuning:
    """How the panel starts. The defaults are those of the manifest.

    Attributes
    ----------
    model : str
        Name of the network to start from.
    minutes : float
        Length of training.
    device : {"auto", "cpu", "cuda", "mps"}
    """

    model: str = "unet"
    minutes: float = 2.0
    device: str = "auto"

    @classmethod
    def read(cls, models: Container[str]) -> RememberedTuning:
        """Read what is remembered; where that does not work, take the defaults.

        Parameters
        ----------
        models : container of str
            Names of networks that are there: another one is forgotten.

        Returns
        -------
        RememberedTuning
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
