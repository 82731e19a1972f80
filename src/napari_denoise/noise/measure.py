"""How noise is to be measured: with what the user knows, or from the image alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from napari_denoise.errors import NoiseError
from napari_denoise.noise.region import check_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, repr=False)
class Measure:
    """Ask for the noise to be measured, and say what is known of it.

    ``Measure()`` is the same as ``"auto"``.

    Parameters
    ----------
    offset : float, optional
        What the camera gives in the dark, in image counts. Only with it can read
        noise be told from offset, and brightness be said in photons.
    background : array-like of bool, shape (Y, X), optional
        Region without structure, of at least 200 pixels. The strength of the noise
        and its correlation are read off there; how it grows with brightness still
        comes from the whole image. Copied.
    plane : dict of str to int, or tuple of (str, int), optional
        Position along T and Z of the plane on which `background` lies. Along an axis
        that is left out, the region is without structure everywhere; noise is pooled
        over the planes then.

    Raises
    ------
    NoiseError
        If the offset is no finite number, the region is no mask or has too few
        pixels, or the plane is none.

    Examples
    --------
    >>> Measure(offset=100)
    Measure(offset=100.0)
    """

    offset: float | None = None
    background: NDArray[np.bool_] | None = None
    plane: Mapping[str, int] | tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if self.offset is not None:
            object.__setattr__(self, "offset", _checked_offset(self.offset))
        if self.background is not None:
            object.__setattr__(self, "background", _checked_mask(self.background))
        object.__setattr__(self, "plane", _checked_plane(self.plane))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measure) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        parts = [] if self.offset is None else [f"offset={self.offset!r}"]
        if self.background is not None:
            # Of the same outline and not the same: told apart by the checksum.
            pixels, rows, columns = self._outline
            parts.append(
                f"background=<{pixels} pixels in rows {rows[0]}:{rows[1]}, columns "
                f"{columns[0]}:{columns[1]}, {crc32(self.background.tobytes()):08x}>"
            )
        if self.plane:
            parts.append(f"plane={dict(self.plane)!r}")
        return f"Measure({', '.join(parts)})"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers: for provenance. Of the region, its outline."""
        background = None
        if self.background is not None:
            pixels, rows, columns = self._outline
            background = {
                "pixels": pixels,
                "rows": list(rows),
                "columns": list(columns),
            }
        return {
            "offset": self.offset,
            "background": background,
            "plane": dict(self.plane),
        }

    @property
    def _key(self) -> tuple[Any, ...]:
        mask = self.background
        region = None if mask is None else (mask.shape, mask.tobytes())
        return self.offset, region, self.plane

    @property
    def _outline(self) -> tuple[int, tuple[int, int], tuple[int, int]]:
        spots = np.argwhere(np.asarray(self.background))
        (top, left), (bottom, right) = spots.min(axis=0), spots.max(axis=0) + 1
        return len(spots), (int(top), int(bottom)), (int(left), int(right))


def _checked_offset(offset: Any) -> float:
    if not isinstance(offset, Real) or not math.isfinite(offset):
        raise NoiseError(
            f"The camera's offset must be a number in image counts, got {offset!r}."
        )
    return float(offset)


def _checked_mask(background: Any) -> NDArray[np.bool_]:
    given = np.asarray(background)
    if given.ndim != 2 or given.dtype.kind not in "biu":
        raise NoiseError(
            "A background region is a mask of Y and X, true where there is no "
            f"structure; got an array of shape {given.shape} and type {given.dtype}."
        )
    mask: NDArray[np.bool_] = given.astype(bool)  # always a copy
    check_size(int(mask.sum()))
    mask.flags.writeable = False
    return mask


def _checked_plane(plane: Any) -> tuple[tuple[str, int], ...]:
    pairs = dict(plane)
    for axis, position in pairs.items():
        valid = isinstance(position, Integral) and int(position) >= 0
        if axis not in ("T", "Z") or not valid:
            raise NoiseError(
                f"plane={pairs!r} does not work: give a position along T or Z, such "
                "as {'Z': 4}."
            )
    return tuple(sorted((axis, int(at)) for axis, at in pairs.items()))
