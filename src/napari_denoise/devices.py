"""Which device computes, how much memory a tile may take, and running out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from napari_denoise.errors import DeviceError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_denoise.networks import DenoisingNetwork

DEVICES = ("auto", "cpu", "cuda", "mps")
CPU_BUDGET = 0.7e9
"""Bytes of activations on a CPU."""
GPU_SHARE = 0.4
"""Share of a GPU's free memory that activations may take."""
LIVE_MAPS = 5
"""Feature maps held at once, at the peak."""
CPU_MAP = 66e6
"""Bytes of one feature map on a CPU. Small tiles are mostly halo; large ones are
slow, since the system maps each layer's output anew. Measured on a U-Net."""
GPU_WINDOW = 1280
MOST_PER_BATCH = 16
SMALLEST_CORE = 32


def available_devices() -> list[str]:
    """Names of the devices that torch can compute on, the fastest first.

    Returns
    -------
    list of str
        Some of ``"cuda"``, ``"mps"`` and ``"cpu"``.
    """
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def choose_device(name: str) -> torch.device:
    """Choose a device by name.

    Parameters
    ----------
    name : str
        ``"auto"`` takes the fastest; else ``"cpu"``, ``"cuda"``, ``"cuda:1"``,
        ``"mps"``.

    Returns
    -------
    torch.device

    Raises
    ------
    OptionError
        If there is no such name.
    DeviceError
        If this machine, or its installation of torch, lacks the device.
    """
    found = available_devices()
    if name == "auto":
        return torch.device(found[0])
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError) as error:
        raise OptionError(
            f"There is no device “{name}”: choose one of {', '.join(DEVICES)}."
        ) from error
    present = device.type in found
    if device.type == "cuda" and present:
        present = (device.index or 0) < torch.cuda.device_count()
    if not present:
        raise DeviceError(
            f"This machine has no device “{name}” that torch can use. It has: "
            f"{', '.join(found)}. Choose one of them, or “auto”."
        )
    return device


@dataclass(frozen=True)
class Workload:
    """How much goes to a device at once.

    Attributes
    ----------
    device : torch.device
    core : tuple of int
        Largest sides of a tile without halo.
    batch : int
        Tiles at a time.
    """

    device: torch.device
    core: tuple[int, ...]
    batch: int

    def smaller(self) -> Workload | None:
        """Choose what to try after running out of memory.

        Returns
        -------
        Workload or None
            Half the batch, else half the tile, else the CPU; None when nothing is
            left to try.
        """
        if self.batch > 1:
            return Workload(self.device, self.core, self.batch // 2)
        if max(self.core) > SMALLEST_CORE:
            halved = tuple(
                min(side, max(side // 2, SMALLEST_CORE)) for side in self.core
            )
            return Workload(self.device, halved, 1)
        if self.device.type != "cpu":
            return Workload(torch.device("cpu"), self.core, 1)
        return None

    def describe(self) -> str:
        """Say in words what is used."""
        sides = " × ".join(str(side) for side in self.core)
        tiles = "one tile" if self.batch == 1 else f"{self.batch} tiles"
        return f"{tiles} of {sides} pixels at a time on {self.device.type}"


def plan_workload(
    network: DenoisingNetwork,
    device: torch.device,
    halo: Sequence[int],
    planes: int = 1,
) -> Workload:
    """Choose tile and batch by the memory that activations may take.

    Parameters
    ----------
    network : DenoisingNetwork
        Says how many numbers it holds per pixel.
    device : torch.device
        Where it runs.
    halo : sequence of int
        Along Y and X.
    planes : int
        How many are denoised together, in 3D.

    Returns
    -------
    Workload
    """
    floats = network.floats_per_pixel * (planes + 2 * network.z_held)
    if device.type == "cuda":
        budget, side = GPU_SHARE * torch.cuda.mem_get_info(device)[0], GPU_WINDOW
    else:
        side = int((CPU_MAP / (4 * floats)) ** 0.5)
        budget = CPU_BUDGET
    pixels = budget / (4 * floats * LIVE_MAPS)
    side = min(side, int(pixels**0.5))
    core = tuple(max(side - 2 * h, SMALLEST_CORE) for h in halo)
    window = (core[-1] + 2 * halo[-1]) ** 2
    on_gpu = device.type == "cuda"
    batch = max(1, min(MOST_PER_BATCH, int(pixels / window))) if on_gpu else 1
    return Workload(device, core, batch)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that the device's memory ran out.

    Parameters
    ----------
    error : BaseException
        What torch or Python raised.

    Returns
    -------
    bool
    """
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    words = (
        "out of memory",
        "not enough memory",
        "can't allocate memory",
        "STATUS_ALLOC_FAILED",  # cuDNN and cuBLAS
    )
    return isinstance(error, RuntimeError) and any(w in str(error) for w in words)


def free_memory(device: torch.device) -> None:
    """Give cached memory of a GPU back to the system."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
