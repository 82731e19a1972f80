"""Run a network over planes tile by tile: batches, cancelling, lack of memory."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from napari_denoise.devices import (
    Workload,
    free_memory,
    is_out_of_memory,
    plan_workload,
)
from napari_denoise.errors import Cancelled, DenoiseError, DeviceError
from napari_denoise.networks.base import channels_last
from napari_denoise.tiling import TilePlan, plan_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray

    from napari_denoise.models import NetworkModel
    from napari_denoise.networks import DenoisingNetwork
    from napari_denoise.tiling import Tile


class TileRunner:
    """A network on a device, with the tiles that fit there.

    Parameters
    ----------
    model : NetworkModel
    device : torch.device
    tile : sequence of int, optional
        Sides of a tile without halo along Y and X, or along Z, Y and X; by default what
        fits the memory.
    cancelled : callable, optional
        Looked at before each layer; true stops the run.

    Attributes
    ----------
    model : NetworkModel
        As it was given.
    loses_counts : bool
        Whether sums over many pixels may come out wrong.
    workload : Workload
        What is used now; smaller after memory ran out.
    z_radius : int
        Planes that are looked at before and after each one.
    planes : int
        How many are denoised together.
    warnings : list of str
        What had to be changed on the way.
    """

    loses_counts = True

    def __init__(
        self,
        model: NetworkModel,
        device: torch.device,
        tile: Sequence[int] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self.model = model
        # A copy of its own: other runs may use the model at the same time.
        self._network = copy.deepcopy(model.network)
        if cancelled is not None:
            _watch(self._network, cancelled)
        self.z_radius = self._network.z_radius
        self.planes = tile[0] if tile is not None and len(tile) == 3 else 1
        self._halo = (model.spec.halo,) * 2
        self._stride = (model.spec.stride,) * 2
        self._core: tuple[int, ...] = (0, 0)
        self.warnings: list[str] = []
        self.workload = plan_workload(self._network, device, self._halo, self.planes)
        self._may_be_whole = tile is None
        if tile is not None:
            self.workload = Workload(device, tuple(tile[-2:]), self.workload.batch)
        self._place()

    @property
    def halo(self) -> tuple[int, ...]:
        """Pixels and planes around a tile that are looked at."""
        return (self.z_radius, *self._halo)[3 - self._network.ndim :]

    @property
    def stride(self) -> int:
        """Windows begin at multiples of it."""
        return self._stride[-1]

    @property
    def tile(self) -> tuple[int, ...]:
        """Sides of the tiles that were last used, without halo."""
        return (self.planes, *self._core)[3 - self._network.ndim :]

    def run(
        self, stack: NDArray[np.float32], sigma: float
    ) -> Generator[int, None, NDArray[np.float32]]:
        """Denoise some planes, or one.

        Parameters
        ----------
        stack : ndarray of float32, shape (Z + 2 * z_radius, Y, X)
            In the network's range; with the neighbours it looks at. Z is 1 in 2D.
        sigma : float
            Noise level told to the network.

        Yields
        ------
        int
            Pixels that are done, after each batch of tiles.

        Returns
        -------
        ndarray of float32, shape (Z, Y, X)

        Raises
        ------
        Cancelled
            If `cancelled` became true.
        DeviceError
            If even the smallest tile on the CPU needs too much memory.
        """
        while True:
            try:
                return (yield from self._attempt(stack, sigma))
            except DenoiseError:
                raise
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                self._retreat()

    def plan(self, shape: Sequence[int]) -> TilePlan:
        """Divide a plane of a shape into tiles."""
        core = self.workload.core
        if self._may_be_whole:  # a plane that fits into a window needs no halo
            sides = zip(shape, core, self._halo, strict=True)
            core = tuple(n if n <= c + 2 * h else c for n, c, h in sides)
        return plan_tiles(shape, core, self._halo, self._stride)

    def _attempt(
        self, stack: NDArray[np.float32], sigma: float
    ) -> Generator[int, None, NDArray[np.float32]]:
        plan = self.plan(stack.shape[1:])
        self._core = plan.core
        filled = np.stack([plan.fill(plane) for plane in stack])
        depth = len(stack) - 2 * self.z_radius
        result = np.empty((depth, *stack.shape[1:]), np.float32)
        done = 0
        for batch in _batches(plan, self.workload.batch):
            windows = np.stack([filled[:, *tile.window] for tile in batch])
            restored = _forward(self._network, windows, sigma, self.workload.device)
            for tile, window in zip(batch, restored, strict=True):
                result[:, *tile.target] = window[:, *tile.core]
                done += window[:, *tile.core].size
            yield done
        return result

    def _retreat(self) -> None:
        """Continue with less at a time, and say so."""
        free_memory(self.workload.device)
        smaller = self.workload.smaller()
        if smaller is None:
            raise DeviceError(
                "The memory does not suffice for even the smallest tile. Close other "
                "programs or images and try again."
            )
        self.workload = smaller
        self.warnings.append(
            f"The memory ran out; went on with {smaller.describe()}. The result is "
            "the same."
        )
        self._place()

    def _place(self) -> None:
        self._network.to(self.workload.device)
        channels_last(self._network)


def _batches(plan: TilePlan, size: int) -> list[list[Tile]]:
    tiles = list(plan)
    return [tiles[i : i + size] for i in range(0, len(tiles), size)]


@torch.inference_mode()
def _forward(
    network: DenoisingNetwork,
    windows: NDArray[np.float32],
    sigma: float,
    device: torch.device,
) -> NDArray[np.float32]:
    noisy = torch.from_numpy(windows).to(device)
    level = torch.full((len(windows),), sigma, device=device)
    if network.ndim == 2:  # its one plane stands where the channel does
        restored = network(noisy, level)
    else:
        restored = network.between_neighbours(noisy[:, None], level)[:, 0]
    stacks: NDArray[np.float32] = restored.cpu().numpy()
    return stacks


def _watch(network: DenoisingNetwork, cancelled: Callable[[], bool]) -> None:
    def stop_if_cancelled(*_: Any) -> None:
        if cancelled():
            raise Cancelled("Cancelled: nothing was changed.")

    for module in network.modules():
        if not list(module.children()):
            module.register_forward_pre_hook(stop_if_cancelled)
