"""What is settled once for a huge image, and sent with each of its blocks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_denoise.cluster.named import NamedModel
from napari_denoise.errors import ClusterError, ModelError
from napari_denoise.noise import NoiseModel, Scaling
from napari_denoise.options import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_denoise.models import Model


@dataclass(frozen=True)
class ChannelPlan:
    """How one channel is denoised.

    Attributes
    ----------
    model : NamedModel
        In the form that looks at neighbours, or at each plane alone.
    neighbours : {"none", "Z", "T"}
    strength : float
    scaling : Scaling
        Its noise, shift and scale.
    """

    model: NamedModel
    neighbours: str
    strength: float
    scaling: Scaling

    def to_dict(self) -> dict[str, Any]:
        """Plain data, without what the noise was fitted to."""
        noise = self.scaling.noise
        scaling = {name: getattr(self.scaling, name) for name in NUMBERS}
        return {
            "model": asdict(self.model),
            "neighbours": self.neighbours,
            "strength": self.strength,
            "scaling": {**scaling, "noise": noise and noise.to_dict()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ChannelPlan:
        """Take plain data."""
        told = dict(data["scaling"])
        noise = told.pop("noise")
        return cls(
            NamedModel(**data["model"]),
            data["neighbours"],
            data["strength"],
            Scaling(noise and NoiseModel.from_dict(noise), **told),
        )


NUMBERS = ("shift", "scale", "sigma")


@dataclass(frozen=True)
class Plan:
    """How an image is denoised.

    Attributes
    ----------
    channels : tuple of ChannelPlan
        One for each of ``layout.channels``.
    remarks : tuple of str
        What the user should know of the choice of models.
    depth : int
        Planes of a block along its line; 0 until it is chosen.
    """

    channels: tuple[ChannelPlan, ...]
    remarks: tuple[str, ...] = ()
    depth: int = 0

    @classmethod
    def of(
        cls,
        forms: Sequence[tuple[Model, str]],
        strengths: Sequence[float],
        scalings: Sequence[Scaling],
        remarks: Sequence[str],
    ) -> Plan:
        """Plan with loaded models and what was measured."""
        settled = zip(forms, strengths, scalings, strict=True)
        channels = [
            ChannelPlan(NamedModel.of(form), along, strength, scaling)
            for (form, along), strength, scaling in settled
        ]
        return cls(tuple(channels), tuple(remarks))

    @property
    def along(self) -> tuple[str, ...]:
        """Axis along which the planes of each channel are worked off."""
        return tuple("T" if c.neighbours == "T" else "Z" for c in self.channels)

    @property
    def scalings(self) -> list[Scaling]:
        """Noise, shift and scale of each channel."""
        return [channel.scaling for channel in self.channels]

    @property
    def models(self) -> list[NamedModel]:
        """Each model once."""
        return list(dict.fromkeys(channel.model for channel in self.channels))

    def holds(self) -> bool:
        """Whether its models are still the same ones."""
        try:
            for model in self.models:
                model.load()
        except (ClusterError, ModelError):
            return False
        return True

    def planes_together(self, tile: tuple[int, ...] | None) -> int:
        """Planes that a network takes at once, if tiles of several are asked for."""
        deep = any(channel.neighbours != NONE for channel in self.channels)
        return tile[0] if deep and tile is not None and len(tile) == 3 else 1

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        channels = [channel.to_dict() for channel in self.channels]
        return {
            "channels": channels,
            "remarks": list(self.remarks),
            "depth": self.depth,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """Take plain data."""
        channels = tuple(ChannelPlan.from_dict(c) for c in data["channels"])
        return cls(channels, tuple(data["remarks"]), data["depth"])

    def light(self) -> Plan:
        """Leave out the data behind the noise models, as in what is kept of it."""
        return Plan.from_dict(self.to_dict())

    def cut(self, depth: int) -> Plan:
        """Fix how many planes of a line make a block."""
        return replace(self, depth=depth)
