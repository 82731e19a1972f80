"""What a course of fine-tuning is asked to do: plain data for a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TuningRequest:
    """One course.

    Attributes
    ----------
    model : str
        Name of a network.
    is_untrained : bool
        Whether it starts with random weights.
    noisy : Source or Path
        Pixels of a layer, a file or a folder.
    clean : Source, Path or None
    name : str
        Of the noisy images, for a person.
    data : dict
        Options of ``fine_tune_steps`` on the images: `axes`, `target`, `noise`.
    training : dict
        Options on training: `loss`, `train`, `augmentation`, `validation`, `seed`,
        `dropout`, `device`.
    length : dict
        `minutes`, and `steps` where they are limited.
    """

    model: str
    is_untrained: bool
    noisy: Any
    clean: Any
    name: str
    data: dict[str, Any]
    training: dict[str, Any]
    length: dict[str, Any]
