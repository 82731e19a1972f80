"""Where noise is measured: everywhere, not in step with rows, depths or frames."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise import estimate_noise, list_models
from napari_denoise.axes import Layout
from napari_denoise.noise import sample_windows


def test_a_cell_at_one_side_of_a_stack_is_seen():
    rng = np.random.default_rng(0)
    clean = np.full((16, 512, 512), 5.0)
    clean[:, 100:400, 280:480] = 300
    noisy = 2 * rng.poisson(clean / 2) + 100 + rng.normal(0, 3, clean.shape)
    measured = estimate_noise(noisy.astype(np.float32), axes="ZYX")
    assert measured.gain == pytest.approx(2, rel=0.05)


def test_all_depths_and_columns_are_looked_at():
    depth = np.arange(5)[:, None, None] * np.ones((64, 1, 512, 512), np.float32)
    windows = sample_windows(depth, Layout(depth.shape, "TZYX"), {"C": 0, "S": 0})
    assert {float(window.mean()) for window, _ in windows} == {0, 1, 2, 3, 4}
    columns = np.broadcast_to(np.arange(4096, dtype=np.float32), (4096, 4096))
    windows = sample_windows(columns, Layout(columns.shape, "YX"), {"C": 0, "S": 0})
    assert len({float(window.min()) for window, _ in windows}) > 4


def test_frames_that_are_there_twice_are_not_noiseless():
    frames = np.random.default_rng(0).poisson(20, (4, 128, 128)).astype(np.uint16)
    measured = estimate_noise(np.repeat(frames, 2, axis=0), axes="TYX")
    assert measured.sigma == pytest.approx(20**0.5, rel=0.05)


def test_cards_of_bundled_networks_are_filled_in():
    for card in list_models():
        assert card.summary
        if card.kind == "network":
            assert card.training["data"]
            assert card.training["licence"]
            assert card.training["minutes"] > 0
            judged = "set12_25" if card.ndim == 2 else "flybrain_10"
            assert card.quality[judged] > 20.17  # the noisy images themselves
