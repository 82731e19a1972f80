"""The page of numbers: a row for everything, and each number in its cell."""

from __future__ import annotations

from math import nan

import pytest

from napari_denoise import list_models
from pretraining.evaluation import Score
from pretraining.report import PUBLISHED, quality_page

NAMES = [card.name for card in list_models() if card.ndim == 2]
NOTHING = "–"


def cells(page, title, first):
    """Cells of a row, by the heading it stands under and what it begins with."""
    section = next(part for part in page.split("\n## ") if part.startswith(title))
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in section.splitlines()
        if row.startswith("|")
    ]
    found = [row[len(first) :] for row in rows if row[: len(first)] == first]
    assert len(found) == 1
    assert len({len(row) for row in rows}) == 1
    return found[0]


@pytest.fixture(scope="module")
def page():
    def result(test, noise, image="", psnr=0.0, fitted=0.0, kept=(nan, nan)):
        return Score("unet", test, noise, image, psnr, fitted, 0.5, *kept)

    scores = [
        result("set12_15", "known", psnr=31.0),
        result("set12_15", "known", psnr=32.0),
        result("set12_50", "estimated", psnr=25.125),
        result("w2s", "estimated", psnr=12.0, fitted=33.0),
        result("photons_2", "estimated", psnr=22.0),
        result("camera", "known", psnr=30.0),
        result("structure_10", "known", "filaments", kept=(0.97, 0.9)),
    ]
    return quality_page(scores, NAMES)


@pytest.mark.parametrize("name", ["noisy", *NAMES])
def test_every_model_has_its_rows(page, name):
    assert len(cells(page, "Gaussian", [name])) == 6
    assert len(cells(page, "Real", [name])) == 6
    for noise in ("known", "estimated"):
        assert len(cells(page, "Simulated", [name, noise])) == 8
        if name != "noisy":
            assert len(cells(page, "Photons kept", [name, "spots", noise])) == 6


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers_stand_beside_ours(page, name):
    row = cells(page, "Gaussian", [f"*published: {name}*"])
    assert row[::2] == [f"{value:.2f}" for value in PUBLISHED[name]]
    assert set(row[1::2]) == {NOTHING}


@pytest.mark.parametrize(
    ("title", "first", "column", "number"),
    [
        ("Gaussian", ["unet"], 0, "31.50"),
        ("Gaussian", ["unet"], 5, "25.12"),
        ("Real", ["unet"], 2, "12.00"),
        ("Real", ["unet"], 3, "33.00"),
        ("Simulated", ["unet", "known"], 0, "30.00"),
        ("Simulated", ["unet", "estimated"], 3, "22.00"),
        ("Photons kept", ["unet", "filaments", "known"], 3, "0.97 (0.90)"),
    ],
)
def test_numbers_stand_where_they_belong(page, title, first, column, number):
    row = cells(page, title, first)
    assert row[column] == number
    assert cells(page, title, ["tv", *first[1:]]) == [NOTHING] * len(row)
