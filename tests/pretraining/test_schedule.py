"""How the learning rate rises and falls over a course."""

from __future__ import annotations

import pytest

from pretraining.schedule import LOWEST, WARMUP_S, Schedule

COURSE = Schedule(start_s=500, length_s=10_000)
SECONDS = range(500, 10_501, 20)


def test_progress_goes_from_0_to_1_and_stays():
    done = [COURSE.progress(s) for s in SECONDS]
    assert done == sorted(done)
    assert (done[0], done[-1], COURSE.progress(20_000)) == (0, 1, 1)
    assert COURSE.progress(5500) == pytest.approx(0.5)


def test_no_course_is_over():
    assert Schedule().progress(0) == 1
    assert Schedule(100, 0).progress(100) == 1


def test_the_rate_warms_up_from_little_but_not_from_nothing():
    rates = [COURSE.rate(500 + s) for s in range(WARMUP_S)]
    assert rates == sorted(rates)
    assert 0 < rates[0] < 0.1
    assert rates[-1] == pytest.approx(1, abs=1e-4)


def test_the_rate_falls_to_its_lowest():
    rates = [COURSE.rate(s) for s in SECONDS][2:]
    assert rates == sorted(rates, reverse=True)
    assert COURSE.rate(5500) == pytest.approx((1 + LOWEST) / 2)
    assert rates[-1] == pytest.approx(LOWEST)
    assert COURSE.rate(20_000) == pytest.approx(LOWEST)
