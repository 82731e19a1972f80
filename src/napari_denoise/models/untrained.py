"""Networks to be trained from scratch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_denoise.errors import OptionError
from napari_denoise.models.card import Spec
from napari_denoise.models.model import NetworkModel

if TYPE_CHECKING:
    from napari_denoise.networks import DenoisingNetwork

SIGMA_RANGE = (0.0, 80 / 255)
"""Noise levels that the bundled networks were trained on."""
SUMMARY = (
    "Untrained: its weights are random, and what it returns means nothing before it "
    "is trained."
)


def new_model(
    architecture: str = "unet", ndim: int = 2, *, seed: int = 0, **hyperparameters: Any
) -> NetworkModel:
    """Make an untrained network, for training from scratch.

    Parameters
    ----------
    architecture : {"unet", "dncnn", "autoencoder"}
        Kind of network.
    ndim : {2, 3}
        Spatial dimensions.
    seed : int
        Of its random weights, from 0. The caller's random numbers stay as they are.
    **hyperparameters
        Arguments of the network, such as ``widths`` or ``depth``; by default those of
        the bundled one.

    Returns
    -------
    NetworkModel
        Its spec says that it is untrained. The halo is the receptive radius: what is
        needed is measured when it is saved.

    Raises
    ------
    OptionError
        If there is no such network.

    Examples
    --------
    >>> from napari_denoise import new_model
    >>> new_model("unet", widths=(16, 32), seed=3).spec.hyperparameters["widths"]
    [16, 32]
    """
    from napari_denoise.networks import ARCHITECTURES

    if architecture not in ARCHITECTURES:
        raise OptionError(
            f"There is no network “{architecture}”. Choose one of "
            f"{', '.join(ARCHITECTURES)}."
        )
    if ndim not in (2, 3):
        raise OptionError(f"A network looks at 2 or 3 dimensions, not at {ndim!r}.")
    network = _seeded(architecture, seed, {"ndim": ndim, **hyperparameters})
    step = max(network.stride, 4)
    spec = Spec(
        architecture=architecture,
        hyperparameters=network.hyperparameters(),
        ndim=network.ndim,
        sigma_range=SIGMA_RANGE,
        receptive_radius=network.receptive_radius,
        halo=-(-network.receptive_radius // step) * step,
        stride=network.stride,
        summary=SUMMARY,
    )
    return NetworkModel(f"untrained {architecture}", spec, network.eval())


def _seeded(
    architecture: str, seed: int, arguments: dict[str, Any]
) -> DenoisingNetwork:
    import torch

    from napari_denoise.networks import ARCHITECTURES

    # Of no GPU: weights are drawn on the CPU.
    with torch.random.fork_rng(devices=[]):
        try:
            torch.default_generator.manual_seed(seed)
            return ARCHITECTURES[architecture](**arguments)
        except (
            ArithmeticError,
            LookupError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            raise OptionError(
                f"A network “{architecture}” cannot be made of seed {seed!r} and "
                f"{arguments}: {error}."
            ) from error
