"""Scores: what is kept of a structure, means, and the file between."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from napari_denoise import NoiseModel, list_models
from pretraining.cases import Case
from pretraining.evaluation import (
    Score,
    counts_kept,
    means,
    read_scores,
    score,
    write_scores,
)

STORE = Path(__file__).parents[2] / "docs" / "quality.csv"
SIGMA = 10.0


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    clean = np.full((96, 96), 20.0)
    clean[30:60, 30:60] = 220
    counted = np.zeros(clean.shape, bool)
    counted[25:65, 25:65] = True
    noisy = (clean + rng.normal(0, SIGMA, clean.shape)).astype(np.float32)
    known = NoiseModel.gaussian(SIGMA)
    return Case("structure_9", "square", noisy, clean, known, counted, 20.0)


def result(test, noise, psnr, fitted=0.0, model="unet", kept=(np.nan, np.nan)):
    return Score(model, test, noise, "an image", psnr, fitted, 0.5, *kept)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0, 1.5])
def test_what_is_kept_is_the_share_of_the_structure(case, share):
    lost = (1 - share) * (case.clean - case.background)
    assert counts_kept(case.noisy - lost, case) == pytest.approx((share, share))


def test_what_is_moved_is_kept_but_not_in_place(case):
    structure = case.clean - case.background
    moved = case.noisy - 0.3 * structure + 0.3 * np.roll(structure, 48, axis=(0, 1))
    overlap = np.roll(structure, 48, axis=(0, 1))[case.counted].sum() / structure.sum()
    assert overlap < 0.1
    expected = (1, 1 - 0.3 * (1 - overlap))
    assert counts_kept(moved, case) == pytest.approx(expected)


def test_nothing_is_kept_where_nothing_is_counted(case):
    assert np.isnan(counts_kept(case.noisy, replace(case, counted=None))).all()


def test_the_noisy_image_itself_has_the_score_of_its_noise(case):
    found = score("noisy", case)
    assert found.psnr == pytest.approx(20 * np.log10(200 / SIGMA), abs=0.1)
    assert (found.kept, found.in_place) == (1, 1)
    assert (found.test, found.image, found.noise) == ("structure_9", "square", "known")


@pytest.mark.parametrize("noise", ["known", "estimated"])
def test_models_are_better_than_nothing(case, noise):
    told = case if noise == "known" else replace(case, noise="auto")
    found = score("tv", told)
    assert found.noise == noise
    assert found.psnr > score("noisy", case).psnr + 5
    assert found.kept == pytest.approx(1, abs=0.05)
    assert found.in_place == pytest.approx(1, abs=0.05)


def test_scores_that_are_written_are_read_again(tmp_path):
    scores = [
        result("set12_25", "known", 31.4159, 31.5, model="tv"),
        result("structure_5", "estimated", float("inf"), 20.25, kept=(0.9875, 0.9)),
    ]
    write_scores(scores, tmp_path / "scores.csv")
    again = read_scores(tmp_path / "scores.csv")
    for one, two in zip(scores, again, strict=True):
        np.testing.assert_equal(asdict(two), asdict(one))
    assert read_scores(tmp_path / "none.csv") == []


def test_the_scores_in_the_documentation_can_be_read():
    judged = {each.model for each in read_scores(STORE)}
    flat = {card.name for card in list_models() if card.ndim == 2}
    assert judged == {"noisy", *flat}


def test_means_are_by_test_set_and_by_what_is_known_of_the_noise():
    scores = [
        result("set12_25", "known", 30.0),
        result("set12_25", "known", 31.0),
        result("set12_25", "estimated", 28.0),
        result("set12_25", "known", 99.0, model="tv"),
        result("fmd", "estimated", 35.0, 36.0),
        result("w2s", "estimated", 10.0, 33.0),
        result("samples", "estimated", 11.0, 34.0),
        result("structure_5", "known", 40.0, kept=(0.9, 0.8)),
    ]
    assert means(scores, "unet") == {
        "set12_25": 30.5,
        "set12_25_auto": 28,
        "fmd": 35,
        "w2s": 33,
        "samples": 34,
    }
