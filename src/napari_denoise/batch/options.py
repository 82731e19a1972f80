"""How the files of a folder are denoised, all alike."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.axes import check_letters
from napari_denoise.errors import OptionError
from napari_denoise.models import load_model
from napari_denoise.options import (
    check_neighbours,
    check_strength,
    check_tile,
    given_noise,
)
from napari_denoise.output import result_dtype

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_denoise.models import Model

SHARED = "shared"
FORMS = ("same", "tif", "zarr")
ASSESSMENTS = ("quick", "full", "none")
WITHOUT_EFFECT = ("model", "device", "tile", "form", "assess")
"""Do not change the pixels of a result; the model is told by its weights."""


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """What is wanted of each file.

    Attributes
    ----------
    model : str, Path or Model
        As :func:`napari_denoise.denoise` takes it, one for all channels.
    axes : str, optional
        Letters of TCZYXS that fit every file; by default as each file names them.
    noise : "auto", "shared", "none", float, NoiseModel or sequence of NoiseModel
        ``"shared"`` measures it once over many files, which then were taken with the
        same camera and settings; the others as `denoise` takes them.
    strength, neighbours, device, tile, dtype
        As `denoise` takes them.
    form : {"same", "tif", "zarr"}
        Of the results.
    assess : {"quick", "full", "none"}
        What is said of each result: ``"quick"`` looks at the residual, ``"full"`` also
        predicts the error, by running the model some more times.
    """

    model: Any = "unet"
    axes: str | None = None
    noise: Any = "auto"
    strength: float = 1.0
    neighbours: str = "none"
    device: str = "auto"
    tile: Any = "auto"
    dtype: Any = None
    form: str = "same"
    assess: str = "quick"

    def check(self) -> Model:
        """Refuse what would fail with every file.

        Returns
        -------
        Model
            Loaded.

        Raises
        ------
        DenoiseError
            If the model, the device or an option does not work.
        """
        model = load_model(self.model)
        check_strength(self.strength, model.card)
        check_neighbours(self.neighbours)
        check_tile(self.tile)
        if self.dtype is not None:
            import numpy as np

            result_dtype(self.dtype, np.dtype("f4"))
        if self.axes is not None:
            check_letters(self.axes)
        if self.noise != SHARED:
            several = isinstance(self.noise, list | tuple)
            given_noise(self.noise, len(self.noise) if several else 1)
        _one_of("form", self.form, FORMS)
        _one_of("assess", self.assess, ASSESSMENTS)
        if model.card.kind == "network":
            from napari_denoise.devices import choose_device

            choose_device(self.device)
        return model

    def of_denoise(self) -> dict[str, Any]:
        """Return the options of `denoise` that these are, without model and noise."""
        names = ("axes", "strength", "neighbours", "device", "tile", "dtype")
        return {name: getattr(self, name) for name in names}

    def fingerprint(self, model: Model) -> str:
        """Tell settings apart that give other results.

        Parameters
        ----------
        model : Model
            Loaded.

        Returns
        -------
        str
            Hexadecimal.
        """
        told = {
            field.name: _plain(getattr(self, field.name))
            for field in fields(self)
            if field.name not in WITHOUT_EFFECT
        }
        return digest({**told, "weights": weights_of(model)})


def digest(facts: Mapping[str, Any]) -> str:
    """Return a checksum of plain data: 32 hexadecimal digits."""
    text = json.dumps(facts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _one_of(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        listed = ", ".join(f"“{choice}”" for choice in choices)
        raise OptionError(f"{name}={value!r} does not work: choose one of {listed}.")


def weights_of(model: Model) -> str:
    """Name a model by what it computes: a file may be another one by and by."""
    network = getattr(model, "network", None)
    if network is None:
        return model.card.name
    summed = hashlib.sha256(model.card.name.encode())
    for name, tensor in sorted(network.state_dict().items()):
        summed.update(name.encode() + tensor.cpu().numpy().tobytes())
    return summed.hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "to_dict"):
        return _plain_dict(value.to_dict())
    return str(value) if isinstance(value, Path) else repr(value)


def _plain_dict(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _plain_dict(value) if isinstance(value, dict) else _plain(value)
        for name, value in facts.items()
    }
