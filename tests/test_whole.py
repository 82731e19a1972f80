"""Folders that are there whole or not at all, and go without making anyone wait."""

from __future__ import annotations

import os
import threading

import pytest
from napari_denoise.files.folders import PATIENCE, remove_folder, whole_folder

from napari_denoise.errors import FileError


def fill(folder, files=3):
    folder.mkdir()
    for number in range(files):
        (folder / str(number)).write_text("x")


def test_a_folder_gets_its_name_when_it_is_complete(tmp_path):
    path = tmp_path / "a"
    with whole_folder(path) as partial:
        fill(partial)
        assert not path.exists()
    assert len(list(path.iterdir())) == 3
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_an_error_leaves_what_was_there(error, tmp_path):
    path = tmp_path / "a"
    fill(path, 1)
    with pytest.raises(error), whole_folder(path) as partial:
        fill(partial)
        raise error
    assert [entry.name for entry in path.iterdir()] == ["0"]
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_never_made_is_told_and_what_was_there_stays(tmp_path):
    path = tmp_path / "a"
    fill(path, 1)
    with pytest.raises(FileError, match="cannot be written"), whole_folder(path):
        pass
    assert list(tmp_path.iterdir()) == [path]


def test_what_killed_runs_left_is_removed_and_nothing_else(tmp_path):
    alive = f".a.part-{os.getppid()}-0123abcd"  # of a run elsewhere
    other = [".a.party", ".ab.part-1-0", ".[a].part-1-0", "a.part-1-0", alive]
    ours, gone = f".a.part-{os.getpid()}-0123abcd", f".a.part-{2**31 - 1}-0123abcd"
    for name in [*other, ours, gone, ".a.part-old-0123abcd"]:
        fill(tmp_path / name)
    with whole_folder(tmp_path / "a") as partial:
        fill(partial)
    assert {entry.name for entry in tmp_path.iterdir()} == {*other, "a"}


@pytest.mark.parametrize("name", ["a", ".a.part"])
def test_the_name_is_free_at_once_and_the_files_go_in_the_end(name, tmp_path):
    folder = tmp_path / name
    fill(folder, 3000)
    before = set(threading.enumerate())
    remove_folder(folder)
    assert not folder.exists()
    for entry in tmp_path.iterdir():  # a later run of that name would find it
        assert entry.name.startswith(".a.part-")
    for thread in set(threading.enumerate()) - before:
        assert not thread.daemon
        thread.join(60)
    assert list(tmp_path.iterdir()) == []
    remove_folder(folder)  # there is none: nothing happens
    assert 0 < PATIENCE < 1
