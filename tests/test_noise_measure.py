"""What a user knows of the noise: the camera's offset, a region without structure."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from napari_denoise import Measure, denoise, denoise_steps, estimate_noise
from napari_denoise.cli import app
from napari_denoise.errors import NoiseError
from napari_denoise.noise.region import measure_region
from napari_denoise.options import given_noise
from napari_denoise.preview import Preview
from napari_denoise.progress import run_to_end
from tests.conftest import draw, scene

DIM = 0.05
"""Brightness of the region, of a scene that goes up to 1."""


def with_region(name="nucleus", side=48, level=DIM):
    """Clean scene with a flat square in a corner, and the mask of the square."""
    clean = scene(name).copy()
    mask = np.zeros(clean.shape, bool)
    mask[20 : 20 + side, 30 : 30 + side] = True
    clean[mask] = level
    return clean, mask


def test_measure_with_nothing_known_is_auto(noisy):
    assert given_noise("auto", 2) == [Measure(), Measure()]
    np.testing.assert_array_equal(
        denoise(noisy, "tikhonov", noise=Measure()), denoise(noisy, "tikhonov")
    )


def test_equal_regions_are_equal_and_others_are_not():
    mask = np.zeros((40, 40), bool)
    mask[5:25, 5:30] = True
    same, other = Measure(background=mask), mask.copy()
    other[6, 6] = False  # of the same outline, but a pixel less
    assert same == Measure(background=mask.astype(np.uint8))
    assert hash(same) == hash(Measure(background=mask))
    for different in (
        Measure(),
        Measure(offset=1, background=mask),
        Measure(background=other),
        Measure(background=mask, plane={"Z": 1}),
        Measure(background=np.pad(mask, (0, 1))),
    ):
        assert same != different
        assert repr(same) != repr(different) or different.background.shape != (40, 40)
    assert Measure(offset=100) == Measure(100.0) != Measure(101)
    assert same != "auto"


def test_a_region_is_copied():
    mask = np.ones((20, 20), bool)
    measure = Measure(background=mask)
    mask[:] = False
    assert measure.background.all()
    with pytest.raises(ValueError, match="read-only"):
        measure.background[0, 0] = False


def test_repr_says_what_is_known():
    mask = np.zeros((64, 64), bool)
    mask[10:30, 4:24] = True
    assert repr(Measure()) == "Measure()"
    assert repr(Measure(offset=np.float32(100))) == "Measure(offset=100.0)"
    text = repr(Measure(background=mask, plane={"Z": 3}))
    assert "400 pixels in rows 10:30, columns 4:24" in text
    assert "plane={'Z': 3}" in text


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"offset": "dark"}, "offset"),
        ({"offset": float("nan")}, "offset"),
        ({"background": np.ones((14, 14), bool)}, "at least 200"),
        ({"background": np.ones((40, 40))}, "mask"),
        ({"background": np.ones((3, 40, 40), bool)}, "mask"),
        ({"plane": {"Y": 1}}, "T or Z"),
        ({"plane": {"Z": -1}}, "T or Z"),
    ],
)
def test_impossible_knowledge_is_refused(known, words):
    with pytest.raises(NoiseError, match=words):
        Measure(**known)


def test_the_line_stays_and_read_noise_follows_from_the_offset():
    image, _ = draw(scene("nucleus"), peak=100, gain=4, offset=200, read=12)
    assumed = estimate_noise(image)
    known = estimate_noise(image, offset=200)
    assert assumed.offset_assumed
    assert not known.offset_assumed
    assert (known.gain, known.offset) == (assumed.gain, 200)
    bright = np.array([250, 400, 600])
    np.testing.assert_allclose(known.std(bright), assumed.std(bright))
    assert known.read_std == pytest.approx(12, rel=0.15)
    assert known.photons(600) == pytest.approx(100, rel=0.1)
    assert known.warnings == assumed.warnings == ()


def test_an_offset_that_leaves_no_read_noise_is_doubted():
    image, _ = draw(scene("nucleus"), peak=100, gain=4, offset=200, read=2)
    model = estimate_noise(image, offset=100)
    assert model.read_std == 0
    assert "offset is at least" in " ".join(model.warnings)
    least = float(model.warnings[-1].split()[-1].rstrip("."))
    assert least == pytest.approx(200, abs=15)


def test_an_offset_above_the_image_is_doubted():
    image, _ = draw(scene("nucleus"), peak=100, gain=4, offset=200, read=2)
    assert "check the offset" in " ".join(estimate_noise(image, offset=400).warnings)


def test_an_offset_does_not_touch_noise_without_gain():
    image, _ = draw(np.ones((128, 128)), peak=100, offset=50)
    known, assumed = estimate_noise(image, offset=50), estimate_noise(image)
    assert (known.kind, known.sigma) == ("gaussian", assumed.sigma)
    assert np.isnan(known.photons(150))


def test_each_channel_may_have_its_offset():
    first, _ = draw(scene("nucleus"), peak=50, gain=2, offset=100, read=5)
    second, _ = draw(scene("nucleus"), peak=50, gain=2, offset=300, read=5, seed=1)
    image = np.stack([first, second]).astype(np.float32)
    noise = [Measure(offset=100), Measure(offset=300)]
    steps = denoise_steps(image, "tikhonov", axes="CYX", noise=noise)
    models = run_to_end(steps).noise
    assert [model.offset for model in models] == [100, 300]
    assert models[1] == estimate_noise(image[1], offset=300)


@pytest.mark.parametrize("blur", [0, 0.5, 1])
@pytest.mark.parametrize("peak", [30, 300])
def test_a_region_tells_the_whole_of_correlated_noise(blur, peak):
    clean, mask = with_region()
    image, _ = draw(clean, peak=peak, gain=2, offset=100, read=3, blur=blur, seed=2)
    model = estimate_noise(image, background=mask)
    levels = np.geomspace(DIM, 1, 5)
    true = np.sqrt(4 * peak * levels + 9)
    found = model.std(2 * peak * levels + 100)
    assert np.abs(np.log2(found / true)).max() < (0.06 if blur == 0 else 0.2)
    assert model.correlation_length == pytest.approx(2 * blur, abs=0.2)
    assert ("in the background region" in " ".join(model.warnings)) is (blur > 0)


def test_rounding_does_not_hide_how_correlated_noise_grows():
    clean, mask = with_region("membrane")
    image, _ = draw(clean, peak=40, gain=2, offset=100, read=3, blur=1, seed=2)
    counts = image.round().astype(np.uint16)  # of adjacent pixels, mostly rounding
    levels = 80 * np.geomspace(DIM, 1, 5)
    true = np.sqrt(2 * levels + 9)
    found = estimate_noise(counts, background=mask).std(levels + 100)
    assert np.abs(np.log2(found / true)).max() < 0.3


def test_a_region_keeps_fine_structure_from_being_taken_for_noise():
    clean, mask = with_region("synthetic")
    image, _ = draw(clean, peak=1000)
    levels = 1000 * np.geomspace(DIM, 1, 5)
    without = estimate_noise(image).std(levels) / np.sqrt(levels)
    within = estimate_noise(image, background=mask).std(levels) / np.sqrt(levels)
    assert without.max() > 1.2
    assert within.max() < 1.07


def test_a_flat_image_has_the_noise_of_its_region():
    image, _ = draw(np.ones((128, 128)), peak=20, blur=1)
    mask = np.zeros(image.shape, bool)
    mask[10:110, 10:110] = True
    model = estimate_noise(image, background=mask)
    assert model.kind == "gaussian"
    assert model.sigma == pytest.approx(20**0.5, rel=0.05)


def test_a_small_image_has_the_noise_of_its_region():
    image, _ = draw(np.ones((20, 24)), peak=400)
    image[:, 20:] += 900  # structure that a region leaves out
    mask = np.zeros(image.shape, bool)
    mask[:, :20] = True
    model = estimate_noise(image, background=mask)
    assert model.sigma == pytest.approx(20, rel=0.1)


def test_a_region_lies_in_its_plane():
    structured = scene("nucleus")
    mask = np.zeros(structured.shape, bool)
    mask[150:200, 150:200] = True
    stack = np.stack([np.where(mask, DIM, structured), structured, structured])
    image = draw(stack, peak=300, gain=2, offset=100)[0].astype(np.float32)
    noise = Measure(background=mask, plane={"Z": 0})
    model = run_to_end(denoise_steps(image, "tikhonov", noise=noise)).noise[0]
    assert model.fit.region[0] == pytest.approx(2 * 300 * DIM + 100, rel=0.02)
    assert model.warnings == ()
    everywhere = estimate_noise(image, background=mask)
    assert everywhere.fit.region[0] > 1.2 * model.fit.region[0]
    assert "holds more" in " ".join(everywhere.warnings)


def test_all_frames_of_a_region_are_taken_together():
    clean, mask = with_region(side=16)
    movie = draw(np.stack([clean] * 8), peak=300, gain=2, offset=100, blur=1)[0]
    model = estimate_noise(movie, axes="TYX", background=mask)
    levels = np.geomspace(DIM, 1, 5)
    found = model.std(600 * levels + 100) / np.sqrt(1200 * levels)
    assert np.abs(np.log2(found)).max() < 0.2


def test_structure_in_a_region_is_said():
    clean, _ = with_region()
    image, _ = draw(clean, peak=300, gain=2)
    mask = np.zeros(image.shape, bool)
    mask[150:200, 150:200] = True
    assert clean[mask].std() > 0.05
    assert "holds more" in " ".join(estimate_noise(image, background=mask).warnings)


def test_hot_pixels_of_a_region_are_no_noise():
    clean, mask = with_region()
    image, _ = draw(clean, peak=300, gain=2)
    spotted = image.copy()
    spotted[25, 40] = spotted[50, 60] = image.max()
    models = [estimate_noise(i, background=mask) for i in (image, spotted)]
    assert models[1].fit.region == pytest.approx(models[0].fit.region, rel=0.01)


def test_pixels_of_a_region_that_are_not_finite_do_not_count():
    clean, mask = with_region()
    image, _ = draw(clean, peak=300, gain=2)
    image[22:60:3, 35] = np.nan
    model = estimate_noise(image, background=mask)
    assert model.fit.region[1] == pytest.approx(4 * 300 * DIM, rel=0.1)
    image[mask] = np.nan
    with pytest.raises(NoiseError, match="has 0 pixels"):
        estimate_noise(image, background=mask)


def test_a_region_that_is_cut_off_is_not_used():
    clean, mask = with_region(level=0.3)
    image = np.maximum(draw(clean, peak=50, gain=2, read=8, offset=-30)[0], 0)
    assert 0.2 < (image[mask] == 0).mean() < 1
    model = estimate_noise(image, background=mask)
    assert "region is cut off" in " ".join(model.warnings)
    assert model.fit.region is None
    assert model.sigma == estimate_noise(image).sigma


def test_a_region_without_noise_is_refused():
    clean, mask = with_region()
    image, _ = draw(clean, peak=300, gain=2)
    image[mask] = 7
    with pytest.raises(NoiseError, match="no noise at all"):
        estimate_noise(image, background=mask)


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (Measure(background=np.ones((32, 32), bool)), r"\(32, 32\)"),
        (Measure(background=np.ones((96, 80), bool), plane={"T": 2}), "T = 2"),
    ],
)
def test_a_region_that_does_not_fit_is_refused(noisy, measure, words):
    with pytest.raises(NoiseError, match=words):
        denoise(noisy, "tikhonov", noise=measure)
    with pytest.raises(NoiseError, match=words):
        Preview(noisy, noise=measure)


def test_provenance_says_what_was_known(noisy):
    mask = np.zeros(noisy.shape, bool)
    mask[:30, :20] = True
    noise = Measure(offset=100, background=mask)
    result = run_to_end(denoise_steps(noisy, "tikhonov", noise=noise))
    plain = json.loads(json.dumps(result.provenance))
    assert plain["options"]["noise"] == {
        "offset": 100,
        "background": {"pixels": 600, "rows": [0, 30], "columns": [0, 20]},
        "plane": {},
    }
    assert plain["noise"][0]["offset"] == 100
    assert plain["noise"][0]["offset_assumed"] is False


def test_clipped_shares_are_known():
    clean = scene("nucleus")
    image, _ = draw(clean, peak=200, gain=2, offset=20)
    clipped = np.minimum(image, 250)
    model = estimate_noise(clipped)
    assert model.fit.cut_off == 0
    assert model.fit.saturated == pytest.approx((clipped == 250).mean(), rel=0.2)
    share = round(100 * model.fit.saturated)
    assert f"{share} % of the pixels are saturated" in " ".join(model.warnings)
    assert estimate_noise(image).fit.saturated == 0


def test_the_command_line_takes_an_offset(tmp_path, noisy):
    path = tmp_path / "in.tif"
    tifffile.imwrite(path, noisy)

    def told(*options):
        result = CliRunner().invoke(app, ["noise", str(path), *options])
        assert result.exit_code == 0, result.output
        return result.stdout

    (channel,) = json.loads(told("--offset", "100", "--json"))["channels"]
    expected = estimate_noise(noisy, offset=100).to_dict()
    assert channel == expected
    assert "(assumed)" in told()
    assert "(assumed)" not in told("--offset", "100")


def test_chance_in_a_small_region_does_not_move_a_sure_line():
    clean, mask = with_region(side=16)
    errors, chances = [], []
    for seed in range(12):
        image, mean = draw(clean, peak=100, gain=2, offset=50, seed=seed)
        model = estimate_noise(image, background=mask)
        errors.append(np.log2(model.std(150) / 200**0.5))
        chances.append(np.log2(model.fit.region[1] / (2 * (mean[mask][0] - 50))) / 2)
    assert np.std(errors) < 0.6 * np.std(chances)


@pytest.mark.parametrize(("blur", "side"), [(0, 15), (1, 20)])
def test_a_plane_that_is_taken_out_takes_no_noise_with_it(blur, side):
    noise = draw(np.ones((40, 200, 200)), peak=100, blur=blur, seed=3)[0]
    mask = np.ones((side, side), bool)
    parts = noise[:, :side, :side]
    found = np.mean([measure_region([(part, mask)]).variance for part in parts])
    assert found == pytest.approx(100, rel=0.05)


def test_uneven_illumination_is_no_noise():
    clean = np.ones((64, 64)) + np.linspace(0, 0.5, 64)
    image, _ = draw(clean, peak=400)
    found = measure_region([(image, np.ones(image.shape, bool))])
    assert found.variance == pytest.approx(500, rel=0.06)
    assert not found.has_structure
