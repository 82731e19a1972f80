"""A model in use: a network with its spec, or a classical method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.models.card import ModelCard

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_denoise.classical import Denoiser
    from napari_denoise.models.card import Spec
    from napari_denoise.networks import DenoisingNetwork


@dataclass(frozen=True)
class NetworkModel:
    """A network ready to run.

    Attributes
    ----------
    name : str
    spec : Spec
    network : DenoisingNetwork
        In evaluation mode.
    size : int
        Bytes of its file; 0 if it was never saved.
    path : Path, optional
        Its file.
    """

    name: str
    spec: Spec
    network: DenoisingNetwork
    size: int = 0
    path: Path | None = None

    @property
    def is_trained(self) -> bool:
        """Whether its weights were learned, and are not random."""
        return bool(self.spec.training.megapixels)

    @property
    def card(self) -> ModelCard:
        """What a user should know of it."""
        return network_card(
            self.name, self.spec, self.size, uses_sigma=self.network.uses_sigma
        )


@dataclass(frozen=True)
class ClassicalModel:
    """A method without weights that takes whole stabilised planes.

    Attributes
    ----------
    name : str
    method : callable
        ``method(plane, sigma)``; see :mod:`napari_denoise.classical`.
    summary : str
    quality : dict
    """

    name: str
    method: Denoiser
    summary: str
    quality: dict[str, float]

    @property
    def card(self) -> ModelCard:
        """What a user should know of it."""
        return ModelCard(
            self.name, "classical", 2, 0, self.quality, self.summary, uses_sigma=True
        )

    def denoise(self, plane: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
        """Denoise one plane; sides under three pixels come back as they are."""
        if min(plane.shape) < 3:
            return plane
        side = 16  # the methods' own patches and wavelets need some room
        widths = [(0, max(0, side - n)) for n in plane.shape]
        padded = np.pad(plane, widths, mode="reflect")
        return self.method(padded, sigma)[: plane.shape[0], : plane.shape[1]]


Model = NetworkModel | ClassicalModel
"""What `denoise` takes."""


def network_card(name: str, spec: Spec, size: int, *, uses_sigma: bool) -> ModelCard:
    """Make the card of a network from its spec."""
    return ModelCard(
        name=name,
        kind="network",
        ndim=spec.ndim,
        bytes=size,
        quality=spec.quality,
        summary=spec.summary,
        uses_sigma=uses_sigma,
        training=spec.training.model_dump(),
    )
