"""One configuration file a model, read into checked numbers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pretraining.degradation import Degradation
from pretraining.flaws import Flaws

CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class Recipe:
    """How a bundled model is trained.

    Attributes
    ----------
    architecture : str
        Key of `napari_denoise.networks.ARCHITECTURES`.
    hyperparameters : dict
        Arguments of the network.
    kinds : dict of str to float
        Share of each kind of image among the patches; a phantom is drawn.
    patch, batch : int
        Side in pixels and patches per step.
    planes : int
        Planes of a stack that are judged; 0 trains on images.
    parent : str
        Model that a new one starts from where it is not bundled itself.
    learning_rate : float
        Peak of the optimiser's step; see `pretraining.schedule`.
    muon : bool
        Train hidden kernels by Muon; by Adam if not.
    finish : float
        Last share of a course that is trained by plain squares.
    ema : float
        Decay of the running average of the weights.
    bfloat16 : bool
        Mixed precision on CPUs too.
    max_shrink : float
        Patches are shrunk by up to this.
    max_noise : float
        Images with more noise, in % of their range, are left out.
    degradation : Degradation
    summary, data : str
        For the model's card: what to expect of it, and what it has seen.
    """

    architecture: str
    hyperparameters: dict[str, Any]
    kinds: dict[str, float]
    patch: int = 64
    batch: int = 32
    planes: int = 0
    parent: str = ""
    learning_rate: float = 1e-3
    muon: bool = False
    finish: float = 0.2
    ema: float = 0.9995
    bfloat16: bool = True
    max_shrink: float = 2.0
    max_noise: float = 2.1
    degradation: Degradation = field(default_factory=Degradation)
    summary: str = ""
    data: str = ""

    @property
    def z_radius(self) -> int:
        """Planes that the network looks at on either side."""
        taps: list[int] = self.hyperparameters.get("z_taps", [])
        return sum(count // 2 for count in taps)

    @classmethod
    def read(cls, name: str) -> Recipe:
        """Read ``configs/NAME.toml``."""
        path = CONFIGS / f"{name}.toml"
        if not path.exists():
            known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.toml")))
            raise ValueError(f"There is no recipe for {name!r}; there are: {known}.")
        options = tomllib.loads(path.read_text("utf-8"))
        numbers = dict(options.pop("degradation", {}))
        flaws = Flaws(**numbers.pop("flaws", {}))
        return cls(**options, degradation=Degradation(**numbers, flaws=flaws))
