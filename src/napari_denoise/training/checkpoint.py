"""Checkpoints: training that was stopped goes on as if it had not been."""

from __future__ import annotations

import json
import pickle
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import torch

from napari_denoise.errors import FileError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1
UNREADABLE = (
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    TypeError,
    pickle.PickleError,
)
"""What reading anything but a checkpoint may raise."""


def write_checkpoint(
    path: Path, request: Mapping[str, Any], state: Mapping[str, Any]
) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    path : Path
        Replaced once the new file is complete.
    request : mapping
        What was asked for, plain data; only the same request goes on with it.
    state : mapping
        Numbers, lists and tensors.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    partial = path.with_name(path.name + ".part")
    content = {"schema": SCHEMA, "request": _plain(request), "state": dict(state)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(content, partial)
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        with suppress(OSError):
            partial.unlink()
        raise FileError(
            f"The checkpoint {path} cannot be written. Is the disk full, or the folder "
            "read-only? Free some space, or choose another folder."
        ) from error


def read_checkpoint(
    path: Path, request: Mapping[str, Any], device: torch.device
) -> dict[str, Any] | None:
    """Read the state of training that was stopped.

    Parameters
    ----------
    path : Path
        There may be no such file.
    request : mapping
        What is asked for now.
    device : torch.device
        Where tensors are put.

    Returns
    -------
    dict or None
        None if there is no checkpoint.

    Raises
    ------
    OptionError
        If it belongs to another request.
    FileError
        If it cannot be read.
    """
    if not path.exists():
        return None
    try:
        with warnings.catch_warnings():  # of files that are no checkpoints
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location=device, weights_only=True)
        told, state = content["request"], content["state"]
        schema = content["schema"]
    except UNREADABLE as error:
        raise FileError(
            f"{path} is no checkpoint, or it is cut short. Remove it, or name another "
            "one."
        ) from error
    asked = _plain(request)
    different = _differences(told, asked)
    if schema != SCHEMA or different:
        raise OptionError(
            f"The checkpoint {path} belongs to another training "
            f"({'; '.join(different) or 'of another version'}). Repeat that with the "
            "same images and options to go on with it, or remove the file to begin "
            "anew."
        )
    return dict(state)


def _differences(told: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Name what differs, with both values where they are short."""
    found = []
    for key, value in asked.items():
        before = told.get(key)
        if before == value:
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            found += _differences(before, value)
        elif isinstance(value, str | int | float | None):
            found.append(f"{key}: {before} then, {value} now")
        else:
            found.append(key)
    return found


def _plain(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the request is as JSON: tuples become lists, as in a file."""
    plain: dict[str, Any] = json.loads(json.dumps(request))
    return plain
