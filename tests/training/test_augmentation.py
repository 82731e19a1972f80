"""What is exact stays exact, and what is not gets noise drawn anew."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage.transform import rotate

from napari_denoise.errors import OptionError
from napari_denoise.noise import NoiseModel, Scaling, simulate
from napari_denoise.training.augmentation import Augmentation, parse_augmentation
from napari_denoise.training.cuts import Cut, augment, preview_patches, vary
from napari_denoise.training.deformation import bend, border_for, deform
from napari_denoise.training.examples import collate
from tests.conftest import synthetic_scene

SIDE = 32
CAMERA = NoiseModel(gain=2.0, offset=100.0, read_std=3.0)
NOISES = {
    "photons": CAMERA,
    "gaussian": NoiseModel.gaussian(20.0),
    "unknown": None,
    "correlated": NoiseModel(2.0, 100.0, 3.0, correlation_length=1.6),
}
EACH = pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
STRONG = Augmentation.strong()
ONE_BY_ONE = [
    {"rotation": 30.0},
    {"zoom": 0.3},
    {"gamma": 0.4},
    {"elastic": 2.0},
    {"redrawn": 1.0},
]


def cut(
    noise=CAMERA,
    *,
    side=SIDE,
    planes=0,
    has_clean=True,
    whole=True,
    may_redraw=True,
):
    scene = 100 + 400 * synthetic_scene()[:side, :side]
    clean = np.broadcast_to(scene, (planes, side, side)) if planes else scene
    clean = clean.astype(np.float32)
    drawn = simulate(clean, noise or CAMERA, np.random.default_rng(3))
    sigma = 20.0 if noise is None else 1.0
    scaling = Scaling.fit(drawn.ravel(), noise, sigma)
    shown = clean if whole or not planes else clean[planes // 2]
    return Cut(drawn, shown if has_clean else None, scaling, may_redraw)


def rng(seed=0):
    return np.random.default_rng(seed)


def only_redrawn(**changes):
    return Augmentation(flips=False, quarter_turns=False, redrawn=1.0, **changes)


@EACH
@pytest.mark.parametrize("gain", [0.0, 0.3])
def test_an_example_is_what_the_network_is_given_and_judged_by(noise, gain):
    given_cut = cut(noise)
    how = replace(Augmentation.none(), gain=gain)
    made = augment(given_cut, how, SIDE, rng())
    if not gain:
        np.testing.assert_array_equal(
            made.noisy, given_cut.scaling.enter(given_cut.noisy)
        )
        assert made.sigma == given_cut.scaling.told
    # The way back to counts, as the loss goes it, for what a perfect network returns.
    unit = (noise.gain or noise.read_std) if noise else given_cut.scaling.sigma
    offset = noise.offset if noise else 0.0
    np.testing.assert_allclose(
        made.clean * unit + offset, given_cut.clean, rtol=1e-5, atol=1e-3
    )
    batch = collate([made])
    restored, variance = batch.restored(batch.noisy)
    error = (restored - batch.clean).numpy()
    assert error.var() == pytest.approx(float(variance), rel=0.2 if noise else 0.9)
    assert made.sigma * made.scale == pytest.approx(1.0)
    assert made.width == (noise.correlation_length / 2 if noise else 0)


def test_a_network_returns_the_same_counts_whatever_the_gain():
    how = replace(Augmentation.none(), gain=0.5)
    first, other = (augment(cut(), how, SIDE, rng(seed)) for seed in (1, 2))
    assert not np.allclose(first.noisy, other.noisy, atol=0.05)
    restored = [
        collate([e]).restored(torch.from_numpy(e.noisy)[None, None])[0]
        for e in (first, other)
    ]
    torch.testing.assert_close(restored[0], restored[1], rtol=1e-4, atol=1e-2)
    for example in (first, other):
        plain = cut().scaling
        assert 1 / 1.5 <= example.scale / plain.scale <= 1.5
        assert abs(example.shift - plain.shift) <= 2.5 * 0.5


def test_without_a_clean_image_the_noisy_counts_stand_in():
    alone = cut(has_clean=False)
    made = augment(alone, Augmentation.none(), SIDE, rng())
    np.testing.assert_allclose(
        made.clean, (alone.noisy - CAMERA.offset) / CAMERA.gain, rtol=1e-6
    )


def eight_ways(image):
    turned = [np.rot90(image, n) for n in range(4)]
    return turned + [t[:, ::-1] for t in turned]


def test_all_eight_ways_of_laying_occur_and_are_exact():
    given_cut = cut()
    ways = [each.tobytes() for each in eight_ways(given_cut.noisy)]
    clean_ways = [each.tobytes() for each in eight_ways(given_cut.clean)]
    seen = set()
    source = rng()
    for _ in range(100):
        made = vary(given_cut, Augmentation(redrawn=0.0), SIDE, source)
        way = ways.index(made.noisy.tobytes())
        assert clean_ways[way] == made.clean.tobytes()
        seen.add(way)
    assert seen == set(range(8))


def test_nothing_switched_on_changes_nothing():
    for seed in range(5):
        made = vary(cut(), Augmentation.none(), SIDE, rng(seed))
        np.testing.assert_array_equal(made.noisy, cut().noisy)
        np.testing.assert_array_equal(made.clean, cut().clean)


def test_the_input_is_never_changed():
    given_cut = cut(side=SIDE + 2 * border_for(STRONG, SIDE))
    noisy, clean = given_cut.noisy.copy(), given_cut.clean.copy()
    for seed in range(6):
        augment(given_cut, STRONG, SIDE, rng(seed))
    np.testing.assert_array_equal(given_cut.noisy, noisy)
    np.testing.assert_array_equal(given_cut.clean, clean)


@pytest.mark.parametrize("changes", ONE_BY_ONE, ids=lambda c: next(iter(c)))
@pytest.mark.parametrize("noise", [CAMERA, NOISES["correlated"], NOISES["gaussian"]])
def test_redrawn_noise_is_that_of_the_model_whatever_changed(noise, changes):
    how = only_redrawn(**{k: v for k, v in changes.items() if k != "redrawn"})
    given_cut = cut(noise, side=SIDE + 2 * border_for(how, SIDE))
    shares, lags, source = [], [], rng()
    for _ in range(60):
        made = vary(given_cut, how, SIDE, source)
        assert made.clean.shape == made.noisy.shape == (SIDE, SIDE)
        error = (made.noisy - made.clean) / noise.std(made.clean)
        shares.append(error.var())
        lags.append((error[:, 1:] * error[:, :-1]).mean())
    # 61 440 pixels, correlated ones about four times fewer.
    assert np.mean(shares) == pytest.approx(1, abs=0.05)
    width = noise.correlation_length / 2
    expected = np.exp(-1 / (4 * width**2)) if width else 0.0
    assert np.mean(lags) == pytest.approx(expected, abs=0.05)
    if "redrawn" not in changes:
        assert not np.allclose(made.clean, _middle(given_cut.clean), atol=1)


def _middle(image):
    border = (image.shape[-1] - SIDE) // 2
    return image[..., border : border + SIDE, border : border + SIDE]


def test_the_share_of_redrawn_patches_is_as_told():
    how = Augmentation(flips=False, quarter_turns=False, rotation=10.0)
    given_cut = cut(side=SIDE + 2 * border_for(how, SIDE))
    middle, source = _middle(given_cut.noisy), rng()
    kept = [
        np.array_equal(vary(given_cut, how, SIDE, source).noisy, middle)
        for _ in range(300)
    ]
    assert how.share_redrawn == 0.5
    assert np.mean(kept) == pytest.approx(0.5, abs=0.09)


@pytest.mark.parametrize(
    "given_cut",
    [cut(has_clean=False), cut(may_redraw=False), cut(planes=3, whole=False)],
    ids=["no clean image", "clean is noisy", "one clean plane of three"],
)
def test_noise_is_not_drawn_where_the_truth_is_not_known(given_cut):
    how = only_redrawn(gamma=0.5)
    made = vary(given_cut, how, SIDE, rng())
    np.testing.assert_array_equal(made.noisy, given_cut.noisy)


@pytest.mark.parametrize("whole", [True, False])
def test_all_planes_are_changed_alike_and_the_central_one_is_judged(whole):
    how = Augmentation(rotation=20.0, elastic=1.0, redrawn=1.0)
    given_cut = cut(side=SIDE + 2 * border_for(how, SIDE), planes=3, whole=whole)
    made = vary(given_cut, how, SIDE, rng())
    if whole:
        np.testing.assert_array_equal(made.clean[0], made.clean[2])
        assert not np.array_equal(made.noisy[0], made.noisy[2])
    example = augment(given_cut, how, SIDE, rng())
    assert example.noisy.shape == (3, SIDE, SIDE)
    assert example.clean.shape == (1, SIDE, SIDE)
    alone = augment(Cut(given_cut.noisy, None, given_cut.scaling), how, SIDE, rng())
    assert alone.clean.shape == (1, SIDE, SIDE)


@given(
    st.floats(0, 180),
    st.floats(0, 0.5),
    st.floats(0, 5),
    st.integers(8, 40),
    st.integers(0, 1000),
)
def test_a_border_holds_all_that_a_change_needs(rotation, zoom, elastic, side, seed):
    how = Augmentation(rotation=rotation, zoom=zoom, elastic=elastic)
    border = border_for(how, side)
    image = np.zeros((side + 2 * border,) * 2, np.float32)
    if border:
        # A wall around: a spline that reached it would carry some of it inside.
        image[[0, -1]] = image[:, [0, -1]] = 1e4
    # A spline's tails fall to 0.27 a pixel: half of it is seen where the wall begins.
    assert np.abs(deform(image, how, side, rng(seed))).max() < 0.27e4


def test_turning_is_what_scikit_image_does():
    how = Augmentation(rotation=180.0)
    image = synthetic_scene()[:65, :65].astype(np.float32)
    for seed in range(3):
        degrees = rng(seed).uniform(-180, 180)
        expected = rotate(image, -degrees, order=3, mode="reflect")
        turned = deform(image, how, 33, rng(seed))
        np.testing.assert_allclose(turned, expected[16:49, 16:49], atol=2e-3)


def test_turning_keeps_what_can_be_seen():
    how = Augmentation(rotation=45.0)
    side = 64
    smooth = gaussian_filter(synthetic_scene(), 2)[: 64 + 2 * border_for(how, 64)]
    smooth = smooth[:, : len(smooth)].astype(np.float32)
    turned = deform(smooth, how, side, rng(1))
    assert turned.mean() == pytest.approx(smooth.mean(), rel=0.15)
    sharp = [np.abs(np.gradient(image)).mean() for image in (smooth, turned)]
    assert sharp[1] == pytest.approx(sharp[0], rel=0.25)


def test_displacements_are_as_large_as_told():
    # On a ramp along X, values are positions.
    how = Augmentation(elastic=1.5)
    border = border_for(how, 64)
    ramp = np.tile(np.arange(64 + 2 * border, dtype=np.float32), (64 + 2 * border, 1))
    source = rng()
    moved = [deform(ramp, how, 64, source) - _inside(ramp, border) for _ in range(60)]
    assert np.sqrt(np.mean(np.square(moved))) == pytest.approx(1.5, rel=0.15)
    steps = np.abs(np.diff(moved, axis=-1)).max()
    assert steps < 0.5


def _inside(image, border):
    return image[border:-border, border:-border]


def test_bending_keeps_the_ends_the_order_and_what_lies_outside():
    ramp = np.linspace(50, 700, 200, dtype=np.float32)
    changes = []
    for seed in range(5):
        bent = bend(ramp, 100.0, 500.0, 0.6, rng(seed))
        assert (np.diff(bent) > 0).all()
        outside = (ramp <= 100) | (ramp >= 500)
        np.testing.assert_array_equal(bent[outside], ramp[outside])
        changes.append(np.abs(bent - ramp).max())
    assert 20 < max(changes) < 100


def test_previews_show_what_training_sees():
    how = only_redrawn(gamma=0.5)
    shown = preview_patches([cut(), cut(planes=3)], how, SIDE, rng(), 5)
    assert len(shown) == 5
    for noisy, clean in shown:
        assert noisy.shape == clean.shape == (SIDE, SIDE)
        assert (noisy - clean).std() == pytest.approx(CAMERA.std(clean.mean()), rel=0.2)
    assert preview_patches([cut(has_clean=False)], how, SIDE, rng(), 1)[0][1] is None


def test_one_seed_makes_one_patch():
    given_cut = cut(side=SIDE + 2 * border_for(STRONG, SIDE))
    one, same, other = (
        augment(given_cut, STRONG, SIDE, rng(seed)) for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(one.noisy, same.noisy)
    assert not np.array_equal(one.noisy, other.noisy)


def test_what_users_give_is_understood():
    assert parse_augmentation("default") == Augmentation() == Augmentation.default()
    assert parse_augmentation("None").to_dict()["flips"] is False
    assert parse_augmentation(STRONG) is STRONG
    given = {"flips": False, "rotation": 5}
    assert parse_augmentation(given) == Augmentation(flips=False, rotation=5)
    assert parse_augmentation(STRONG.to_dict()) == STRONG


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("heavy", "strong"),
        (3, "default"),
        ({"rotate": 5}, "rotation"),
        ({"flips": "yes"}, "flips"),
        ({"gain": -0.1}, "gain"),
        ({"zoom": 0.7}, "between 0 and 0.5"),
        ({"elastic": float("nan")}, "elastic"),
        ({"redrawn": True}, "redrawn"),
    ],
)
def test_what_does_not_work_is_refused(wrong, words):
    with pytest.raises(OptionError, match=words):
        parse_augmentation(wrong)


def test_every_change_can_be_switched():
    assert {f.name for f in fields(Augmentation)} >= {
        name for change in ONE_BY_ONE for name in change
    }
    assert not Augmentation().changes_clean
    assert border_for(Augmentation(), SIDE) == 0
    assert border_for(Augmentation(gamma=0.5), SIDE) == 0
