"""``napari-denoise finetune``: one object, one line, and nothing lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import tifffile
from typer.testing import CliRunner

from napari_denoise import load_model, save_model
from napari_denoise.cli import app
from tests.training.test_fine_tuning import pairs, small_model

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = {"model", "start", "best", "best_step", "kept_start", "seconds"}
NOISE = "2,100,4"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of noisy and clean images, and a small model to start from."""
    for name, images in zip(("noisy", "clean"), pairs(4), strict=True):
        (tmp_path / name).mkdir()
        for number, image in enumerate(images):
            tifffile.imwrite(tmp_path / name / f"cell{number}.tif", image)
    save_model(small_model(), tmp_path / "small")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str):
    return CliRunner().invoke(app, ["finetune", *arguments])


def course(*arguments: str, steps: int = 100):
    common = ("--model", "small.safetensors", "--noise", NOISE, "--device", "cpu")
    return run(*arguments, *common, "--steps", str(steps))


def test_one_object_and_a_model_that_can_be_used(lab: Path):
    done = course("noisy", "clean", "-o", "mine", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told.keys() == FIELDS
    assert told["best"] > told["start"] + 1
    assert not told["kept_start"]
    training = load_model(lab / "mine.safetensors").card.training
    assert training["best_step"] == told["best_step"]
    assert not list(lab.glob("*.checkpoint"))


def test_in_words(lab: Path):
    done = course("noisy", "-o", "mine.safetensors", steps=4)
    assert done.exit_code == 0
    assert "4 images checked" in done.stdout
    assert "Wrote mine.safetensors" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("clean", "noisy", "-o", "mine"), "swapped"),
        (("noisy", "clean", "-o", "small"), "exists already"),
        (("noisy", "clean", "-o", "nowhere/mine"), "There is no folder"),
        (("missing", "clean", "-o", "mine"), "missing"),
        (("noisy", "clean", "-o", "mine", "--loss", "much"), "loss"),
        (("noisy", "clean", "-o", "m", "--validation-clean", "clean"), "needs"),
    ],
)
def test_what_does_not_work_is_one_line(lab: Path, arguments, says):
    before = sorted(lab.iterdir())
    done = course(*arguments)
    assert done.exit_code == 2
    (line,) = done.stderr.strip().splitlines()
    assert says in line
    done = course(*arguments, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout).keys() == {"error", "message"}
    assert sorted(lab.iterdir()) == before


def test_pairs_of_their_own_to_judge_by(lab: Path):
    others = ("--validation-noisy", "noisy", "--validation-clean", "clean")
    done = course("noisy", "clean", *others, "-o", "mine", "--json", steps=4)
    assert done.exit_code == 2
    assert "among the images" in json.loads(done.stdout)["message"]
    for kind in ("noisy", "clean"):
        (lab / f"other {kind}").mkdir()
        (lab / kind / "cell3.tif").rename(lab / f"other {kind}" / "cell3.tif")
    others = ("--validation-noisy", "other noisy", "--validation-clean", "other clean")
    done = course("noisy", "clean", *others, "-o", "mine", steps=4)
    assert done.exit_code == 0
    material = load_model(lab / "mine.safetensors").card.training["material"]
    assert material["names"] == ["cell0", "cell1", "cell2"]
    assert material["held_out"] == "pairs of their own: cell3"


def test_an_existing_model_is_replaced_when_asked_for(lab: Path):
    before = (lab / "small.safetensors").read_bytes()
    done = course("noisy", "clean", "-o", "small", "--overwrite", steps=4)
    assert done.exit_code == 0
    assert (lab / "small.safetensors").read_bytes() != before
