"""Fine-tuning from end to end, on small images and small networks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import tifffile
import torch

from napari_denoise import (
    check_pairs,
    denoise,
    evaluate,
    load_model,
    new_model,
    save_model,
)
from napari_denoise.errors import DenoiseError, ModelError, OptionError, PairsError
from napari_denoise.noise import NoiseModel, simulate
from napari_denoise.progress import run_to_end
from napari_denoise.training.augmentation import Augmentation
from napari_denoise.training.cuts import vary
from napari_denoise.training.events import (
    EpochDone,
    PairsChecked,
    StepDone,
    TrainingStarted,
)
from napari_denoise.training.fields import Fields
from napari_denoise.training.fine_tuning import fine_tune, fine_tune_steps
from napari_denoise.training.holdout import Split
from napari_denoise.training.match import Match
from napari_denoise.training.pairs import gather_pairs
from napari_denoise.training.patches import Cutter
from tests.conftest import synthetic_scene

NOISE = NoiseModel(gain=2.0, offset=100.0, read_std=4.0)
SMALL = {"widths": [8, 16], "blocks": 1}


def small_model():
    return new_model("unet", **SMALL)


@cache
def pairs(count: int, side: int = 96):
    """Tiles of a drawn scene with 30 photons at the peak, as a camera gives them."""
    rng = np.random.default_rng(count)
    scene = synthetic_scene(512)
    noisy, clean = [], []
    along = 512 // side
    for place in rng.choice(along**2, count, replace=False):
        top, left = side * (place // along), side * (place % along)
        part = scene[top : top + side, left : left + side]
        truth = 100 + 60 * part.astype(np.float32)
        clean.append(truth)
        noisy.append(simulate(truth, NOISE, rng).round().clip(0).astype(np.uint16))
    return noisy, clean


def weights_of(model) -> torch.Tensor:
    return torch.cat([value.flatten() for value in model.network.state_dict().values()])


def quick(**options):
    usual = {"steps": 60, "batch": 4, "noise": NOISE, "device": "cpu"}
    return usual | options


def test_a_network_learns_from_random_weights_and_says_how_much():
    noisy, clean = pairs(5)
    start = small_model()
    before = weights_of(start).clone()
    tuned = fine_tune(start, noisy, clean, **quick(steps=120))
    told = tuned.card.training
    assert not told["kept_start"]
    assert told["gain_db"] > 3
    # The gain is that of the half that the best point was not chosen by.
    whole = told["best"] - told["start"]
    assert whole == pytest.approx(told["gain_db"], abs=told["gain_error_db"])
    assert told["gain_error_db"] < 0.5
    assert 0 < told["best_step"] <= 120
    assert torch.equal(weights_of(start), before)
    held_noisy, held_clean = (each[-1] for each in pairs(7))
    gained = [
        evaluate(denoise(held_noisy, model, noise=NOISE, dtype="float32"), held_clean)
        for model in (start, tuned)
    ]
    assert gained[1].psnr > gained[0].psnr + 3


def test_the_start_is_returned_where_nothing_beats_it():
    noisy, clean = pairs(4)
    options = quick(steps=20, learning_rate=1e-7)
    tuned = fine_tune("unet-fast", noisy, clean, **options)
    told = tuned.card.training
    assert told["kept_start"]
    assert told["gain_db"] == 0
    assert told["best"] == told["start"]
    assert "The start was kept" in told["summary"]
    assert torch.equal(weights_of(tuned), weights_of(load_model("unet-fast")))


def test_a_model_that_became_worse_is_never_handed_back():
    noisy, clean = pairs(4)
    tuned = fine_tune("unet-fast", noisy, clean, **quick(learning_rate=0.1, steps=30))
    assert tuned.card.training["kept_start"]
    assert torch.equal(weights_of(tuned), weights_of(load_model("unet-fast")))
    assert tuned.card.training["curves"][-1]["gain_db"] < 0


def test_the_same_seed_gives_the_same_weights():
    noisy, clean = pairs(4)
    first, again, other = (
        weights_of(fine_tune(small_model(), noisy, clean, **quick(seed=seed)))
        for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_random_state_of_the_caller_is_left_alone():
    noisy, clean = pairs(3)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    fine_tune(small_model(), noisy, clean, **quick(steps=3, dropout=0.2))
    assert torch.equal(torch.rand(3), expected)


def test_images_are_never_changed():
    noisy, clean = (list(each) for each in pairs(3))
    before = [image.copy() for image in noisy + clean]
    fine_tune(small_model(), noisy, clean, **quick(steps=3))
    for image, copy in zip(noisy + clean, before, strict=True):
        np.testing.assert_array_equal(image, copy)


def test_events_tell_the_course():
    noisy, clean = pairs(4)
    events = []
    result = run_to_end(
        fine_tune_steps(small_model(), noisy, clean, **quick(steps=40)), events.append
    )
    steps = [event for event in events if isinstance(event, StepDone)]
    epochs = [event for event in events if isinstance(event, EpochDone)]
    (started,) = (e for e in events if isinstance(e, TrainingStarted))
    assert [event.step for event in steps] == list(range(1, 41))
    assert all(a.progress < b.progress for a, b in pairwise(steps))
    assert steps[-1].progress == 1
    assert len(epochs) == 20
    assert epochs[-1].point.step == 40
    assert started.noisy.shape == started.before.shape == epochs[0].now.shape
    curves = result.report["curves"]
    assert len(curves) == 21
    assert curves[0]["step"] == 0
    (best,) = (p for p in curves if p["step"] == result.report["best_step"])
    assert best["validation"] < 0.5 * curves[0]["validation"]
    assert best["validation"] < 1.1 * min(point["validation"] for point in curves)
    # What is shown becomes what the network makes of the held-out window.
    error = [np.mean((e.now - started.clean) ** 2) for e in (epochs[0], epochs[-1])]
    assert error[1] < error[0]


def test_stopping_keeps_the_best_so_far():
    noisy, clean = pairs(4)
    count = []
    course = fine_tune_steps(
        small_model(),
        noisy,
        clean,
        stopped=lambda: len(count) >= 120,
        **quick(steps=1000),
    )
    result = run_to_end(
        course, lambda event: count.append(1) if isinstance(event, StepDone) else None
    )
    assert result.report["steps"] == 120
    assert not result.kept_start


def test_minutes_end_training_too():
    noisy, clean = pairs(3)
    began = time.perf_counter()
    tuned = fine_tune(small_model(), noisy, clean, **quick(steps=None, minutes=0.03))
    assert time.perf_counter() - began < 60
    assert 0.03 <= tuned.card.training["minutes"] < 0.2


def test_one_pair_is_enough_to_train_and_to_judge():
    noisy, clean = pairs(1, 256)
    tuned = fine_tune(small_model(), noisy[0], clean[0], **quick(steps=100))
    told = tuned.card.training
    assert told["gain_db"] > 1
    assert told["material"]["pairs"] == 1
    assert "of the only pair" in told["material"]["held_out"]


def test_pairs_of_their_own_to_judge_on():
    noisy, clean = pairs(4)
    own = (noisy[:1], clean[:1])
    tuned = fine_tune(
        small_model(), noisy[1:], clean[1:], validation=own, **quick(steps=100)
    )
    assert tuned.card.training["gain_db"] > 1
    assert "their own" in tuned.card.training["material"]["held_out"]


@pytest.mark.parametrize(
    ("axes", "channels"), [("CYX", 4), ("ZYX", 1), ("TYX", 1), ("ZCYX", 2)]
)
def test_stacks_and_channels(axes, channels):
    noisy, clean = pairs(4)
    shape = (2, 2, 96, 96) if len(axes) == 4 else (4, 96, 96)
    one, truth = (np.stack(each).reshape(shape) for each in (noisy, clean))
    tuned = fine_tune(
        small_model(), one, truth, axes=axes, **quick(noise=[NOISE] * channels)
    )
    assert tuned.card.training["material"]["planes"] == 4


@pytest.mark.parametrize("axes", ["ZYX", "TYX"])
def test_a_3d_network_learns_from_a_stack(axes):
    noisy, clean = pairs(6)
    images, options = (np.stack(noisy), np.stack(clean)), quick(axes=axes, steps=100)
    tuned = fine_tune(new_model("unet", 3, **SMALL), *images, **options)
    assert tuned.card.ndim == 3
    assert tuned.card.training["gain_db"] > 1


def test_repeated_frames_do_instead_of_clean_images():
    scene = 100 + 60 * synthetic_scene(256)[:128, :192].astype(np.float32)
    rng = np.random.default_rng(0)
    frames = simulate(np.stack([scene] * 6), NOISE, rng).round().astype(np.uint16)
    noisy, clean = (each[-1] for each in pairs(7))
    before = evaluate(
        denoise(noisy, small_model(), noise=NOISE, dtype="float32"), clean
    )
    for target in ("frames", "mean"):
        options = quick(steps=120, target=target, axes="TYX")
        tuned = fine_tune(small_model(), frames, **options)
        assert tuned.card.training["gain_db"] > 1
        after = evaluate(denoise(noisy, tuned, noise=NOISE, dtype="float32"), clean)
        assert after.psnr > before.psnr + 1


def test_frames_have_no_use_for_other_losses():
    noisy, _ = pairs(3)
    with pytest.raises(OptionError, match="only “mse” ends at the clean image"):
        fine_tune("unet-fast", np.stack(noisy), target="frames", loss="l1", axes="TYX")


def test_the_file_explains_itself(tmp_path):
    noisy, clean = pairs(4)
    tuned = fine_tune(small_model(), noisy, clean, **quick())
    path = save_model(tuned, tmp_path / "mine")
    again = load_model(path)
    told = again.card.training
    for name in (
        "data",
        "noise",
        "course",
        "curves",
        "gain_db",
        "started_from",
        "seed",
        "minutes",
        "finished",
    ):
        assert told[name] or name == "seed", name
    assert again.spec.software_version
    assert again.spec.parent.startswith(small_model().name)
    json.dumps(again.card.to_dict())
    np.testing.assert_array_equal(denoise(noisy[0], again), denoise(noisy[0], tuned))


KILLED = """
    import sys
    import numpy as np
    from tests.training.test_fine_tuning import pairs, quick, small_model
    from napari_denoise.training.fine_tuning import fine_tune_steps
    from napari_denoise.training.events import EpochDone
    noisy, clean = pairs(4)
    options = quick(steps=60, checkpoint=sys.argv[1], dropout=0.1)
    for event in fine_tune_steps(small_model(), noisy, clean, **options):
        if isinstance(event, EpochDone):
            print(event.point.step, flush=True)
