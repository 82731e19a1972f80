"""Model files: safetensors with one JSON spec in the header. Loading runs no code."""

from __future__ import annotations

import json
from contextlib import suppress
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from napari_denoise.errors import FileError, ModelError
from napari_denoise.models.card import SCHEMA, Spec
from napari_denoise.models.names import check_name, models_folder

if TYPE_CHECKING:
    from torch import Tensor

    from napari_denoise.models.model import NetworkModel

SUFFIX = ".safetensors"
LARGEST_HEADER = 10_000_000


def read_spec(path: Path) -> Spec:
    """Read the spec of a model file, without torch.

    Parameters
    ----------
    path : Path
        Of the model file.

    Returns
    -------
    Spec

    Raises
    ------
    ModelError
        If the file is missing, cut short, no model of ours, or from a newer version.
    """
    metadata = _read_header(path).get("__metadata__")
    text = metadata.get("spec") if isinstance(metadata, dict) else None
    if text is None:
        raise ModelError(
            f"{path.name} is not a napari-denoise model: its header holds no spec. "
            "Only files written by save_model or fine-tuning can be loaded."
        )
    try:
        raw = json.loads(text)
        version = raw.get("schema_version", 0)
        if version > SCHEMA:
            raise ModelError(
                f"{path.name} was written by a newer napari-denoise (schema {version}; "
                f"this one reads up to {SCHEMA}). Update napari-denoise to use it."
            )
        return Spec.model_validate(raw)
    except (ValidationError, ValueError, AttributeError, TypeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"The spec in {path.name} is damaged: {error}") from error


def read_network(path: Path) -> NetworkModel:
    """Build the network of a model file and load its weights.

    Parameters
    ----------
    path : Path
        Of the model file.

    Returns
    -------
    NetworkModel

    Raises
    ------
    ModelError
        As :func:`read_spec`; or if the architecture is unknown, or the weights do
        not fit it or are not finite.
    """
    spec = read_spec(path)
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from napari_denoise.models.model import NetworkModel
    from napari_denoise.networks import ARCHITECTURES

    if spec.architecture not in ARCHITECTURES:
        raise ModelError(
            f"{path.name} needs the network “{spec.architecture}”, which this version "
            f"does not know. It knows: {', '.join(ARCHITECTURES)}."
        )
    try:
        network = ARCHITECTURES[spec.architecture](**spec.hyperparameters)
        network.load_state_dict(load_file(path))
    except (
        SafetensorError,
        IndexError,
        RuntimeError,
        TypeError,
        ValueError,
        ZeroDivisionError,
    ) as error:
        raise ModelError(
            f"The weights in {path.name} are cut short or do not fit its spec: {error}"
        ) from error
    # What diverged in training gives images of NaN, or of the smallest integers.
    if not all(bool(weight.isfinite().all()) for weight in network.parameters()):
        raise ModelError(
            f"Some weights in {path.name} are not finite (NaN or infinite): it cannot "
            "denoise. Use another model, or train this one again."
        )
    if (network.ndim, network.stride) != (spec.ndim, spec.stride):
        raise ModelError(f"The spec in {path.name} does not fit its network.")
    name = path.name.removesuffix(SUFFIX)
    return NetworkModel(name, spec, network.eval(), path.stat().st_size, path)


def save_model(model: NetworkModel, path: str | Path) -> Path:
    """Write a network with its spec to one file, whole or not at all.

    The effective halo is measured, and batch normalisation folded, on the way.

    Parameters
    ----------
    model : NetworkModel
        Network and spec.
    path : str or Path
        ``.safetensors`` is appended where it lacks.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    ModelError
        If the model has no weights to save; or if, in the folder of one's own models,
        its name is that of a bundled one.
    FileError
        If the file cannot be written.
    """
    from napari_denoise.models.halo import measure_halo
    from napari_denoise.models.model import NetworkModel
    from napari_denoise.networks import DnCNN

    if not isinstance(model, NetworkModel):
        raise ModelError("Classical methods have no weights to save.")
    target = Path(path)
    if target.suffix != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    if target.absolute().parent == models_folder().absolute():
        check_name(target.name.removesuffix(SUFFIX))
    network = model.network.eval()
    if isinstance(network, DnCNN):
        network = network.folded()
    spec = model.spec.model_copy(
        update={
            "hyperparameters": network.hyperparameters(),
            "receptive_radius": network.receptive_radius,
            "halo": measure_halo(network, model.spec.sigma_range[1]),
            "stride": network.stride,
        }
    )
    weights = {name: t.contiguous() for name, t in network.state_dict().items()}
    try:
        _write(weights, spec, target)
    except OSError as error:
        raise FileError(f"The model cannot be written to {target}: {error}.") from error
    return target


def rewrite_spec(path: Path, **changes: Any) -> None:
    """Change fields of the spec in a model file; the weights stay as they are."""
    from safetensors.torch import load_file

    _write(load_file(path), read_spec(path).model_copy(update=changes), path)


def _write(weights: dict[str, Tensor], spec: Spec, target: Path) -> None:
    from safetensors.torch import save

    content = save(weights, metadata={"spec": spec.model_dump_json()})
    partial = target.with_name(target.name + ".part")
    try:
        # Not save_file: nobody but the owner could read what it writes.
        partial.write_bytes(content)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _read_header(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            text = file.read(length) if length < LARGEST_HEADER else b""
            weights = file.seek(0, SEEK_END) - 8 - length
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {error}.") from error
    try:
        header = json.loads(text)
    except ValueError as error:
        raise ModelError(
            f"{path.name} is not a model file, or it is cut short: it has no "
            "safetensors header."
        ) from error
    if not isinstance(header, dict):
        return {}
    if weights < _weights_size(header):
        raise ModelError(f"{path.name} is cut short: weights are missing at its end.")
    return header


def _weights_size(header: dict[str, Any]) -> int:
    """Bytes after the header, as far as it says; loading tells what is wrong there."""
    ends = [0]
    for name, tensor in header.items():
        with suppress(TypeError, LookupError, ValueError):
            ends += [int(tensor["data_offsets"][1])] if name != "__metadata__" else []
    return max(ends)
