"""Run a network over a plane tile by tile: batches, cancelling, lack of memory."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.utils import convert_conv2d_weight_memory_format

from napari_denoise.devices import (
    Workload,
    free_memory,
    is_out_of_memory,
    plan_workload,
)
from napari_denoise.errors import Cancelled, DenoiseError, DeviceError
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
        Sides of a tile without halo along Y and X; by default what fits the memory.
    cancelled : callable, optional
        Looked at before each layer; true stops the run.

    Attributes
    ----------
    loses_counts : bool
        Whether sums over many pixels may come out wrong.
    workload : Workload
        What is used now; smaller after memory ran out.
    halo : tuple of int
        Along Y and X.
    tile : tuple of int
        Sides of the tiles that were last used, without halo.
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
        # A copy of its own: other runs may use the model at the same time.
        self._network = copy.deepcopy(model.network)
        if cancelled is not None:
            _watch(self._network, cancelled)
        self.halo = (model.spec.halo,) * 2
        self._stride = (model.spec.stride,) * 2
        self.tile: tuple[int, ...] = (0, 0)
        self.warnings: list[str] = []
        self.workload = plan_workload(self._network, device, self.halo)
        self._may_be_whole = tile is None
        if tile is not None:
            self.workload = Workload(device, tuple(tile), self.workload.batch)
        self._place()

    def run(
        self, plane: NDArray[np.float32], sigma: float
    ) -> Generator[int, None, NDArray[np.float32]]:
        """Denoise one plane.

        Parameters
        ----------
        plane : ndarray of float32, shape (Y, X)
            In the network's range.
        sigma : float
            Noise level told to the network.

        Yields
        ------
        int
            Pixels of the plane that are done, after each batch of tiles.

        Returns
        -------
        ndarray of float32, shape (Y, X)

        Raises
        ------
        Cancelled
            If `cancelled` became true.
        DeviceError
            If even the smallest tile on the CPU needs too much memory.
        """
        while True:
            try:
                return (yield from self._attempt(plane, sigma))
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
            sides = zip(shape, core, self.halo, strict=True)
            core = tuple(n if n <= c + 2 * h else c for n, c, h in sides)
        return plan_tiles(shape, core, self.halo, self._stride)

    def _attempt(
        self, plane: NDArray[np.float32], sigma: float
    ) -> Generator[int, None, NDArray[np.float32]]:
        plan = self.plan(plane.shape)
        self.tile = plan.core
        filled = plan.fill(plane)
        result = np.empty_like(plane)
        done = 0
        for batch in _batches(plan, self.workload.batch):
            windows = np.stack([filled[tile.window] for tile in batch])
            restored = _forward(self._network, windows, sigma, self.workload.device)
            for tile, window in zip(batch, restored, strict=True):
                result[tile.target] = window[tile.core]
                done += window[tile.core].size
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
        if self._network.ndim == 2:  # convolutions are up to four times faster so
            convert_conv2d_weight_memory_format(self._network, torch.channels_last)


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
    noisy = torch.from_numpy(windows)[:, None].to(device)
    level = torch.full((len(windows),), sigma, device=device)
    restored: NDArray[np.float32] = network(noisy, level)[:, 0].cpu().numpy()
    return restored


def _watch(network: DenoisingNetwork, cancelled: Callable[[], bool]) -> None:
    def stop_if_cancelled(*_: Any) -> None:
        if cancelled():
            raise Cancelled("Cancelled: nothing was changed.")

    for module in network.modules():
        if not list(module.children()):
            module.register_forward_pre_hook(stop_if_cancelled)
