"""Held-out windows, and how well a network does on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from napari_denoise.training.cuts import Cut, example
from napari_denoise.training.examples import (
    collate,
    in_counts,
    in_photons,
    noise_of,
    unit_of,
)
from napari_denoise.training.gain import Errors
from napari_denoise.training.self_supervision import held_out_risk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_denoise.noise import Scaling
    from napari_denoise.training.examples import Batch
    from napari_denoise.training.fields import Field
    from napari_denoise.training.holdout import Area
    from napari_denoise.training.self_supervision import Alone

    Run = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

MOST_WINDOWS = 40
LARGEST, SMALLEST = 128, 16
"""Pixels along a side of a window: at its borders a network sees less."""
STEP = 8
"""Pixels by which a side is shortened where windows are too few."""
BLOCK = 24
"""Pixels along a side, about: errors of pixels so far apart are independent."""
WINDOWS_PER_BATCH = 8


@dataclass(frozen=True)
class Window:
    """A held-out part of a field, in counts.

    Attributes
    ----------
    scene : int
        Number of the scene.
    noisy : ndarray of float32, shape (Z, Y, X)
        With the planes that the model looks at.
    target : ndarray of float32, shape (Y, X), or None
        What the middle plane is compared with.
    scaling : Scaling
        Of the channel.
    target_noise : float
        As `Field.target_noise`.
    """

    scene: int
    noisy: NDArray[np.float32]
    target: NDArray[np.float32] | None
    scaling: Scaling
    target_noise: float

    @property
    def plane(self) -> NDArray[np.float32]:
        """The noisy plane that is judged, shape (Y, X)."""
        middle: NDArray[np.float32] = self.noisy[len(self.noisy) // 2]
        return middle

    @property
    def noise_variance(self) -> float:
        """Mean noise variance, in counts squared, by the noise model."""
        noise = noise_of(self.scaling)
        level = max(float(self.plane.mean()) - noise.offset, 0.0)
        return noise.gain * level + noise.read_std**2


def cut_windows(
    fields: Sequence[tuple[Field, Area]],
    scenes: Mapping[int, int],
    most: int,
    seed: int,
    *,
    fewest: int = 1,
) -> list[Window]:
    """Cut areas into windows of one size, evenly among the fields.

    Parameters
    ----------
    fields : sequence of (Field, Area)
        With the rows and columns that are cut up.
    scenes : mapping of int to int
        Which scene each pair shows.
    most : int
        How many windows at the most.
    seed : int
        Of the choice where there are too many.
    fewest : int
        They are made smaller until there are so many.

    Returns
    -------
    list of Window
    """
    height, width = _sides([area for _, area in fields], -(-fewest // len(fields)))
    rng = np.random.default_rng([seed, height, width])
    each = -(-most // len(fields))
    turns: list[list[Window]] = [[] for _ in range(each)]
    for field, (rows, columns) in fields:
        corners = [
            (top, left)
            for top in range(rows.start, rows.stop - height + 1, height)
            for left in range(columns.start, columns.stop - width + 1, width)
        ]
        rng.shuffle(corners)
        scene = scenes[field.pair]
        for turn, (top, left) in zip(turns, corners, strict=False):
            part = (slice(top, top + height), slice(left, left + width))
            turn.append(_cut(field, scene, part))
    # One of each field, then another of each: what is too much is nobody's only one.
    return [window for turn in turns for window in turn][:most]


def judge(
    windows: Sequence[Window],
    run: Run,
    device: torch.device,
    alone: Alone | None = None,
) -> Errors:
    """Measure, or estimate, what a network leaves of the noise.

    Parameters
    ----------
    windows : sequence of Window
        Of one size; all with a target, or all without.
    run : callable
        ``run(noisy, sigma)``: the network, in evaluation mode, without gradients.
    device : torch.device
        Where it is.
    alone : Alone, optional
        What estimates the error where there is no target.

    Returns
    -------
    Errors
        Against the target, in blocks of the windows; or estimated, in whole windows.
    """
    batches = [batch.to(device) for batch in _batches(windows)]
    scenes = np.array([window.scene for window in windows])
    if alone is not None:
        left = held_out_risk(run, batches, alone.judged).double().cpu().numpy()
        return Errors(left, np.ones(len(left)), scenes, bias=alone.bias)
    squares = np.concatenate([_squares(batch, run) for batch in batches])
    noise = np.concatenate([_noise(window) for window in windows])
    blocks = len(squares) // len(windows)
    of_target = np.array([_target_variance(window) for window in windows])
    left = squares - np.repeat(of_target, blocks)
    return Errors(left, noise, np.repeat(scenes, blocks))


def restore(window: Window, run: Run, device: torch.device) -> NDArray[np.float32]:
    """Denoise the judged plane of a window: counts, shape (Y, X)."""
    return _restored(window.noisy, window.scaling, run, device)


def most_structured(windows: Sequence[Window]) -> Window:
    """Return the window that shows most: the one to look at while training runs."""

    def contrast(window: Window) -> float:
        shown = window.plane if window.target is None else window.target
        smooth = shown[: shown.shape[0] // 4 * 4, : shown.shape[1] // 4 * 4]
        blocks = smooth.reshape(smooth.shape[0] // 4, 4, -1, 4).mean(axis=(1, 3))
        return float(blocks.std() / np.sqrt(max(window.noise_variance, 1e-30)))

    return max(windows, key=contrast)


def _sides(areas: Sequence[Area], wanted: int) -> tuple[int, int]:
    """Return height and width of windows, so many of which fit into each area."""
    room = np.min([[part.stop - part.start for part in area] for area in areas], axis=0)
    sides = np.minimum(room, LARGEST)
    while np.prod(room // sides) < wanted and sides.max() > SMALLEST:
        longer = np.argmax(sides)
        sides[longer] = max(sides[longer] - STEP, SMALLEST)
    return int(sides[0]), int(sides[1])


def _cut(field: Field, scene: int, part: Area) -> Window:
    # Copies: views would keep whole fields in memory.
    target = None if field.truth is None else field.truth[part].copy()
    noisy = field.noisy[:, *part].copy()
    return Window(scene, noisy, target, field.scaling, field.target_noise)


def _batches(windows: Sequence[Window]) -> Iterator[Batch]:
    for first in range(0, len(windows), WINDOWS_PER_BATCH):
        group = windows[first : first + WINDOWS_PER_BATCH]
        cuts = [Cut(_seen(w.noisy), w.target, w.scaling) for w in group]
        yield collate([example(cut) for cut in cuts])


def _squares(batch: Batch, run: Run) -> NDArray[np.float64]:
    """Return the mean square error of each block, in photons squared."""
    restored, _ = batch.restored(run(batch.noisy, batch.sigma))
    return _in_blocks((restored - batch.clean).double().square())


def _in_blocks(squares: torch.Tensor) -> NDArray[np.float64]:
    """Average in blocks of windows, shape (..., Y, X), one window after another.

    An image is dark here and bright there: only blocks far smaller than windows tell
    how sure a mean of few windows is.
    """
    planes = squares.reshape(-1, 1, *squares.shape[-2:])
    rows, columns = (max(side // BLOCK, 1) for side in planes.shape[-2:])
    means = functional.adaptive_avg_pool2d(planes, (rows, columns))
    return np.asarray(means.flatten().cpu().numpy())


def _seen(noisy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a stack, or the plane where a model looks at no others."""
    return noisy if len(noisy) > 1 else noisy[0]


def _noise(window: Window) -> NDArray[np.float64]:
    """Return the mean square of the noise of each block, in photons squared."""
    if window.target is None or window.target_noise:
        variance = window.noise_variance / unit_of(window.scaling) ** 2
        return _in_blocks(torch.full(window.plane.shape, variance).double())
    error = in_photons(window.plane, window.scaling) - in_photons(
        window.target, window.scaling
    )
    return _in_blocks(torch.from_numpy(error).double().square())


def _target_variance(window: Window) -> float:
    variance = window.noise_variance / unit_of(window.scaling) ** 2
    return window.target_noise * variance


def _restored(
    noisy: NDArray[np.float32], scaling: Scaling, run: Run, device: torch.device
) -> NDArray[np.float32]:
    batch = collate([example(Cut(_seen(noisy), None, scaling))]).to(device)
    restored, _ = batch.restored(run(batch.noisy, batch.sigma))
    photons: NDArray[np.float32] = restored.cpu().numpy()
    return in_counts(photons.reshape(noisy.shape[-2:]), scaling)
