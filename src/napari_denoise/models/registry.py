"""The models that are there by name: bundled, of one's own, and classical methods."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.classical import DENOISERS
from napari_denoise.errors import ModelError
from napari_denoise.models.files import SUFFIX, read_network, read_spec
from napari_denoise.models.model import (
    ClassicalModel,
    Model,
    NetworkModel,
    network_card,
)
from napari_denoise.models.names import NETWORKS
from napari_denoise.models.own import BLIND, load_own, own_models

if TYPE_CHECKING:
    from napari_denoise.models.card import ModelCard

BUNDLED = Path(__file__).parent / "bundled"
CLASSICAL_QUALITY = BUNDLED / "classical.json"

SUMMARIES = {
    "tikhonov": "A linear filter that trades sharpness for calm. Fast, and the "
    "baseline that everything else must beat.",
    "tv": "Total variation: flat areas with sharp edges; fine texture turns patchy.",
    "nlm": "Non-local means: averages alike patches. Good where structures repeat.",
    "wavelet": "Thresholded wavelets. Fast; fine detail gets faint ripples.",
}


def list_models() -> list[ModelCard]:
    """List all models: bundled networks, the default first, own ones, classical ones.

    Returns
    -------
    list of ModelCard
        Read from the files' headers: neither torch nor weights are loaded.
    """
    return [*_bundled_networks(), *own_models(), *_classical_methods()]


def bundled_models() -> list[ModelCard]:
    """List what comes with napari-denoise: networks, and classical methods.

    Returns
    -------
    list of ModelCard
        The default first; the same for every user.
    """
    return [*_bundled_networks(), *_classical_methods()]


def load_model(name_or_path: Any) -> Model:
    """Load a model by name or from a file.

    Parameters
    ----------
    name_or_path : str, Path or Model
        A name that `list_models` gives, or the path of a ``.safetensors`` file that
        `save_model` wrote. A model is returned as it is.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If there is no such model, or its file cannot be used.
    """
    if isinstance(name_or_path, NetworkModel | ClassicalModel):
        return name_or_path
    name = str(name_or_path)
    if name in DENOISERS:
        return _classical(name)
    if name in NETWORKS and _file(name).exists():
        return _bundled(name)
    own = load_own(name)
    if own is not None:
        return own
    path = Path(name).expanduser()
    if path.suffix == SUFFIX or _is_there(path):
        return read_network(path)
    names = ", ".join(card.name for card in list_models())
    raise ModelError(
        f"There is no model “{name}”. Choose one of {names}, or the path of a "
        f"{SUFFIX} file."
    )


def _bundled_networks() -> list[ModelCard]:
    return [_bundled_card(name) for name in NETWORKS if _file(name).exists()]


def _classical_methods() -> list[ModelCard]:
    return [_classical(name).card for name in DENOISERS]


@cache
def _bundled(name: str) -> NetworkModel:
    return read_network(_file(name))


@cache
def _bundled_card(name: str) -> ModelCard:
    path = _file(name)
    spec, size = read_spec(path), path.stat().st_size
    return network_card(name, spec, size, uses_sigma=spec.architecture not in BLIND)


def _classical(name: str) -> ClassicalModel:
    qualities = _classical_qualities()
    return ClassicalModel(
        name, DENOISERS[name], SUMMARIES[name], qualities.get(name, {})
    )


@cache
def _classical_qualities() -> dict[str, dict[str, float]]:
    if not CLASSICAL_QUALITY.exists():
        return {}
    qualities: dict[str, dict[str, float]] = json.loads(CLASSICAL_QUALITY.read_text())
    return qualities


def _file(name: str) -> Path:
    return BUNDLED / f"{name}{SUFFIX}"


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long for any file
        return False
