"""Every sample opens with its axes, its licence and its source."""

from __future__ import annotations

from typing import Any

import pytest
from npe2 import PluginManifest

from napari_denoise._napari import samples

SAMPLES = {
    "actin-20x": ("YX", 2),
    "actin-60x": ("YX", 2),
    "mitochondria": ("YX", 2),
    "membrane": ("YX", 2),
    "nucleus": ("YX", 2),
    "cell-channels": ("YX", 3),
    "dna-stack": ("ZCYX", 1),
    "lysosomes": ("TYX", 1),
    "nuclei-stack": ("ZYX", 1),
}


def test_the_manifest_lists_them() -> None:
    manifest = PluginManifest.from_distribution("napari-denoise")
    listed = manifest.contributions.sample_data or []
    assert {sample.key for sample in listed} == set(SAMPLES)


def test_every_sample_opens_in_the_viewer(viewer: Any) -> None:
    for key, (axes, count) in SAMPLES.items():
        layers = viewer.open_sample("napari-denoise", key)
        assert len(layers) == count, key
        for layer in layers:
            assert "".join(layer.axis_labels) == axes
            assert layer.metadata["licence"] in {"CC0", "CC-BY", "MIT", "BSD-3-Clause"}
            assert layer.metadata["source"]
    assert len({layer.name for layer in viewer.layers}) == len(viewer.layers)


def test_calibration_comes_from_the_file() -> None:
    (_, stack, _), *_ = samples.dna_stack()
    assert stack["scale"] == pytest.approx([0.4994, 1, 0.5119, 0.5119], abs=1e-4)
    assert stack["units"] == ["um", "pixel", "um", "um"]
    (_, plane, _), *_ = samples.actin_20x()
    assert plane["scale"] == [1, 1]


def test_low_and_high_signal_show_the_same_field() -> None:
    (high, _, _), (low, _, _) = samples.actin_20x()
    assert high.shape == low.shape
