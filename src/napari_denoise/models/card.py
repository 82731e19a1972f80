"""What a model file says of itself, and the card that users see."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1
"""Version of `Spec`; files with a higher one are refused."""


class Training(BaseModel):
    """How a network was trained.

    Attributes
    ----------
    data : str
        Images, in words.
    licence : str
        Licences of those images.
    minutes, megapixels : float
        Length of training, and pixels seen.
    started_from : str or None
        The model it started from.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    data: str = ""
    licence: str = ""
    minutes: float = 0.0
    megapixels: float = 0.0
    started_from: str | None = None


class Spec(BaseModel):
    """Everything but the weights: the JSON in the header of a model file.

    Attributes
    ----------
    architecture : str
        Key of `napari_denoise.networks.ARCHITECTURES`.
    hyperparameters : dict
        Arguments that build the network.
    ndim : int
        2 or 3 spatial dimensions.
    channels : int
        Image channels that go in at once.
    sigma_range : tuple of float
        Noise levels trained on, for images of range 0 to 1.
    normalisation : str
        How z enters the network: ``"percentiles"`` brings its 1st and 99.9th
        percentile to 0 and 1.
    receptive_radius : int
        Pixels that can influence a result, on paper.
    halo : int
        Pixels that do: within 1e-5 of the range, at the highest noise level.
    stride : int
    quality : dict
        Measured numbers, written by the evaluation.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_version: int = SCHEMA
    architecture: str
    hyperparameters: dict[str, Any]
    ndim: int = Field(ge=2, le=3)
    channels: int = Field(default=1, ge=1)
    sigma_range: tuple[float, float]
    normalisation: Literal["percentiles"] = "percentiles"
    receptive_radius: int = Field(ge=0)
    halo: int = Field(ge=0)
    stride: int = Field(ge=1)
    summary: str = ""
    training: Training = Field(default_factory=Training)
    quality: dict[str, Any] = Field(default_factory=dict)
    parent: str | None = None
    software_version: str = ""


@dataclass(frozen=True)
class ModelCard:
    """What a user should know of a model.

    Attributes
    ----------
    name : str
        What `load_model` takes.
    kind : {"network", "classical"}
    ndim : int
        Spatial dimensions it looks at together.
    bytes : int
        Size of its file; 0 for classical methods.
    quality : dict
        Measured PSNR in dB by test set.
    summary : str
        One or two sentences.
    uses_sigma : bool
        Whether it is told the noise level; if not, strength stops at 1.
    training : dict
        How it was trained, where it was.
    """

    name: str
    kind: Literal["network", "classical"]
    ndim: int
    bytes: int
    quality: dict[str, Any]
    summary: str
    uses_sigma: bool
    training: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: for ``--json``."""
        return asdict(self)
