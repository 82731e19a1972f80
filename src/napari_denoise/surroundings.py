"""What decides a part of a plane: the pixels and planes around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.noise import NoiseModel
from napari_denoise.noise.conservation import reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_denoise.axes import Layout
    from napari_denoise.noise import Scaling
    from napari_denoise.sources import Source
    from napari_denoise.treatment import Treatment

Span = tuple[int, int]
"""First, and one after the last."""


@dataclass(frozen=True)
class Part:
    """A rectangle of one plane.

    Attributes
    ----------
    place : dict of str to int
        Position along T, C, Z and S; 0 where it is left out.
    rows, columns : tuple of int
        First and one after the last.
    """

    place: Mapping[str, int]
    rows: Span
    columns: Span

    @property
    def pixels(self) -> int:
        """Number of its pixels."""
        (top, bottom), (left, right) = self.rows, self.columns
        return (bottom - top) * (right - left)


@dataclass(frozen=True)
class Surroundings:
    """A part together with all that its result depends on.

    Attributes
    ----------
    spans : dict of str to tuple of int
        What is read along each axis, T, C, Z, S, Y and X.
    position : int
        Number of the part's plane among those that are read.
    inner : tuple of slice
        The part's rows and columns among those that are read.
    """

    spans: dict[str, Span]
    position: int
    inner: tuple[slice, slice]

    @property
    def pixels(self) -> int:
        """Pixels of a plane that are read."""
        (top, bottom), (left, right) = self.spans["Y"], self.spans["X"]
        return (bottom - top) * (right - left)

    def read(self, source: Source, axes: str) -> Source:
        """Read them; every axis stays, if only with one position."""
        index = tuple(slice(*self.spans[axis]) for axis in axes)
        return replace(source, data=np.asarray(source.data[index]))


def surround(
    part: Part, layout: Layout, treatment: Treatment, scaling: Scaling
) -> Surroundings:
    """Find what decides a part: neighbouring planes, halo, counts that are kept.

    Parameters
    ----------
    part : Part
        What is wanted.
    layout : Layout
        Of the image.
    treatment : Treatment
        Of the part's channel.
    scaling : Scaling
        The same.

    Returns
    -------
    Surroundings
    """
    engine, along = treatment.engine, treatment.along
    spans = {axis: (at, at + 1) for axis in "TCZS" for at in [part.place.get(axis, 0)]}
    at, radius = part.place.get(along, 0), engine.z_radius
    spans[along] = max(at - radius, 0), min(at + radius + 1, layout.size(along))
    wanted, shape = (part.rows, part.columns), layout.plane_shape
    if engine.halo is None:
        seen = [(0, side) for side in shape]
    else:
        margin = reach(scaling.noise or NoiseModel()) + engine.halo[-1]
        seen = [
            _widened(span, side, margin, engine.stride)
            for span, side in zip(wanted, shape, strict=True)
        ]
    inner = tuple(
        slice(first - low, last - low)
        for (first, last), (low, _) in zip(wanted, seen, strict=True)
    )
    return Surroundings(
        {**spans, "Y": seen[0], "X": seen[1]},
        at - spans[along][0],
        (inner[0], inner[1]),
    )


def _widened(span: Span, side: int, margin: int, stride: int) -> Span:
    """Add a margin, and begin where a whole run's windows may begin.

    Spans of one length come out equally long, but at the ends of the image: a network
    takes its time with each shape that it meets for the first time.
    """
    first = max(span[0] - margin, 0) // stride * stride
    length = (span[1] - span[0] + 2 * margin) // stride * stride + 2 * stride
    return first, min(first + length, side)
