"""What moves or blinks stays where and when it is, though frames are seen together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_denoise import NoiseModel, denoise
from napari_denoise.noise import simulate

FRAMES, SIDE = 9, 128
WIDTH = 1.5
"""Of a spot: standard deviation in pixels."""
BACKGROUND, PEAK = 3.0, 30.0
"""Photons."""
TRAIL = 0.03
"""Of a spot's peak, what may be seen of it in another frame's place."""
PHOTONS = NoiseModel(gain=1.0)
NOWHERE = np.iinfo(int).min


def movie(y, x):
    """Draw spots, shape (frames, spots); those `NOWHERE` are dark."""
    frames = np.zeros((FRAMES, SIDE, SIDE))
    for frame, rows, columns in zip(frames, y, x, strict=True):
        lit = rows != NOWHERE
        np.add.at(frame, (rows[lit] % SIDE, columns[lit] % SIDE), 1)
    spots = gaussian_filter(frames, (0, WIDTH, WIDTH), mode="wrap")
    return BACKGROUND + (PEAK - BACKGROUND) * 2 * np.pi * WIDTH**2 * spots


def grid():
    """Places of 16 spots, so far apart that none comes near another."""
    y, x = np.mgrid[16:SIDE:32, 16:SIDE:32]
    return y.ravel(), x.ravel()


def light(frames, frame, y, x):
    """Counts in places, above the background, as a share of a spot's peak."""
    found = frames[frame, y % SIDE, x % SIDE].mean() - BACKGROUND
    return float(found / (PEAK - BACKGROUND))


def both_ways(clean):
    """Plane by plane, and with neighbours: the mean over a few draws of noise."""
    results = [
        [
            denoise(noisy, axes="TYX", noise=PHOTONS, neighbours=neighbours)
            for neighbours in ("none", "T")
        ]
        for seed in range(3)
        for noisy in [simulate(clean, PHOTONS, np.random.default_rng(seed))]
    ]
    return np.mean(results, axis=0)


@pytest.mark.parametrize("speed", [1, 3, 6, 12])
def test_moving_spots_stay_as_bright_and_leave_no_trail(speed):
    rows, columns = grid()
    time = np.arange(FRAMES)[:, None]
    y, x = rows + 0 * time, columns + speed * time
    clean = movie(y, x)
    alone, together = both_ways(clean)
    frame = 4
    here = y[frame], x[frame]
    assert light(together, frame, *here) > light(alone, frame, *here) - 0.05
    for lag in (-2, -1, 1, 2):
        if abs(lag * speed) > 2 * WIDTH:  # nearer, it is the spot itself
            there = y[frame + lag], x[frame + lag]
            left = light(together, frame, *there) - light(clean, frame, *there)
            assert abs(left) < TRAIL


@pytest.mark.parametrize("lit", [True, False], ids=["flash", "blink"])
def test_what_blinks_does_so_in_its_own_frame(lit):
    rows, columns = grid()
    y = np.tile(np.full_like(rows, NOWHERE) if lit else rows, (FRAMES, 1))
    y[4] = rows if lit else NOWHERE
    x = np.broadcast_to(columns, y.shape)
    clean = movie(y, x)
    alone, together = both_ways(clean)
    for frame in range(FRAMES):
        true, old, new = (
            light(frames, frame, rows, columns) for frames in (clean, alone, together)
        )
        assert abs(new - true) < abs(old - true) + TRAIL
