"""Models as they are told to other machines: by name, with a checksum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from napari_denoise.batch.options import weights_of
from napari_denoise.errors import ClusterError, ModelError
from napari_denoise.models import ClassicalModel, Model, load_model
from napari_denoise.models.registry import BUNDLED
from napari_denoise.noise import NoiseModel

KEPT = 8
"""So many models a process keeps loaded."""


@dataclass(frozen=True)
class NamedModel:
    """A model that every machine can load for itself.

    Attributes
    ----------
    name : str
        Of a bundled or classical model, or the path of a file.
    weights : str
        Checksum of what it computes.
    """

    name: str
    weights: str

    @classmethod
    def of(cls, model: Model) -> NamedModel:
        """Name a loaded model.

        Parameters
        ----------
        model : Model
            Of a file, bundled or classical.

        Returns
        -------
        NamedModel

        Raises
        ------
        ModelError
            If it is in memory only.
        """
        if isinstance(model, ClassicalModel):
            return cls(model.name, weights_of(model))
        if model.path is None:
            raise ModelError(
                f"“{model.name}” is in no file, so other processes cannot load it: "
                "save it with save_model, where all of them see it, and give its path."
            )
        bundled = model.path.parent == BUNDLED
        name = model.name if bundled else str(model.path.absolute())
        return cls(name, weights_of(model))

    def load(self) -> Model:
        """Load it, once per process.

        Raises
        ------
        ModelError
            If it is not there.
        ClusterError
            If it computes something else here.
        """
        return _load(self)


def without_fits(noise: Any) -> Any:
    """Leave out the data behind noise models, which would be sent again and again.

    Parameters
    ----------
    noise : object
        As `denoise` takes it.

    Returns
    -------
    object
        The same noise.
    """
    if isinstance(noise, NoiseModel):
        return replace(noise, fit=None)
    if isinstance(noise, list | tuple):
        return [without_fits(model) for model in noise]
    return noise


@lru_cache(KEPT)
def _load(named: NamedModel) -> Model:
    model = load_model(named.name)
    if weights_of(model) != named.weights:
        raise ClusterError(
            f"“{named.name}” is another model there than on the machine that sent the "
            "work: install the same version of napari-denoise on both, or give the "
            "path of a model file that both see."
        )
    return model
