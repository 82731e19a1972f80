"""Axes strings, and the planes and channels that they make of an array."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_denoise.errors import AxesError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CANONICAL = "TCZYXS"
"""Time, channel, depth, height, width, and colour samples of RGB images."""

UNKNOWN = "QI"

Index = tuple[int | slice, ...]


def resolve_axes(
    shape: tuple[int, ...], axes: str | None = None, labels: str | None = None
) -> str:
    """Decide which axis is which.

    Parameters
    ----------
    shape : tuple of int
        Of the array.
    axes : str, optional
        Letters of TCZYXS, one per axis, as the user gave them.
    labels : str, optional
        The same as a layer or file names them; ignored where they are other letters,
        but Q and I say that a file's writer did not know its axes.

    Returns
    -------
    str
        Upper-case letters, one per axis of `shape`.

    Raises
    ------
    AxesError
        If the letters do not fit the shape, or no safe guess can be made.
    """
    if axes is not None:
        if not isinstance(axes, str):
            raise AxesError(f"Axes must be letters such as “ZYX”, got {axes!r}.")
        return _checked(axes.upper(), shape)
    if labels is not None and _is_valid(labels.upper(), shape):
        return labels.upper()
    unknown = labels is not None and set(labels.upper()) & set(UNKNOWN)
    if len(shape) == 2:
        return "YX"
    if len(shape) == 3 and shape[-1] not in (3, 4) and not unknown:
        return "ZYX"
    raise AxesError(
        f"The axes of an image of shape {shape} cannot be guessed. Give axes, one "
        f"letter per axis: {_choices(shape)} (T time, C channel, Z depth, Y, X, "
        "S colour samples)."
    )


def check_letters(axes: str) -> None:
    """Refuse axes that fit no image.

    Parameters
    ----------
    axes : str
        As the user gave them, in either case.

    Raises
    ------
    AxesError
    """
    letters = axes.upper()
    if not set(letters) <= set(CANONICAL) or len(set(letters)) != len(letters):
        raise AxesError(
            f"Axes “{axes}” do not work: use each of T, C, Z, Y, X and S at most once."
        )
    if not {"Y", "X"} <= set(letters):
        raise AxesError(f"Axes “{axes}” lack Y or X: an image needs both.")


def _checked(axes: str, shape: tuple[int, ...]) -> str:
    check_letters(axes)
    if len(axes) != len(shape):
        raise AxesError(
            f"Axes “{axes}” name {len(axes)} axes, but the image has {len(shape)}: "
            f"its shape is {shape}."
        )
    samples = shape[axes.index("S")] if "S" in axes else 3
    if samples > 4:
        raise AxesError(
            f"Axes “{axes}” call {samples} values per pixel colour samples (S); "
            "RGB has 3 and RGBA 4. Use C for channels."
        )
    return axes


def _is_valid(labels: str, shape: tuple[int, ...]) -> bool:
    try:
        _checked(labels, shape)
    except AxesError:
        return False
    return True


def _choices(shape: tuple[int, ...]) -> str:
    by_length = {
        0: ["an image needs at least Y and X"],
        1: ["an image needs at least Y and X"],
        3: ["ZYX", "TYX", "CYX", "YXC"],
        4: ["TZYX", "CZYX", "ZCYX", "TCYX"],
        5: ["TCZYX", "TZCYX"],
    }
    choices = list(by_length.get(len(shape), ["letters of TCZYXS"]))
    if shape and shape[-1] in (3, 4):
        colour = {3: "YXS", 4: "ZYXS", 5: "TZYXS"}.get(len(shape))
        choices = [colour, *choices] if colour else choices
    return ", ".join(choices)


@dataclass(frozen=True)
class Layout:
    """How an array divides into channels, and a channel into planes.

    Parameters
    ----------
    shape : tuple of int
    axes : str
        As :func:`resolve_axes` returns it.
    """

    shape: tuple[int, ...]
    axes: str

    def size(self, axis: str) -> int:
        """Length of an axis, 1 where there is none."""
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1

    @cached_property
    def channels(self) -> list[dict[str, int]]:
        """Positions along C and S of each channel to be denoised."""
        return [{"C": c, "S": s} for c, s in self._channel_grid if s < self._colours]

    @cached_property
    def copied(self) -> list[dict[str, int]]:
        """Positions of the channels that stay as they are: alpha."""
        return [{"C": c, "S": s} for c, s in self._channel_grid if s >= self._colours]

    def planes(self, channel: dict[str, int]) -> list[Index]:
        """Index each plane of a channel, time by time and depth by depth.

        Parameters
        ----------
        channel : dict
            One of `channels` or `copied`.

        Returns
        -------
        list of tuple
            Each picks a plane out of the array, Y and X in the array's order.
        """
        grid = product(range(self.size("T")), range(self.size("Z")))
        return [self._index({**channel, "T": t, "Z": z}) for t, z in grid]

    def lines(self, channel: dict[str, int], along: str) -> list[list[Index]]:
        """Index the planes of a channel that follow one another along an axis.

        Parameters
        ----------
        channel : dict
            One of `channels`.
        along : str
            ``"Z"`` or ``"T"``; the array may lack it.

        Returns
        -------
        list of list of tuple
            One line of planes for each position along the other of the two.
        """
        across = self.size("T" if along == "Z" else "Z")
        return [self.line(channel, along, other) for other in range(across)]

    def line(self, channel: dict[str, int], along: str, other: int) -> list[Index]:
        """Index the planes of one such line.

        Parameters
        ----------
        channel : dict
            One of `channels` or `copied`.
        along : str
            ``"Z"`` or ``"T"``.
        other : int
            Position along the other of the two.

        Returns
        -------
        list of tuple
        """
        place = {**channel, ("T" if along == "Z" else "Z"): other}
        return [
            self._index({**place, along: position})
            for position in range(self.size(along))
        ]

    def read(self, array: Any, index: Index) -> NDArray[Any]:
        """Read a plane as (Y, X)."""
        plane = np.asarray(array[index])
        return plane.T if self._x_first else plane

    def write(self, array: Any, index: Index, plane: NDArray[Any]) -> None:
        """Write a plane given as (Y, X)."""
        array[index] = plane.T if self._x_first else plane

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.size("Y"), self.size("X")

    @property
    def planes_per_channel(self) -> int:
        """Number of planes that share one noise model."""
        return self.size("T") * self.size("Z")

    @property
    def _x_first(self) -> bool:
        return self.axes.index("X") < self.axes.index("Y")

    @property
    def _colours(self) -> int:
        samples = self.size("S")
        return samples - 1 if samples in (2, 4) else samples

    @property
    def _channel_grid(self) -> product[tuple[int, int]]:
        return product(range(self.size("C")), range(self.size("S")))

    def _index(self, position: dict[str, int]) -> Index:
        return tuple(
            slice(None) if axis in "YX" else position[axis] for axis in self.axes
        )
