"""``napari-denoise batch``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import tifffile

from napari_denoise.cli import main
from tests.conftest import FOREGROUND

if TYPE_CHECKING:
    from pathlib import Path


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object
) -> tuple[int, Any]:
    monkeypatch.setattr(sys, "argv", ["napari-denoise", "batch", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr().out
    code = end.value.code if isinstance(end.value.code, int) else -1
    return code, json.loads(printed) if "--json" in words else printed


def test_a_folder(
    raw: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = (raw, tmp_path / "out", "--model", "tikhonov", "--json")
    code, told = run(capsys, monkeypatch, *words)
    assert code == 0
    assert told["seconds"] > 0
    assert {**told, "seconds": 0} == {
        "done": 3,
        "skipped": 0,
        "failed": [],
        "seconds": 0,
    }
    code, told = run(capsys, monkeypatch, *words)
    assert (code, told["done"], told["skipped"]) == (0, 0, 3)


def test_files_that_fail_are_told(
    raw: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (raw / "text.tif").write_text("no image")
    words = (raw, tmp_path / "out", "--model", "tikhonov")
    code, told = run(capsys, monkeypatch, *words, "--json")
    assert code == 1
    assert [failed["file"] for failed in told["failed"]] == ["text.tif"]
    assert "text.tif" in told["failed"][0]["error"]
    code, text = run(capsys, monkeypatch, *words)
    assert code == 1
    assert "0 of 4 files denoised, 3 were there already, 1 failed." in text


@pytest.mark.parametrize(
    "words",
    [
        ("nowhere", "out"),
        ("raw", "raw"),
        ("raw", "out", "--pattern", "*.czi"),
        ("raw", "out", "--noise", "loud"),
        ("raw", "out", "--format", "png"),
        ("raw",),
        ("", "out"),
    ],
)
def test_what_does_not_work_is_one_line(
    raw: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(raw.parent)
    code, told = run(capsys, monkeypatch, *words, "--json")
    assert code == 2
    assert told["message"]
    assert not (raw.parent / "out").exists()


def test_options_arrive(
    raw: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = [
        "--model",
        "tikhonov",
        "--noise",
        "2,100,1",
        "--strength",
        "0.5",
        "--dtype",
        "float32",
    ]
    chosen = ["--pattern", "a*", "--pattern", "b*", "--no-recursive", "--json"]
    code, told = run(capsys, monkeypatch, raw, tmp_path / "out", *options, *chosen)
    assert (code, told["done"]) == (0, 1)
    assert tifffile.imread(tmp_path / "out" / "a.tif").dtype == "float32"
    facts = json.loads((tmp_path / "out" / "a.tif.json").read_text())
    assert facts["options"]["strength"] == 0.5
    assert facts["noise"][0]["gain"] == 2


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C cannot be sent to one process")
def test_it_says_after_a_stop_how_to_go_on(raw: Path, tmp_path: Path) -> None:
    big = tifffile.imread(raw / "a.tif").repeat(40, 0).repeat(40, 1)
    # More planes than are denoised while the signal is on its way.
    tifffile.imwrite(raw / "z.tif", [big] * 6, metadata={"axes": "ZYX"})
    target = tmp_path / "out"
    with subprocess.Popen(
        [*FOREGROUND, "batch", raw, target, "--model", "unet"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while process.poll() is None and not (target / "a.tif").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert process.returncode == 130
    assert "The same command" in told
    assert (target / "report.html").is_file()
    assert not [path for path in target.rglob(".*.part*") if path.is_file()]
