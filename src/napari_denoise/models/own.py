"""Models of one's own: the files in a folder of the user's, known by their names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from napari_denoise.errors import FileError, ModelError
from napari_denoise.models.files import SUFFIX, read_network, read_spec, save_model
from napari_denoise.models.model import network_card
from napari_denoise.models.names import LONGEST, check_name, is_taken, models_folder

if TYPE_CHECKING:
    from napari_denoise.models.card import ModelCard
    from napari_denoise.models.model import NetworkModel

BLIND = {"dncnn"}
"""Architectures that are not told the noise level; known without torch."""

Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Shelf:
    """What there is in the folder of one's own models.

    Attributes
    ----------
    cards : tuple of ModelCard
        By name.
    remarks : tuple of str
        Why a file was left out, a sentence for each.
    """

    cards: tuple[ModelCard, ...]
    remarks: tuple[str, ...]


def read_shelf() -> Shelf:
    """Look through the folder of one's own models.

    Returns
    -------
    Shelf
        Read from the files' headers: neither torch nor weights are loaded.
    """
    cards, remarks = [], []
    for path in _files():
        name = path.name.removesuffix(SUFFIX)
        if is_taken(name):
            remarks.append(
                f"{path} is left out: “{name}” is the name of a model that comes with "
                "napari-denoise. Give the file another name."
            )
            continue
        try:
            cards.append(_card(path, _stamp(path)))
        except (ModelError, OSError) as error:
            remarks.append(f"{path} is left out: {error}")
    return Shelf(tuple(cards), tuple(remarks))


def own_models() -> list[ModelCard]:
    """List the models in the user's own folder, by name; damaged files are left out."""
    return list(read_shelf().cards)


def load_own(name: str) -> NetworkModel | None:
    """Load one of the user's own models.

    Parameters
    ----------
    name : str
        As `own_models` gives it.

    Returns
    -------
    NetworkModel or None
        The same object until its file changes; None if there is no such file.

    Raises
    ------
    ModelError
        If the file is damaged.
    """
    if len(name) > LONGEST or Path(name).name != name or is_taken(name):
        return None
    path = _file(name)
    if not path.is_file():
        return None
    return _network(path, _stamp(path))


def save_own_model(
    model: NetworkModel, name: str, *, overwrite: bool = False
) -> NetworkModel:
    """Put a model into the user's own folder, where it is known by its name.

    Parameters
    ----------
    model : NetworkModel
        Network and spec.
    name : str
        Not that of a bundled or classical model.
    overwrite : bool
        Whether it may take the place of another one of that name.

    Returns
    -------
    NetworkModel
        As it was saved.

    Raises
    ------
    ModelError
        If the name cannot be had, or the model has no weights to save.
    FileError
        If there is such a model already, or the file cannot be written.
    """
    path = _file(check_name(name))
    if path.exists() and not overwrite:
        raise FileError(
            f"There is a model “{name}” already ({path}). Choose another name, or say "
            "that it may be overwritten."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"The folder of models {path.parent} cannot be made: {error}."
        ) from error
    save_model(model, path)
    return _network(path, _stamp(path))


def _files() -> list[Path]:
    found = models_folder().glob(f"*{SUFFIX}")
    visible = [path for path in found if path.is_file() and path.name[0] != "."]
    return sorted(visible, key=lambda path: path.name.casefold())


def _file(name: str) -> Path:
    return models_folder() / f"{name}{SUFFIX}"


def _stamp(path: Path) -> Stamp:
    # A file that is written anew has another inode, were it within one clock tick.
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=1024)
def _card(path: Path, stamp: Stamp) -> ModelCard:
    spec = read_spec(path)
    name, size = path.name.removesuffix(SUFFIX), stamp[1]
    return network_card(name, spec, size, uses_sigma=spec.architecture not in BLIND)


@lru_cache(maxsize=8)  # the same object again: what it said last is recalled by it
def _network(path: Path, stamp: Stamp) -> NetworkModel:
    return read_network(path)
