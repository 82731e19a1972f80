"""Numbers in words."""

from __future__ import annotations

import pytest

from napari_denoise._napari.wording import (
    describe_model,
    describe_noise,
    describe_seconds_left,
)
from napari_denoise.models import list_models
from napari_denoise.noise import NoiseModel


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (NoiseModel(), "none found."),
        (NoiseModel.gaussian(3.25), "σ = 3.25 counts everywhere."),
        (
            NoiseModel(gain=2, level=50),
            "σ = 10 counts at the mean brightness, growing with it (2 counts per "
            "photon).",
        ),
        (
            NoiseModel(read_std=4, correlation_length=1.26),
            "σ = 4 counts everywhere; correlated over 1.3 pixels.",
        ),
    ],
)
def test_noise(model: NoiseModel, words: str) -> None:
    assert describe_noise([model]) == f"Noise: {words}"
    both = describe_noise([model, NoiseModel()]).splitlines()
    assert both == [f"Noise of channel 0: {words}", "Noise of channel 1: none found."]


def test_every_model_says_what_it_is_for() -> None:
    for card in list_models():
        text = describe_model(card)
        assert text.startswith(card.summary)
        assert ("MB" in text) == (card.kind == "network")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.2, "1 s left"),
        (12.4, "12 s left"),
        (240, "4 min left"),
        (9000, "2.5 h left"),
    ],
)
def test_seconds_left(seconds: float | None, words: str) -> None:
    assert describe_seconds_left(seconds) == words
