"""Each channel with a model and a strength of its own."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from napari_denoise import denoise
from napari_denoise.denoising import denoise_steps, run_to_end
from napari_denoise.errors import OptionError
from napari_denoise.noise import NoiseModel
from napari_denoise.part import denoise_part_steps
from napari_denoise.preview import Preview
from napari_denoise.progress import TileDone
from napari_denoise.surroundings import Part

NOISE = [NoiseModel(gain=2.0, read_std=3.0), NoiseModel(gain=1.0), NoiseModel(gain=4.0)]
MODELS = ["unet-fast", "tikhonov", "unet-fast"]
STRENGTHS = [1.0, 0.5, 0.0]


@pytest.fixture
def channels() -> Any:
    """Three channels, (C, Y, X), of one scene at three brightnesses."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:96, :120]
    scene = 40 + 30 * np.sin(x / 9) * np.cos(y / 7)
    return np.stack([rng.poisson(scene * k) for k in (1, 2, 4)]).astype(np.uint16)


def test_a_model_and_a_strength_a_channel(channels: Any) -> None:
    result = denoise(
        channels, MODELS, axes="CYX", strength=STRENGTHS, noise=NOISE, device="cpu"
    )
    for number, (model, strength) in enumerate(zip(MODELS, STRENGTHS, strict=True)):
        alone = denoise(
            channels[number],
            model,
            strength=strength,
            noise=NOISE[number],
            device="cpu",
        )
        np.testing.assert_array_equal(result[number], alone)
    np.testing.assert_array_equal(result[2], channels[2])
    assert (result[0] != channels[0]).mean() > 0.5


def test_it_can_be_told_again(channels: Any) -> None:
    steps = denoise_steps(
        channels, MODELS, axes="CYX", strength=STRENGTHS, neighbours="auto"
    )
    told = run_to_end(steps).provenance
    assert told["model"] == "unet-fast, tikhonov"
    assert told["options"]["strength"] == STRENGTHS
    assert [way["model"] for way in told["channels"]] == MODELS
    assert [way["strength"] for way in told["channels"]] == STRENGTHS
    json.dumps(told)


def test_channels_alike_are_told_once(channels: Any) -> None:
    told = run_to_end(denoise_steps(channels, "tikhonov", axes="CYX")).provenance
    assert told["model"] == "tikhonov"
    assert told["options"]["strength"] == 1.0
    assert "channels" not in told


def test_one_for_each_colour(channels: Any) -> None:
    colours = np.moveaxis(channels, 0, -1)
    one_by_one = denoise(channels, "tikhonov", axes="CYX", strength=STRENGTHS)
    result = denoise(colours, "tikhonov", axes="YXS", strength=STRENGTHS)
    np.testing.assert_array_equal(np.moveaxis(result, -1, 0), one_by_one)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"model": ["unet", "tv"]}, "2 models were given for 3 channels"),
        ({"strength": [1.0] * 4}, "4 strengths were given for 3 channels"),
        ({"model": ["dncnn", "unet", "unet"], "strength": 1.5}, "“dncnn” is blind"),
        ({"model": ["unet", "unet", "tv"], "neighbours": "Z"}, "“tv” has no 3D"),
    ],
)
def test_what_does_not_fit_is_said(
    channels: Any, options: dict[str, Any], sentence: str
) -> None:
    stack = np.stack([channels] * 2)
    with pytest.raises(OptionError, match=sentence):
        denoise(stack, axes="ZCYX", **options)


def test_a_preview_of_each_channel(channels: Any) -> None:
    result = denoise(channels, MODELS, axes="CYX", strength=STRENGTHS)
    preview = Preview(channels, axes="CYX")
    for number in range(3):
        part = preview.part(
            {"C": number}, (20, 70), (30, 100), MODELS, strength=STRENGTHS
        )
        difference = part.astype(int) - result[number, 20:70, 30:100]
        assert abs(difference).max() <= 1  # a count may be rounded the other way


def test_part_of_an_image_is_denoised_as_the_whole(channels: Any) -> None:
    colours = np.moveaxis(channels, 0, -1)
    part = Part({}, (20, 70), (30, 100))
    taken = []
    steps = denoise_part_steps(colours, part, "tikhonov", axes="YXS", strength=0.5)
    found = run_to_end(steps, taken.append)
    whole = denoise(colours, "tikhonov", axes="YXS", strength=0.5)
    np.testing.assert_array_equal(found.data, whole[20:70, 30:100])
    assert found.provenance["part"]["rows"] == [20, 70]
    total = 3 * 50 * 70
    done = [step for step in taken if isinstance(step, TileDone)]
    assert {step.total for step in done} == {total}
    assert [step.done for step in done] == [total // 3, 2 * total // 3, total]
    json.dumps(found.provenance)


def test_a_part_tells_how_its_own_channel_was_treated(channels: Any) -> None:
    steps = denoise_part_steps(
        channels,
        Part({"C": 1}, (20, 70), (30, 100)),
        MODELS,
        axes="CYX",
        strength=STRENGTHS,
    )
    options = run_to_end(steps).provenance["options"]
    assert options["strength"] == STRENGTHS[1]
    assert options["neighbours"] == "none"
