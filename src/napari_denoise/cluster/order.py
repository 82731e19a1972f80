"""What is asked for a huge image: checked, told apart, and settled once."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from napari_denoise.axes import Layout, resolve_axes
from napari_denoise.batch.options import digest
from napari_denoise.batch.state import state_of
from napari_denoise.cluster.blocks import Cut, chunks_of
from napari_denoise.cluster.named import NamedModel
from napari_denoise.cluster.plan import Plan
from napari_denoise.denoising import settle_forms
from napari_denoise.errors import DeviceError
from napari_denoise.measurement import measure_channels
from napari_denoise.options import AUTO, check_neighbours, check_tile
from napari_denoise.output import result_dtype
from napari_denoise.provenance import plain_noise
from napari_denoise.sources import Source, read_source
from napari_denoise.treatment import choose_models, same_neighbours

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    import numpy as np

    from napari_denoise.files import ImageFile
    from napari_denoise.models import Model
    from napari_denoise.progress import NoiseMeasured


@dataclass(frozen=True)
class Order:
    """An image and how it is to be denoised.

    Attributes
    ----------
    source : Source
        The image.
    layout : Layout
        Its axes.
    models : list of Model
        One per channel, as the user named them.
    strengths : list of float
        One per channel.
    neighbours : {"none", "Z", "T", "auto"}
    tile : tuple of int or None
        Sides of a tile.
    dtype : numpy.dtype
        Of the result.
    request : dict
        The other options as they were given; kept beside the result.
    notes : tuple of str
        What the user should know of how the image is read.
    """

    source: Source
    layout: Layout
    models: list[Model]
    strengths: list[float]
    neighbours: str
    tile: tuple[int, ...] | None
    dtype: np.dtype[Any]
    request: dict[str, Any]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        image: ImageFile,
        model: Any,
        strength: Any,
        neighbours: str,
        dtype: Any,
        request: dict[str, Any],
    ) -> Order:
        """Check what can be checked before anything is measured.

        Raises
        ------
        DenoiseError
            If the image, its axes, an option or a model does not work.
        """
        source = read_source(Source(image.data, image.axes, str(image.path)))
        shape = tuple(source.data.shape)
        layout = Layout(shape, resolve_axes(shape, request["axes"], image.axes))
        chosen = choose_models(model, strength, len(layout.channels))
        kind = result_dtype(dtype, source.dtype)
        order = cls(
            source,
            layout,
            [model for model, _ in chosen],
            [strength for _, strength in chosen],
            check_neighbours(neighbours),
            check_tile(request["tile"]),
            kind,
            {**request, "dtype": None if dtype is None else kind.name},
            image.notes,
        )
        if order.neighbours != AUTO:
            same_neighbours(order.models, order.neighbours, layout)
        return order

    def fingerprint(self, source: Path, series: int) -> str:
        """Tell apart what would come to other results.

        Parameters
        ----------
        source : Path
            File or folder of the image.
        series : int
            Its number in the file.

        Returns
        -------
        str
            Hexadecimal.
        """
        return digest(
            {
                "version": version("napari-denoise"),
                "source": [str(source), series, self.layout.axes],
                "state": state_of(source),
                "weights": [NamedModel.of(model).weights for model in self.models],
                "strengths": self.strengths,
                "neighbours": self.neighbours,
                "noise": plain_noise(self.request["noise"]),
                "dtype": self.dtype.name,
            }
        )

    def settle_steps(
        self, cancelled: Callable[[], bool]
    ) -> Generator[NoiseMeasured, None, Plan]:
        """Measure the image, and choose the form of each model, here and once.

        Parameters
        ----------
        cancelled : callable
            Looked at on the way.

        Yields
        ------
        NoiseMeasured

        Returns
        -------
        Plan
            Not cut yet.

        Raises
        ------
        DenoiseError
            As `denoise`.
        """
        noise = self.request["noise"]
        scalings = yield from measure_channels(
            self.source, self.layout, noise, cancelled
        )
        remarks: list[str] = []
        if self.neighbours == AUTO:
            device = _own_device(self.request["device"])
            forms = settle_forms(
                self.source, self.layout, self.models, device, scalings, cancelled
            )
        else:
            forms, remarks = same_neighbours(self.models, self.neighbours, self.layout)
        return Plan.of(forms, self.strengths, scalings, remarks)

    def cut(self, plan: Plan) -> Cut:
        """Say how the image is cut into blocks."""
        chunks = chunks_of(self.source.data, self.layout.shape)
        return Cut(self.layout, plan.along, chunks, plan.depth)


def _own_device(asked: str) -> str:
    """Name a device of this machine, which may lack the one that workers have."""
    from napari_denoise.devices import choose_device

    try:
        choose_device(asked)
    except DeviceError:
        return AUTO
    return asked
