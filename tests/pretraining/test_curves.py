"""Logs that grow by what is new, and a plot of them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pretraining.curves import append_log, keep_log, plot_logs, read_log


def line(megapixels, validation=0.5):
    return {
        "minutes": 4.0 * megapixels,
        "megapixels": megapixels,
        "validation": validation,
    }


def write(path, lines):
    for each in lines:
        append_log(each, path)
    return path


def test_only_what_is_new_is_kept(tmp_path):
    source, target = tmp_path / "a.jsonl", tmp_path / "logs" / "a.jsonl"
    write(source, [line(1.0), line(2.0)])
    keep_log(source, target)
    assert read_log(target) == [line(1.0), line(2.0)]
    write(source, [line(3.5)])
    for _ in range(2):
        keep_log(source, target)
        assert read_log(target) == [line(1.0), line(2.0), line(3.5)]


def test_a_log_that_was_lost_is_gone_on_with(tmp_path):
    target = write(tmp_path / "kept.jsonl", [line(1.0), line(2.0)])
    keep_log(write(tmp_path / "fresh.jsonl", [line(2.5)]), target)
    keep_log(tmp_path / "none.jsonl", target)
    assert read_log(target) == [line(1.0), line(2.0), line(2.5)]


def test_every_log_has_its_curve(tmp_path):
    pytest.importorskip("matplotlib")
    falling = [line(n, 1 / n) for n in range(1, 10)]
    steady = [line(n, 0.3) for n in range(1, 10)]
    logs = [
        write(tmp_path / f"{name}.jsonl", lines)
        for name, lines in (("falling", falling), ("steady", steady))
    ]
    colours = []
    for count in (1, 2):
        plot_logs(logs[:count], tmp_path / "curves.png")
        with Image.open(tmp_path / "curves.png") as picture:
            pixels = np.asarray(picture.convert("RGB"), int)
        assert pixels.shape == (480, 840, 3)
        is_coloured = np.ptp(pixels, axis=-1) > 60
        assert is_coloured.sum() > 500
        is_bluer = pixels[is_coloured][:, 2] > pixels[is_coloured][:, 0]
        colours.append(set(is_bluer))
    assert [len(found) for found in colours] == [1, 2]