"""


def test_training_that_was_killed_goes_on_as_if_it_had_not(tmp_path):
    noisy, clean = pairs(4)
    options = quick(steps=60, dropout=0.1)
    whole = fine_tune(small_model(), noisy, clean, **options)
    checkpoint = tmp_path / "training.checkpoint"
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(checkpoint)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) >= 24 and checkpoint.exists():
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    events = []
    steps = fine_tune_steps(
        small_model(), noisy, clean, checkpoint=checkpoint, **options
    )
    result = run_to_end(steps, events.append)
    first = next(event for event in events if isinstance(event, StepDone))
    assert 20 < first.step < 60
    assert torch.equal(weights_of(result.model), weights_of(whole))
    ours, theirs = result.report["curves"], whole.card.training["curves"]
    told = [{**point, "minutes": 0} for point in ours]
    assert told == [{**point, "minutes": 0} for point in theirs]


def test_a_checkpoint_of_other_options_is_refused(tmp_path):
    noisy, clean = pairs(4)
    path = tmp_path / "a.checkpoint"
    fine_tune(small_model(), noisy, clean, checkpoint=path, **quick(steps=20))
    with pytest.raises(OptionError, match="another training"):
        fine_tune(
            small_model(), noisy, clean, checkpoint=path, **quick(steps=20, seed=1)
        )


def test_folders_of_files(tmp_path):
    noisy, clean = pairs(4)
    for number, (one, truth) in enumerate(zip(noisy, clean, strict=True)):
        for folder, image in (("noisy", one), ("clean", truth)):
            (tmp_path / folder).mkdir(exist_ok=True)
            tifffile.imwrite(tmp_path / folder / f"cell{number}.tif", image)
    tuned = fine_tune(small_model(), tmp_path / "noisy", tmp_path / "clean", **quick())
    assert tuned.card.training["material"]["pairs"] == 4
    arrays = fine_tune(small_model(), noisy, clean, **quick())
    assert torch.equal(weights_of(tuned), weights_of(arrays))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"loss": "l3"}, "mse"),
        ({"train": "head"}, "decoder"),
        ({"steps": 0}, "steps"),
        ({"minutes": -1}, "minutes"),
        ({"validation": 1.5}, "validation"),
        ({"target": "dirty"}, "clean images"),
        ({"augmentation": "much"}, "augmentation"),
        ({"dropout": 1}, "dropout"),
        ({"batch": 0}, "batch"),
        ({"seed": 10**17}, "seed"),
        ({"learning_rate": 0}, "learning_rate"),
    ],
)
def test_options_that_do_not_work_are_refused_at_once(options, says):
    noisy, clean = pairs(3)
    with pytest.raises(DenoiseError, match=says):
        fine_tune("unet-fast", noisy, clean, **options)


def test_classical_methods_learn_nothing():
    noisy, clean = pairs(3)
    with pytest.raises(ModelError, match="nothing to learn"):
        fine_tune("tv", noisy, clean)


def test_wrong_pairs_are_refused():
    noisy, clean = pairs(4)
    with pytest.raises(PairsError):
        fine_tune("unet-fast", noisy, [*clean[1:], clean[0]])
    with pytest.raises(PairsError):
        fine_tune("unet-fast", clean, noisy)


@pytest.mark.parametrize("train", ["decoder", "ends"])
def test_what_is_not_trained_stays(train):
    noisy, clean = pairs(4)
    tuned = fine_tune(small_model(), noisy, clean, train=train, **quick())
    start, after = small_model().network.state_dict(), tuned.network.state_dict()
    changed = {name for name in start if not torch.equal(start[name], after[name])}
    assert 0 < len(changed) < len(start)


@pytest.mark.parametrize("target", ["clean", "blind"])
def test_noisy_images_alone_are_enough(target):
    noisy, _ = pairs(5)
    start = small_model()
    tuned = fine_tune(start, noisy, target=target, **quick(steps=150))
    told = tuned.card.training
    assert told["gain_db"] > 2
    assert told["course"]["target"] == ("blind" if target == "blind" else "recorrupted")
    held_noisy, held_clean = (each[-1] for each in pairs(7))
    before, after = (
        evaluate(denoise(held_noisy, model, noise=NOISE, dtype="float32"), held_clean)
        for model in (start, tuned)
    )
    assert after.psnr > before.psnr + 2


def test_blind_spots_are_refused_where_noise_is_correlated():
    noise = NoiseModel(gain=2.0, offset=100.0, read_std=4.0, correlation_length=2.0)
    noisy = [simulate(image, noise, np.random.default_rng(0)) for image in pairs(3)[1]]
    with pytest.raises(DenoiseError, match="correlated over"):
        fine_tune("unet-fast", noisy, target="blind", noise=noise)


def write_folders(folder, count: int) -> None:
    for name, images in zip(("noisy", "clean"), pairs(count), strict=True):
        (folder / name).mkdir()
        for number, image in enumerate(images):
            tifffile.imwrite(folder / name / f"cell{number}.tif", image)


def test_a_few_files_that_cannot_be_read_are_left_out(tmp_path):
    write_folders(tmp_path, 12)
    (tmp_path / "noisy" / "cell3.tif").write_bytes(b"II*\0 cut short")
    found = []
    result = run_to_end(
        fine_tune_steps(
            small_model(), tmp_path / "noisy", tmp_path / "clean", **quick(steps=3)
        ),
        lambda e: found.append(e.report) if isinstance(e, PairsChecked) else None,
    )
    assert result.report["material"]["pairs"] == 11
    (report,) = found
    assert any("Left out" in finding.sentence for finding in report.warnings)
    (tmp_path / "noisy" / "cell4.tif").write_bytes(b"II*\0 cut short")
    with pytest.raises(PairsError, match="cell3"):
        fine_tune(small_model(), tmp_path / "noisy", tmp_path / "clean", **quick())


def test_pairs_that_the_check_did_not_look_at_are_checked_when_they_are_read():
    noisy, clean = (list(each) for each in pairs(4))
    clean[1] = 3.0 * clean[1] + 7
    clean[2] = clean[3]
    gathered = gather_pairs(noisy, clean)
    fields = Fields(gathered.pairs, "clean", 0, NOISE, {}, {})
    loaded = [fields.load(key) for key in fields.keys]
    assert [field is None for field in loaded] == [False, False, True, False]
    assert list(fields.left_out) == [2]
    np.testing.assert_allclose(loaded[1].target, pairs(4)[1][1], atol=4)


def test_a_small_image_that_makes_all_patches_small_is_told():
    noisy, clean = (list(each) for each in pairs(4))
    noisy[2], clean[2] = noisy[2][:48], clean[2][:48]
    told = fine_tune(small_model(), noisy, clean, **quick(steps=4))
    assert told.card.training["patch"] == 48
    assert any("48 pixels" in said for said in told.card.training["warnings"])
    assert any("“image 3”" in said for said in told.card.training["warnings"])
    even = fine_tune(small_model(), *pairs(4), **quick(steps=4))
    assert not [w for w in even.card.training["warnings"] if "Patches have" in w]


def test_the_file_holds_what_the_check_warned_of():
    noisy, clean = pairs(4)
    wrong = NoiseModel(20.0, 100.0, 4.0)
    tuned = fine_tune(small_model(), noisy, clean, **{**quick(), "noise": wrong})
    assert any("does not fit" in said for said in tuned.card.training["warnings"])


def test_what_is_trained_on_does_not_validate():
    noisy, clean = pairs(4)
    with pytest.raises(PairsError, match="among those to validate on"):
        fine_tune(
            small_model(), noisy, clean, validation=(noisy[:1], clean[:1]), **quick()
        )
    again = simulate(clean[0], NOISE, np.random.default_rng(3)).astype(np.uint16)
    exported = ([again], [clean[0].astype(np.float64)])
    with pytest.raises(PairsError, match="among those to validate on"):
        fine_tune(small_model(), noisy, clean, validation=exported, **quick())
    for image in (noisy[0], again):
        part = ([image[20:84, 12:90]], [clean[0][20:84, 12:90]])
        with pytest.raises(PairsError, match="show one field"):
            fine_tune(small_model(), noisy, clean, validation=part, **quick())
    with pytest.raises(OptionError, match="for both, or for neither"):
        fine_tune(small_model(), noisy, clean, validation=(noisy[:1], None), **quick())


def test_frames_of_one_field_are_not_parted():
    noisy, clean = pairs(3)
    rng = np.random.default_rng(5)
    again = [simulate(image, NOISE, rng).astype(np.uint16) for image in clean]
    tuned = fine_tune(small_model(), noisy + again, clean + clean, **quick(steps=3))
    assert len(held_out(tuned)) == 2


def held_out(tuned) -> set[int]:
    """Numbers of the images that were held out."""
    names = tuned.card.training["material"]["held_out"].split(", ")
    return {int(name.removeprefix("image ")) - 1 for name in names}


def test_pairs_of_which_some_are_moved_can_be_small():
    noisy, clean = pairs(8)
    moved = [np.roll(image, 2, axis=1) for image in clean]
    matches = check_pairs(noisy, moved, noise=NOISE).matches.values()
    margins = [match.margin for match in matches]
    assert min(margins) == 0 < max(margins)
    tuned = fine_tune(small_model(), noisy, moved, **quick(steps=40))
    trained = set(range(8)) - held_out(tuned)
    least = max(margins[number] for number in trained)
    assert 0 < tuned.card.training["patch"] <= 96 - 2 * least


def test_a_3d_network_has_no_use_for_single_planes():
    noisy, clean = pairs(3)
    with pytest.raises(OptionError, match="these images have none"):
        fine_tune("unet-3d", noisy, clean, **quick())


def test_new_noise_is_drawn_on_clean_images_only():
    noisy, clean = pairs(3)
    strong = quick(steps=4, augmentation="strong")
    told = fine_tune(small_model(), noisy, clean, **strong).card.training
    assert told["material"]["may_redraw"]
    assert not told["warnings"]
    rng = np.random.default_rng(0)
    four = [
        np.mean([simulate(each, NOISE, rng) for _ in range(4)], 0) for each in clean
    ]
    told = fine_tune(small_model(), noisy, four, **strong).card.training
    assert not told["material"]["may_redraw"]
    assert "that needs new noise" in told["summary"]


def test_a_network_that_is_worse_than_nothing_is_not_handed_back():
    noisy, clean = pairs(5)
    tuned = fine_tune(small_model(), noisy, clean, **quick(steps=3))
    told = tuned.card.training
    assert told["best"] < 0
    assert told["kept_start"]
    assert "Not better than the noisy images" in told["summary"]


def test_what_holds_without_measured_noise_only_is_said():
    noisy, clean = pairs(3)
    options = quick(steps=3, noise="none", augmentation="strong")
    told = fine_tune("unet-fast", noisy, clean, **options).card.training
    assert not told["material"]["may_redraw"]
    assert any("noise was not measured" in each for each in told["warnings"])


def test_the_sum_of_frames_is_that_of_the_file(tmp_path):
    """Files are closed and opened again: what was summed must not be taken for new."""
    rng = np.random.default_rng(0)
    stacks = [rng.poisson(20 + n, (3, 32, 32)).astype(np.uint16) for n in range(40)]
    for n, stack in enumerate(stacks):
        tifffile.imwrite(tmp_path / f"{n:02d}.tif", stack, photometric="minisblack")
    gathered = gather_pairs(tmp_path, axes="TYX")
    fields = Fields(gathered.pairs, "mean", 0, 8.0, {}, {})
    for key in [fields.keys[n] for n in (0, *range(1, 120, 3), 1, 61, 118)]:
        field = fields.load(key)
        others = np.delete(stacks[key.pair], key.position, axis=0)
        np.testing.assert_allclose(field.target, others.mean(axis=0), rtol=1e-6)


def test_planes_that_a_3d_network_looks_at_get_new_noise_too():
    truth = np.stack(
        [100 + 60 * synthetic_scene(512)[z : z + 96, :96] for z in range(8)]
    )
    truth = truth.astype(np.float32)
    rng = np.random.default_rng(0)
    noisy = simulate(truth, NOISE, rng).round().clip(0).astype(np.uint16)
    gathered = gather_pairs([noisy], [truth], axes="ZYX")
    fields = Fields(
        gathered.pairs, "clean", 1, NOISE, {(0, 0): Match(clean_noise=0)}, {}
    )
    field = fields.load(fields.keys[3])
    assert field.may_redraw
    np.testing.assert_allclose(field.target, truth[2:5], rtol=1e-6)
    np.testing.assert_array_equal(field.truth, field.target[1])
    split = Split(fields.keys, fields.keys)
    cutter = Cutter(split, Augmentation(redrawn=1.0), side=64, batch=2)
    cut = cutter.cut(field, rng)
    made = vary(
        cut, Augmentation(redrawn=1.0, flips=False, quarter_turns=False), 64, rng
    )
    assert not np.array_equal(made.noisy, cut.noisy)
    error = made.noisy - made.clean
    assert error.std() == pytest.approx(float(NOISE.std(made.clean.mean())), rel=0.2)
