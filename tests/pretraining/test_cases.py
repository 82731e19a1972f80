"""Drawn test images have the noise that they claim."""

from __future__ import annotations

import numpy as np
import pytest

from napari_denoise import NoiseModel
from pretraining.cases import _camera, _photons, _structures


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    folder = tmp_path_factory.mktemp("without set12")
    return list(_camera(folder))


@pytest.fixture(scope="module")
def photons():
    return list(_photons())


@pytest.fixture(scope="module")
def structures():
    return list(_structures())


def test_every_image_is_judged_with_its_noise_known_and_estimated(
    camera, photons, structures
):
    for drawn in (camera, photons, structures):
        for known, estimated in zip(drawn[::2], drawn[1::2], strict=True):
            assert isinstance(known.noise, NoiseModel)
            assert estimated.noise == "auto"
            assert (known.test, known.image) == (estimated.test, estimated.image)
            assert known.noisy is estimated.noisy


def test_camera_noise_is_correlated_and_as_strong_as_told(camera):
    for case in camera[::2]:
        error = case.noisy - case.clean
        assert error.std() == pytest.approx(13, rel=0.02)
        for one, next_ in ((error[1:], error[:-1]), (error[:, 1:], error[:, :-1])):
            lag = np.mean(one * next_) / error.var()
            assert lag == pytest.approx(0.6, abs=0.03)


def test_photon_noise_has_the_variance_of_its_model(photons):
    for case in photons[::2]:
        error = case.noisy - case.clean
        expected = case.noise.std(case.clean) ** 2
        assert np.mean(error**2) == pytest.approx(expected.mean(), rel=0.05)
        peak = float(case.test.removeprefix("photons_"))
        counts = case.clean.max() - case.noise.offset
        assert counts / case.noise.gain == pytest.approx(peak)


def test_structures_hold_the_photons_they_should(structures):
    for case in structures[::2]:
        total = case.clean.sum()
        assert abs(case.noisy.sum(dtype=float) - total) < 5 * total**0.5
        peak = float(case.test.removeprefix("structure_"))
        assert case.clean.max() == pytest.approx(peak, rel=1e-4)
        np.testing.assert_array_equal(case.noisy, np.rint(case.noisy))


def test_nearly_all_of_a_structure_is_where_it_is_counted(structures):
    for case in structures[::2]:
        if case.image != "patches":
            above = case.clean - case.background
            assert above[case.counted].sum() > 0.98 * above.sum()
            assert case.counted.mean() < 0.6
