"""Quality on the bundled real pairs, as measured, and as the cards say."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from typer.testing import CliRunner

from napari_denoise import NoiseModel, denoise, evaluate, list_models, load_model
from napari_denoise.cli import app
from napari_denoise.files import read_tiff
from napari_denoise.samples import PAIRS, pair_paths, sample_path
from tests.conftest import draw, scene

# PSNR in dB after an affine fit, measured; a result may be SLACK worse.
MEASURED = {
    "unet": (26.48, 30.18, 29.25, 36.79, 37.85),
    "unet-fast": (26.48, 30.16, 29.22, 36.78, 37.80),
    "dncnn": (25.69, 28.96, 28.32, 36.23, 36.12),
    "autoencoder": (26.28, 29.89, 29.12, 36.64, 37.62),
}
CLASSICAL = {"tikhonov": 37.23, "tv": 37.10, "nlm": 36.36, "wavelet": 37.31}
CLASSICAL_PAIR = "nucleus"
SLACK = 0.2

NETWORKS = [c.name for c in list_models() if c.kind == "network" and c.ndim == 2]


@cache
def pair(title):
    return [read_tiff(path).data for path in pair_paths(PAIRS[title])]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run the demo, once for all tests here: every network on every pair."""
    folder = tmp_path_factory.mktemp("demo")
    told = CliRunner().invoke(app, ["demo", "--output", str(folder), "--json"])
    assert told.exit_code == 0, told.output
    return folder, json.loads(told.stdout)


@pytest.fixture(scope="module")
def scores(demo):
    return {(row["model"], row["image"]): row for row in demo[1]["rows"]}


def test_the_demo_leaves_a_table_and_a_picture_of_each_pair(demo):
    folder, told = demo
    table = (folder / "table.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 1 + len(told["rows"]) == 1 + len(NETWORKS) * len(PAIRS)
    assert {path.name for path in folder.glob("*.png")} == {
        f"{stem}.png" for stem in PAIRS.values()
    }
    assert told["pictures"] == [str(folder / f"{stem}.png") for stem in PAIRS.values()]


@pytest.mark.parametrize(("number", "title"), list(enumerate(PAIRS)))
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_as_good_as_measured(name, number, title, scores):
    row = scores[name, title]
    assert row["after_affine"] >= MEASURED[name][number] - SLACK
    assert row["after_affine"] > row["before_affine"] + 3


@pytest.mark.parametrize("name", CLASSICAL)
def test_classical_methods_are_as_good_as_measured(name):
    low, high = pair(CLASSICAL_PAIR)
    psnr = evaluate(denoise(low, name), high, affine=True).psnr
    assert psnr >= CLASSICAL[name] - SLACK


@pytest.mark.parametrize("name", NETWORKS)
def test_the_card_says_what_is_measured(name, scores):
    measured = np.mean([scores[name, title]["after_affine"] for title in PAIRS])
    quality = load_model(name).card.quality
    assert quality["samples"] == pytest.approx(measured, abs=0.02)


@cache
def cost_of_measuring(title, peak):
    """PSNR in dB lost by measuring the noise instead of knowing it."""
    noise = NoiseModel(gain=2, offset=100, read_std=2)
    noisy, clean = draw(
        scene(title)[96:288, 96:288], peak=peak, gain=2, offset=100, read=2
    )
    known, measured = (
        evaluate(denoise(noisy, noise=given), clean).psnr for given in (noise, "auto")
    )
    return known - measured


TITLES = ("nucleus", "membrane", "actin 60×")


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize(("peak", "most"), [(1, 0.8), (10, 0.1), (100, 0.1)])
def test_measuring_the_noise_costs_little(title, peak, most):
    assert cost_of_measuring(title, peak) <= most


def test_measuring_the_noise_costs_a_fifth_of_a_decibel_at_the_median():
    costs = [cost_of_measuring(title, p) for title in TITLES for p in (1, 10, 100)]
    assert np.median(costs) <= 0.2


@pytest.mark.parametrize(
    ("name", "axes"),
    [
        ("neubias_dna_microtubules_actin_cyx.tif", "CYX"),
        ("neubias_dna_confocal_widefield_zcyx.tif", "ZCYX"),
        ("lysosome_2_t16.tif", "TYX"),
        ("cells3d_nuclei_crop28x128x128.tif", "ZYX"),
    ],
)
def test_stacks_and_movies_keep_shape_type_and_brightness(name, axes):
    image = read_tiff(sample_path(name)).data
    restored = denoise(image, "tikhonov", axes=axes)
    assert (restored.shape, restored.dtype) == (image.shape, image.dtype)
    assert restored.mean() == pytest.approx(image.mean(), rel=0.01)
    assert (restored != image).mean() > 0.5
