"""What the panel remembers from one time to the next.

The settings are declared in the manifest, as ``configurations``: napari 0.9 and later
shows them in its preferences and keeps them in a file of their own. Older versions lack
that; the panel then starts with the defaults.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Container

PLUGIN = "napari-denoise"
UNREADABLE = (
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
)
"""What reading ends in: napari too old, the plugin not registered, a broken file."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Remembering:
    """Base of what a panel remembers. The defaults are those of the manifest.

    Attributes
    ----------
    section : str
        Of the manifest's configurations.
    model : str
        Name of a model.
    """

    section: ClassVar[str]
    model: str = "unet"

    @classmethod
    def read(cls, models: Container[str]) -> Self:
        """Read what is remembered; where that does not work, take the defaults.

        Parameters
        ----------
        models : container of str
            Names of models that are there: another one is forgotten.

        Returns
        -------
        Remembering
        """
        stored = stored_settings(cls.section)
        names = [field.name for field in fields(cls)]
        found = {n: getattr(stored, n) for n in names if hasattr(stored, n)}
        remembered = cls(**found)
        if remembered.model in models:
            return remembered
        return replace(remembered, model=cls.model)

    def write(self) -> None:
        """Remember this; where that does not work, leave it."""
        keep_settings(self.section, asdict(self))


@dataclass(frozen=True)
class Remembered(Remembering):
    """How the panel starts. The defaults are those of the manifest.

    Attributes
    ----------
    model : str
        Name of a model.
    neighbours : {"auto", "none", "Z", "T"}
        For images that have such planes, and models that look at them.
    strength : float
        0 to 2.
    device : {"auto", "cpu", "cuda", "mps"}
    dtype : {"source", "float32", "uint16", "uint8"}
        Type of the result; ``"source"`` is that of the image.
    result : {"memory", "zarr"}
        Where the result goes.
    preview : bool
        Whether the preview is on.

    Examples
    --------
    >>> from dataclasses import replace
    >>> start = Remembered.read(models=("unet", "dncnn"))
    >>> replace(start, model="dncnn", device="cpu").write()
    """

    section: ClassVar[str] = "denoise"
    neighbours: str = "auto"
    strength: float = 1.0
    device: str = "auto"
    dtype: str = "source"
    result: str = "memory"
    preview: bool = False


def keep_settings(panel: str, values: dict[str, Any]) -> None:
    """Write settings of a panel; where that does not work, leave it."""
    stored = stored_settings(panel)
    if stored is None:
        return
    try:
        stored.update(values)  # at once, as each change writes the file
    except (OSError, ValueError) as error:
        logger.warning("Settings could not be kept: %s", error)


def stored_settings(panel: str) -> Any:
    """Return napari's model of a panel's settings; None where there is none."""
    try:
        from napari.settings import get_plugin_settings

        return getattr(get_plugin_settings(PLUGIN), panel)
    except UNREADABLE as error:
        logger.info("Settings could not be read: %s", error)
        return None
