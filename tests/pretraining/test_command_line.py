"""From images to a model file that the package loads, by two commands."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from napari_denoise import denoise, load_model
from napari_denoise.models.registry import BUNDLED
from pretraining import __main__ as command_line
from pretraining import recipe
from pretraining.curves import read_log
from pretraining.trainer import Trainer
from tests.pretraining.conftest import CPU

CONFIG = """
summary = "A small one."
architecture = "unet"
hyperparameters = { ndim = 2, widths = [4, 8], blocks = 1 }
kinds = { cells = 0.7, phantom = 0.3 }
patch = 16
batch = 2
muon = true
bfloat16 = false
max_noise = 2.0

[degradation]
max_sigma = 0.25

[degradation.flaws]
hot = 0.1
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "small.toml").write_text(CONFIG)
    monkeypatch.setattr(recipe, "CONFIGS", tmp_path)
    monkeypatch.setattr(command_line, "BUNDLED", tmp_path)
    monkeypatch.setattr(command_line, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(command_line, "CURVES", tmp_path / "curves.png")
    return tmp_path


def run(*arguments):
    arguments = [str(argument) for argument in arguments]
    result = CliRunner().invoke(command_line.app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def run_training(data, folder, *options):
    report = run(
        *("train", "small", "--data", data, "--minutes", 0.012),
        *("--folder", folder / "course", "--workers", 0, *options),
    )
    return [json.loads(line) for line in report.splitlines()]


def test_a_model_is_trained_and_exported(data, folder, noisy):
    pytest.importorskip("matplotlib")
    lines = run_training(data, folder, "--scratch")
    assert lines == read_log(folder / "course/small.jsonl")
    told = run("export", "small", "--folder", folder / "course", "--target", folder)
    assert str(folder / "small.safetensors") in told
    model = load_model(folder / "small.safetensors")
    assert model.card.summary == "A small one."
    assert model.spec.sigma_range == (
        0,
        recipe.Recipe.read("small").degradation.max_sigma,
    )
    assert read_log(folder / "logs/small.jsonl") == lines
    assert (folder / "curves.png").stat().st_size > 0
    assert np.isfinite(denoise(noisy, model)).all()

    trainer = Trainer(recipe.Recipe.read("small"), CPU)
    trainer.load(folder / "course/small.pt")
    image, sigma = torch.rand(1, 1, 32, 32), torch.tensor([0.1])
    with torch.inference_mode():
        averaged = trainer.average.eval()(image, sigma)
        torch.testing.assert_close(model.network(image, sigma), averaged)


def test_training_goes_on_from_its_checkpoint(data, folder):
    first = run_training(data, folder, "--scratch")
    then = run_training(data, folder)
    assert then[-1]["steps"] > first[-1]["steps"]
    assert then[-1]["minutes"] >= 0.02
    assert read_log(folder / "course/small.jsonl") == [*first, *then]


def refused(*arguments):
    result = CliRunner().invoke(command_line.app, [str(a) for a in arguments])
    assert result.exit_code != 0
    return re.sub(r"\x1b\[[0-9;]*m", "", f"{result.output} {result.exception}")


def test_what_cannot_be_trained_is_said(data, folder, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    given = ("--minutes", 0.012, "--folder", folder / "course")
    assert "no recipe" in refused("train", "smal", "--data", data, *given)
    assert "MANIFEST" in refused("train", "small", "--data", empty, *given)
    assert "--minutes" in refused("train", "small", "--data", data, "--minutes", -1)
    wrong = BUNDLED / "unet.safetensors"
    start = ("--start", wrong)
    assert "--scratch" in refused("train", "small", "--data", data, *given, *start)


def test_a_checkpoint_is_not_begun_anew(data, folder):
    run_training(data, folder, "--scratch")
    again = ("train", "small", "--data", data, "--minutes", 0.012, "--scratch")
    assert "already" in refused(*again, "--folder", folder / "course")
