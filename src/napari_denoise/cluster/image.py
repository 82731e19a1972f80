"""One huge image denoised by many workers, block by block."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_denoise.cluster.block_work import BlockWork
from napari_denoise.cluster.connecting import connect
from napari_denoise.cluster.crew import Crew
from napari_denoise.cluster.order import Order
from napari_denoise.cluster.partial import Journal, Partial
from napari_denoise.cluster.rounds import ATTEMPTS
from napari_denoise.denoising import noise_remarks
from napari_denoise.errors import FileError, WorkerLost
from napari_denoise.files import ImageTarget, open_image
from napari_denoise.files.apart import check_apart
from napari_denoise.files.creating import check_target, is_zarr
from napari_denoise.output import output_path
from napari_denoise.progress import Denoised, TileDone, run_to_end
from napari_denoise.provenance import describe_ways

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import DTypeLike

    from napari_denoise.files import ImageInfo
    from napari_denoise.progress import NoiseMeasured, Progress


def denoise_on_cluster(
    source: str | Path, target: Any, model: Any = "unet", **options: Any
) -> Denoised:
    """Denoise one huge image on many machines, or in many processes.

    Parameters
    ----------
    source, target, model, **options
        As :func:`denoise_on_cluster_steps` takes them.

    Returns
    -------
    Denoised

    Raises
    ------
    DenoiseError
        If the image, an option or a worker does not work.

    Examples
    --------
    >>> from napari_denoise import denoise_on_cluster
    >>> run = denoise_on_cluster(
    ...     "raw.zarr", "clean.zarr", scheduler="tcp://gpu1:8786"
    ... )  # doctest: +SKIP
    """
    return run_to_end(denoise_on_cluster_steps(source, target, model, **options))


def denoise_on_cluster_steps(
    source: str | Path,
    target: str | Path | ImageTarget,
    model: Any = "unet",
    *,
    series: int = 0,
    axes: str | None = None,
    noise: Any = "auto",
    strength: Any = 1.0,
    neighbours: str = "none",
    device: str = "auto",
    tile: Any = "auto",
    dtype: DTypeLike | None = None,
    scheduler: Any = None,
    workers: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Progress:
    """Denoise one huge image on many machines, step by step.

    The pixels are those of :func:`napari_denoise.denoise`. Noise, shift and scale are
    measured once, here. After a stop or a kill the same call goes on with what is
    done; another image, model or option begins anew.

    Parameters
    ----------
    source : str or Path
        A Zarr folder, or a TIFF file; all workers see it under the same path.
    target : str, Path or ImageTarget
        An OME-Zarr folder to be made where all workers can write.
    model : str, Path or Model, or sequence of them
        As `denoise` takes it; of a file, bundled or classical.
    series : int
        Number of the image in its file.
    axes, noise, strength, neighbours, tile, dtype
        As `denoise` takes them.
    device : str
        Of each worker; with ``"auto"`` or ``"cuda"`` workers of one machine that has
        several GPUs take one each.
    scheduler : str or Cluster, optional
        Of Dask: its address, or a cluster such as `SLURMCluster`.
    workers : int, optional
        Instead of it: so many processes of this machine.
    cancelled : callable, optional
        Looked at several times a second; when it returns true, `Cancelled` is raised.
        What is done is kept for the next call.

    Yields
    ------
    NoiseMeasured, TileDone
        The latter after each block.

    Returns
    -------
    Denoised
        With `target` as its data.

    Raises
    ------
    DenoiseError
        As `denoise`; `ClusterError` if there is no cluster, or one of its workers
        cannot do the work.
    """
    began = time.perf_counter()
    path = Path(source).absolute()
    request = {"axes": axes, "noise": noise, "device": device, "tile": tile}
    with open_image(path, series) as image:
        out = _checked(target, path, image.info)
        order = Order.of(image, model, strength, neighbours, dtype, request)
        order = replace(order, source=replace(order.source, name=str(source)))
        with connect(scheduler, workers) as client, Crew(client) as crew:
            run = _Run(
                order,
                path,
                series,
                Partial(out, order.fingerprint(path, series)),
                crew,
                cancelled or (lambda: False),
            )
            journal = yield from run.prepare_steps()
            yield from run.block_steps(journal)
        return run.finish(journal, target, began)


@dataclass(frozen=True)
class _Run:
    """One image, its workers, and where its result grows."""

    order: Order
    path: Path
    series: int
    partial: Partial
    crew: Crew
    stop: Callable[[], bool]

    def prepare_steps(self) -> Generator[NoiseMeasured, None, Journal]:
        """Go on with what is there, or settle what is to be done."""
        order, crew = self.order, self.crew
        journal = self.partial.journal()
        named = [] if journal is None else journal.plan.models
        device = order.request["device"]
        folder = self.partial.folder.parent
        crew.check(self.path, folder, named, device)
        if journal is not None:
            return journal
        plan = yield from order.settle_steps(self.stop)
        crew.check(self.path, folder, plan.models, device)
        depth = order.cut(plan).choose_depth(
            crew.members, plan.planes_together(order.tile)
        )
        return self.partial.begin(
            plan.light().cut(depth), order.layout.shape, order.dtype, order.layout.axes
        )

    def block_steps(self, journal: Journal) -> Generator[TileDone, None, None]:
        """Have the blocks done that are missing."""
        order, cut = self.order, self.order.cut(journal.plan)
        work = BlockWork(
            self.path,
            self.series,
            order.layout.axes,
            self.partial.image,
            order.dtype,
            journal.plan,
            order.request["device"],
            order.tile,
            self.crew.gpus,
        )
        height, width = order.layout.plane_shape
        before = sum(
            len(block) for block in cut.blocks() if block.number in journal.done
        )
        missing = (b for b in cut.blocks() if b.number not in journal.done)
        began, done = time.perf_counter(), before
        ended = self.crew.work_off(work, missing, self.stop, ATTEMPTS)
        with closing(ended):
            for block, found in ended:
                if isinstance(found, WorkerLost):
                    raise found
                journal.note(block.number, found)
                done += len(block)
                pace = (time.perf_counter() - began) / (done - before)
                yield TileDone(
                    done * height * width,
                    cut.planes * height * width,
                    pace * (cut.planes - done),
                )

    def finish(self, journal: Journal, target: Any, began: float) -> Denoised:
        """Say how the image came about, and give it its name."""
        order, scalings = self.order, journal.plan.scalings
        noise = tuple(s.noise for s in scalings if s.noise is not None)
        told = [
            *order.notes,
            *journal.plan.remarks,
            *journal.tally.remarks(scalings, order.dtype),
            *journal.warnings,
            *noise_remarks(noise),
        ]
        provenance = describe_ways(
            order.source,
            order.layout.axes,
            _ways(journal),
            order.request,
            scalings,
            tuple(dict.fromkeys(told)),
            seconds=time.perf_counter() - began,
        )
        provenance["workers"] = self.crew.members
        self.partial.finish(order.layout.axes, journal.ranges, provenance)
        return Denoised(target, noise, tuple(provenance["warnings"]), provenance)


def _checked(target: Any, source: Path, info: ImageInfo) -> ImageTarget:
    """Refuse what cannot be written to by many at once, before anything is done."""
    path = output_path(target)
    if path is None or not is_zarr(path):
        raise FileError(
            "Many processes can write one image at once only as OME-Zarr: give it a "
            "name ending in .zarr."
        )
    check_apart(source, path)
    out = target if isinstance(target, ImageTarget) else ImageTarget(path, info)
    check_target(path, overwrite=out.overwrite)
    return replace(out, path=path.absolute())


def _ways(journal: Journal) -> list[dict[str, Any]]:
    """Tell of each channel; of tiles also where a channel's planes needed none."""
    ways = [journal.ways[number] for number in range(len(journal.plan.channels))]
    tiles = {way["model"]: way["tile"] for way in ways if any(way["tile"] or ())}
    return [way | {"tile": tiles.get(way["model"], way["tile"])} for way in ways]
