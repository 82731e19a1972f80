"""One block of an image: read, denoised and written by whichever worker takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_denoise.axes import Layout
from napari_denoise.cluster.workers import clean_up, device_here, unwanted
from napari_denoise.files import open_image
from napari_denoise.files.zarr_writing import open_pixels
from napari_denoise.job import Job
from napari_denoise.portions import Treated
from napari_denoise.progress import run_to_end
from napari_denoise.provenance import describe_treatment
from napari_denoise.sources import Source
from napari_denoise.treatment import make_treatments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

    from napari_denoise.cluster.blocks import Block
    from napari_denoise.cluster.plan import Plan
    from napari_denoise.tally import Tally
    from napari_denoise.treatment import Treatment


@dataclass(frozen=True)
class BlockDone:
    """What became of a block.

    Attributes
    ----------
    tally : Tally
        Sums over its planes.
    ranges : dict of int to (float, float)
        Lowest and highest count of each channel in the result.
    ways : dict of int to dict
        How each of its channels was treated, by number, as `describe_treatment` says.
    warnings : tuple of str
        What had to be changed on the way.
    """

    tally: Tally
    ranges: dict[int, tuple[float, float]]
    ways: dict[int, dict[str, Any]]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class BlockWork:
    """How the blocks of an image are denoised: plain data, sent with each of them.

    Attributes
    ----------
    source : Path
        The image.
    series : int
        Its number in the file.
    axes : str
        Letters of TCZYXS.
    partial : Path
        Zarr folder that takes the result.
    dtype : numpy.dtype
        Of the result.
    plan : Plan
        Noise and model of each channel.
    device : str
        As the user named it.
    tile : tuple of int or None
        Sides of a tile.
    gpus : dict of str to int
        As `share_devices` returns it.
    """

    source: Path
    series: int
    axes: str
    partial: Path
    dtype: np.dtype[Any]
    plan: Plan
    device: str
    tile: tuple[int, ...] | None
    gpus: dict[str, int]

    def __call__(self, block: Block) -> BlockDone:
        """Denoise a block, on a worker."""
        device = device_here(self.device, self.gpus)
        try:
            return self.run(block, device, unwanted())
        finally:
            clean_up(device)

    def run(
        self, block: Block, device: str, cancelled: Callable[[], bool]
    ) -> BlockDone:
        """Denoise a block.

        Parameters
        ----------
        block : Block
            Which planes.
        device : str
            Name of the device.
        cancelled : callable
            Looked at before each layer of the network.

        Returns
        -------
        BlockDone

        Raises
        ------
        DenoiseError
            If source or target do not work, or `cancelled` became true.
        """
        planned = dict(enumerate(self.plan.channels))
        numbers = [number for number in block.channels if number in planned]
        treatments = self._treatments(numbers, device, cancelled)
        ways = {
            number: Treated(planned[number].scaling, treatment)
            for number, treatment in treatments.items()
        }
        with open_image(self.source, self.series) as image:
            layout = Layout(image.data.shape, self.axes)
            source = Source(image.data, self.axes, str(self.source))
            job = Job(source, layout, self.dtype, cancelled)
            target = open_pixels(self.partial, self.axes)
            run_to_end(job.run(block.portions(layout, ways), target))
        engines = {id(way.engine): way.engine for way in treatments.values()}.values()
        return BlockDone(
            job.tally,
            target.ranges,
            {number: describe_treatment(way) for number, way in treatments.items()},
            tuple(remark for engine in engines for remark in engine.warnings),
        )

    def _treatments(
        self, numbers: list[int], device: str, cancelled: Callable[[], bool]
    ) -> dict[int, Treatment]:
        channels = [self.plan.channels[number] for number in numbers]
        treatments = make_treatments(
            [(channel.model.load(), channel.neighbours) for channel in channels],
            [channel.strength for channel in channels],
            device,
            self.tile,
            cancelled,
        )
        return dict(zip(numbers, treatments, strict=True))
