"""Stacks to be judged on, how they are judged, and the page that says so."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest
from scipy.ndimage import center_of_mass
from skimage.io import imsave
from tifffile import imwrite

from napari_denoise import NoiseModel
from pretraining.series import (
    BACKGROUND,
    CLEAN,
    FRAMES,
    NOISY,
    PEAKS,
    SIDE,
    Series,
    moving_spots,
    series,
)
from pretraining.series_report import series_means, stacks_page
from pretraining.series_scores import (
    SeriesScore,
    background,
    flicker,
    score_series,
    write_series_scores,
)
from tests.conftest import synthetic_scene
from tests.pretraining.test_report import cells

SIGMA = 4.0


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    scene = np.stack([200 * synthetic_scene(64)] * 12).astype(np.uint8)
    for file, _ in (*CLEAN.values(), *NOISY.values()):
        (data / file).parent.mkdir(parents=True, exist_ok=True)
        imwrite(data / file, np.random.default_rng(0).poisson(scene).astype(np.uint16))
    (data / "dev/set12").mkdir()
    for number in range(3):
        photograph = np.roll(scene[0], 9 * number, axis=0)
        imsave(data / f"dev/set12/{number}.png", photograph, check_contrast=False)
    return list(series(data))


def test_every_series_with_photons_is_judged_with_its_noise_known_and_estimated(found):
    judged = [s for s in found if s.test.startswith("photons_")]
    assert len(judged) == 2 * len(PEAKS) * len(CLEAN)
    for known, measured in zip(judged[::2], judged[1::2], strict=True):
        assert known.noisy is measured.noisy
        assert (known.measured, measured.measured) == (False, True)
        assert measured.noise.gain == pytest.approx(known.noise.gain, rel=0.3)


def test_noise_is_that_of_the_photons(found):
    for case in found:
        if case.clean is not None:
            assert case.noisy.shape == case.clean.shape
            error = np.mean((case.noisy - case.clean) ** 2)
            assert error == pytest.approx(case.clean.mean(), rel=0.05)


def test_nothing_is_known_of_what_is_really_noisy(found):
    real = [s for s in found if s.test == "real"]
    assert [s.name for s in real] == list(NOISY)
    assert all(s.clean is None and s.measured for s in real)


@pytest.mark.parametrize("speed", [0, 2, 4])
def test_spots_move_as_fast_as_told(speed):
    movie = moving_spots(speed, spots=1) - BACKGROUND
    assert movie.shape == (FRAMES, SIDE, SIDE)
    y, x = np.unravel_index(movie[5].argmax(), movie[5].shape)
    centred = np.roll(movie[5:9], (SIDE // 2 - y, SIDE // 2 - x), axis=(1, 2))
    moved = np.subtract(center_of_mass(centred[3]), center_of_mass(centred[0]))
    assert np.hypot(*moved) == pytest.approx(3 * speed, abs=1.0)
    assert len(np.unique(movie.sum(axis=(1, 2)).round(6))) == 1


def test_flicker_is_what_varies_and_not_what_changes_steadily():
    rng = np.random.default_rng(0)
    values = rng.normal(0, 3, (400, 50))
    trend = np.linspace(0, 100, 400)[:, None]
    assert flicker(values + trend) == pytest.approx(3, rel=0.05)
    assert flicker(trend) == pytest.approx(0, abs=1e-9)


def test_background_is_what_is_darkest_in_the_noisy_series():
    level = np.arange(100.0).reshape(10, 10)
    noisy = np.kron(np.stack([level] * 4), np.ones((16, 16)))
    patches = background(2 * noisy, noisy)
    assert patches.shape == (4, 10)
    np.testing.assert_allclose(np.sort(patches[0]), 2 * np.arange(10.0))


@pytest.fixture(scope="module")
def case():
    clean = 100 * np.stack([synthetic_scene(48)] * 5)
    noisy = clean + np.random.default_rng(0).normal(0, SIGMA, clean.shape)
    noise = NoiseModel.gaussian(SIGMA)
    return Series("photons_5", "flybrain", noisy, clean, "Z", noise)


def test_the_noisy_series_and_the_truth_are_judged_too(case):
    noisy = score_series("noisy", case)
    assert noisy.error == pytest.approx(SIGMA, rel=0.03)
    assert noisy.kept == 1
    assert np.isnan(noisy.expected)
    truth = score_series("clean", case)
    assert truth.error < 1e-4
    assert truth.flicker < noisy.flicker


def test_a_3d_model_is_given_its_neighbours(case):
    names = ("unet", "unet-3d", "unet, automatic")
    alone, deep, automatic = (score_series(name, case) for name in names)
    assert deep.error < alone.error < SIGMA
    assert automatic.error in (alone.error, deep.error)
    for result in (alone, deep):
        assert result.expected == pytest.approx(result.error, abs=0.15 * SIGMA)


def result(model, test, name, noise, psnr=30.0, error=nan):
    return SeriesScore(model, test, name, noise, psnr, 0.9, 1.0, 0.5, 2.0, error, 7.0)


SCORES = [
    result("noisy", "photons_2", "flybrain", "known", 14.0),
    result("unet-3d", "photons_2", "flybrain", "known", 27.5),
    result("unet-3d", "photons_5", "lysosomes", "estimated", 33.0, error=7.25),
    result("unet-3d", "every_3", "flybrain", "known", 28.5),
    result("unet-3d", "real", "nuclei", "estimated", nan),
    result("clean", "photons_5", "flybrain", "known", nan),
]


@pytest.mark.parametrize(
    ("title", "first", "column", "text"),
    [
        ("PSNR", ["noisy", "known"], 0, "14.00"),
        ("PSNR", ["unet-3d", "known"], 0, "27.50"),
        ("PSNR", ["unet-3d", "estimated"], 5, "33.00"),
        ("SSIM", ["unet-3d", "SSIM"], 0, "0.900"),
        ("Where", ["unet-3d"], 1, "28.50"),
        ("Flicker", ["unet-3d"], 2, "0.50 (2.00)"),
        ("Flicker", ["clean"], 0, "0.50 (2.00)"),
        ("Error", ["unet-3d"], 1, "7 (7.25)"),
        ("Error", ["unet-3d"], 2, "7"),
        ("Error", ["unet"], 2, "–"),
    ],
)
def test_numbers_stand_where_they_belong(title, first, column, text):
    page = stacks_page(SCORES, ["unet", "unet-3d"])
    assert cells(page, title, first)[column] == text


def test_the_card_says_what_was_measured():
    assert series_means(SCORES, "unet-3d") == {
        "flybrain_2": 27.5,
        "lysosomes_5_auto": 33.0,
    }


def test_scores_are_written_with_the_digits_that_count(tmp_path):
    write_series_scores(SCORES, tmp_path / "stacks.csv")
    lines = (tmp_path / "stacks.csv").read_text().splitlines()
    assert len(lines) == 1 + len(SCORES)
    assert lines[1].startswith("clean,photons_5,flybrain,known,nan,0.9,1.0,0.5,2.0,")
