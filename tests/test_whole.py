"""Files and folders are there whole or not at all, and go without a wait."""

from __future__ import annotations

import os
import threading

import pytest

from napari_denoise.errors import FileError
from napari_denoise.files.whole import HOST, PATIENCE, remove, whole


def fill(folder, files=3):
    folder.mkdir()
    for number in range(files):
        (folder / str(number)).write_text("x")


def test_a_folder_gets_its_name_when_it_is_complete(tmp_path):
    path = tmp_path / "a"
    with whole(path) as partial:
        fill(partial)
        assert not path.exists()
    assert len(list(path.iterdir())) == 3
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_an_error_leaves_what_was_there(error, tmp_path):
    path = tmp_path / "a"
    fill(path, 1)
    with pytest.raises(error), whole(path) as partial:
        fill(partial)
        raise error
    assert [entry.name for entry in path.iterdir()] == ["0"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_replaces_a_file(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with whole(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_never_made_is_told_and_what_was_there_stays(tmp_path):
    path = tmp_path / "a"
    fill(path, 1)
    with pytest.raises(FileError, match="cannot be written"), whole(path):
        pass
    assert list(tmp_path.iterdir()) == [path]


def test_what_killed_runs_left_is_removed_and_nothing_else(tmp_path):
    alive = f".a.part-{HOST}-{os.getppid()}-0123abcd"  # of another run
    elsewhere = f".a.part-not-{HOST}-{os.getpid()}-0123abcd"
    other = [".a.party", f".ab.part-{HOST}-1-0", "a.part-1-0", alive, elsewhere]
    ours = f".a.part-{HOST}-{os.getpid()}-0123abcd"
    gone = f".a.part-{HOST}-{2**31 - 1}-0123abcd"
    for name in [*other, ours, gone, ".a.part-old-0123abcd"]:
        fill(tmp_path / name)
    (tmp_path / f"{gone}0").write_text("a file")
    with whole(tmp_path / "a") as partial:
        fill(partial)
    assert {entry.name for entry in tmp_path.iterdir()} == {*other, "a"}


@pytest.mark.parametrize("name", ["a", ".a.part-host-1-0123abcd"])
def test_the_name_is_free_at_once_and_the_files_go_in_the_end(name, tmp_path):
    folder = tmp_path / name
    fill(folder, 3000)
    before = set(threading.enumerate())
    remove(folder)
    assert not folder.exists()
    for entry in tmp_path.iterdir():  # a later run of that name would find it
        assert entry.name.startswith(".a.part-")
    for thread in set(threading.enumerate()) - before:
        assert not thread.daemon
        thread.join(60)
    assert list(tmp_path.iterdir()) == []
    remove(folder)  # there is none: nothing happens
    assert 0 < PATIENCE < 1
