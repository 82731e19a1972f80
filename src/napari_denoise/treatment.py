"""How each channel is denoised: by which model, how strongly, looking where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from napari_denoise.errors import OptionError
from napari_denoise.models import ClassicalModel, choose_depth, load_model
from napari_denoise.options import NONE, check_strength

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import numpy as np
    from numpy.typing import NDArray

    from napari_denoise.axes import Layout
    from napari_denoise.models import Model

    StackSteps = Generator[int, None, NDArray[np.float32]]


class Engine(Protocol):
    """What runs a model on planes.

    Attributes
    ----------
    model : Model
    loses_counts : bool
        Whether sums over many pixels may come out wrong.
    z_radius, planes : int
        Planes looked at before and after each one; planes denoised together.
    halo : tuple of int or None
        Pixels and planes around a tile that are looked at; None where each plane is
        taken whole.
    stride : int
        Windows begin at multiples of it.
    warnings : list of str
        What had to be changed on the way.
    """

    model: Any
    loses_counts: bool
    z_radius: int
    planes: int
    warnings: list[str]

    @property
    def halo(self) -> tuple[int, ...] | None:
        """Pixels and planes around a tile."""

    @property
    def stride(self) -> int:
        """Pixels between windows' beginnings."""

    def run(self, stack: NDArray[np.float32], sigma: float) -> StackSteps:
        """Denoise some planes; see `TileRunner.run`."""


class WholePlanes:
    """Run a classical method: it takes each plane whole, on the CPU."""

    loses_counts = False  # what they blur at edges would only be spread further
    z_radius, planes = 0, 1
    halo: tuple[int, ...] | None = None
    stride = 1

    def __init__(self, model: ClassicalModel) -> None:
        self.model = model
        self.warnings: list[str] = []

    def run(self, stack: NDArray[np.float32], sigma: float) -> StackSteps:
        """Denoise one plane; see `TileRunner.run`."""
        restored = self.model.denoise(stack[0], sigma)
        yield stack.size
        return restored[None]


@dataclass(frozen=True)
class Treatment:
    """How one channel is denoised.

    Attributes
    ----------
    engine : Engine
        Runs a model, in the form that looks at neighbours or at each plane alone;
        channels of one model share it.
    neighbours : {"none", "Z", "T"}
        Axis along which it looks at other planes.
    strength : float
        0 to 2.
    """

    engine: Engine
    neighbours: str = NONE
    strength: float = 1.0

    @property
    def along(self) -> str:
        """Axis along which planes are worked off."""
        return "T" if self.neighbours == "T" else "Z"


def make_engine(
    model: Model,
    device: str,
    tile: tuple[int, ...] | None,
    cancelled: Callable[[], bool] | None,
) -> Engine:
    """Make what denoises planes: a network on a device, or a classical method.

    Parameters
    ----------
    model : Model
        Already loaded.
    device : str
        Name of the device, for networks.
    tile : tuple of int or None
        Sides of a tile; None chooses them.
    cancelled : callable or None
        Looked at before each layer.

    Returns
    -------
    Engine
        A `TileRunner` or `WholePlanes`.
    """
    if isinstance(model, ClassicalModel):
        return WholePlanes(model)
    from napari_denoise.devices import choose_device
    from napari_denoise.inference import TileRunner

    return TileRunner(model, choose_device(device), tile, cancelled)


def choose_models(
    model: Any, strength: Any, channels: int
) -> list[tuple[Model, float]]:
    """Return model and strength of each channel.

    Parameters
    ----------
    model : str, Path or Model, or sequence of them
        One for all channels, or one per channel.
    strength : float or sequence of float
        The same.
    channels : int
        How many there are to be denoised.

    Returns
    -------
    list of (Model, float)
        The same model is loaded once.

    Raises
    ------
    OptionError, ModelError
        If a number of them does not fit, or one of them does not work.
    """
    named = _one_each(model, channels, "models")
    loaded = {key: load_model(each) for key, each in dict(map(_keyed, named)).items()}
    models = [loaded[key] for key, _ in map(_keyed, named)]
    strengths = _one_each(strength, channels, "strengths")
    return [
        (model, check_strength(number, model.card))
        for model, number in zip(models, strengths, strict=True)
    ]


def _keyed(model: Any) -> tuple[Any, Any]:
    """Tell models apart that are named or already loaded."""
    return (str(model) if isinstance(model, str | Path) else id(model)), model


def _one_each(value: Any, channels: int, what: str) -> list[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return [value] * channels
    if len(value) != channels:
        raise OptionError(
            f"{len(value)} {what} were given for {channels} channels: give one, or "
            "one per channel."
        )
    return list(value)


def same_neighbours(
    models: list[Model], along: str, layout: Layout
) -> tuple[list[tuple[Model, str]], list[str]]:
    """Bring each channel's model into the form that looks along one axis.

    Parameters
    ----------
    models : list of Model
        One per channel, as the user named it.
    along : {"none", "Z", "T"}
        Axis of the neighbours.
    layout : Layout
        Of the image.

    Returns
    -------
    forms : list of (Model, str)
        Each with the axis.
    remarks : list of str
        What the user should know.

    Raises
    ------
    OptionError, ModelError
        If one of the models has no such form.
    """
    pairs = [choose_depth(model, along, layout) for model in models]
    remarks = list(dict.fromkeys(remark for _, remark in pairs if remark))
    return [(form, along) for form, _ in pairs], remarks


def make_treatments(
    forms: list[tuple[Model, str]],
    strengths: list[float],
    device: str,
    tile: tuple[int, ...] | None,
    cancelled: Callable[[], bool] | None,
) -> list[Treatment]:
    """Make ready what treats each channel.

    Parameters
    ----------
    forms : list of (Model, str)
        Model of each channel, and along which axis it looks at neighbours.
    strengths : list of float
        One per channel.
    device, tile, cancelled
        As :func:`make_engine` takes them.

    Returns
    -------
    list of Treatment
        One per channel.
    """
    engines = {
        id(form): make_engine(form, device, tile, cancelled)
        for form in {id(form): form for form, _ in forms}.values()
    }
    return [
        Treatment(engines[id(form)], along, strength)
        for (form, along), strength in zip(forms, strengths, strict=True)
    ]
