"""Files and folders are there whole or not at all, and go without a wait."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

from napari_denoise.errors import FileError
from napari_denoise.files import ImageInfo, ImageTarget, create_image
from napari_denoise.files import whole as module
from napari_denoise.files.whole import DAY, HOST, PATIENCE, remove, whole


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


ELSEWHERE = ".a.part-not-here-12-0123abcd"


def age(path):
    """Have it look as if nothing in it was touched for two days."""
    then = time.time() - 2 * DAY
    for entry in [*path.rglob("*"), path]:
        os.utime(entry, (then, then))


@pytest.mark.parametrize("fresh", [None, ".", "0", "1", "1/2/3"])
def test_a_folder_of_another_machine_goes_after_a_day(fresh, tmp_path):
    left = tmp_path / ELSEWHERE
    (left / "1" / "2" / "3").mkdir(parents=True)
    (left / "0").write_text("x")
    age(left)
    if fresh:
        os.utime(left / fresh)
    with whole(tmp_path / "a") as partial:
        partial.write_text("x")
    assert left.exists() is bool(fresh)


@pytest.mark.parametrize("is_old", [True, False])
def test_a_file_of_another_machine_goes_after_a_day(is_old, tmp_path):
    left = tmp_path / ELSEWHERE
    left.write_text("x")
    stranger = tmp_path / ".a.part-2"  # of no run
    stranger.write_text("x")
    if is_old:
        age(left)
        age(stranger)
    with whole(tmp_path / "a") as partial:
        partial.write_text("x")
    assert left.exists() is not is_old
    assert stranger.exists()


@pytest.mark.parametrize("name", ["a" * 251 + ".tif", "é" * 120 + ".tif", "細" * 80])
def test_a_long_name_is_written_and_what_is_left_of_it_found(name, tmp_path):
    path = tmp_path / name
    with whole(path) as partial:
        partial.touch()
        gone = partial.with_name(
            partial.name.replace(f"-{os.getpid()}-", f"-{2**31 - 1}-")
        )
    fill(gone)
    other = gone.with_name(gone.name.replace(".part", "0.part"))  # of another name
    fill(other)
    with whole(path) as partial:
        fill(partial)
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name, other.name}
    remove(path)
    assert list(tmp_path.iterdir()) == [other]


@pytest.mark.parametrize(("length", "beside"), [(256, False), (252, True)])
def test_a_name_that_is_too_long_is_told_at_once(length, beside, tmp_path):
    path = tmp_path / ("a" * (length - 4) + ".tif")
    target = ImageTarget(path, None, beside=beside)
    made = create_image(target, (8, 8), np.dtype(np.uint8), "YX")
    with pytest.raises(FileError, match="Choose a shorter"), made:
        pytest.fail("it was begun")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_long_to_list_is_not_listed_each_time(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "BLINK", 0.0)
    monkeypatch.setattr(module, "SHARE", 1e9)
    listed = []
    scan = os.scandir
    monkeypatch.setattr(
        os, "scandir", lambda folder: listed.append(folder) or scan(folder)
    )
    for number in range(5):
        with whole(tmp_path / str(number)) as partial:
            partial.write_text("x")
    assert listed.count(tmp_path) == 1


def test_folders_that_were_listed_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLINK", 0.0)
    monkeypatch.setattr(module, "SHARE", 0.0)
    monkeypatch.setattr(module, "_listed", {})
    for number in range(20):
        (tmp_path / str(number)).mkdir()
        with whole(tmp_path / str(number) / "a") as partial:
            partial.write_text("x")
    assert len(module._listed) <= 1


@pytest.mark.parametrize("name", ["a.tif", "a.zarr"])
@pytest.mark.parametrize("comes", ["file", "folder", "dangling"])
def test_what_comes_meanwhile_is_kept(name, comes, tmp_path):
    path, beside = tmp_path / name, tmp_path / f"{name}.json"
    made = create_image(ImageTarget(path, beside=True), (8, 8), np.dtype("u1"), "YX")
    with pytest.raises(FileError, match="made by another program meanwhile"), made:
        {
            "file": lambda: path.write_text("mine"),
            "folder": lambda: fill(path, 1),
            "dangling": lambda: path.symlink_to("nowhere"),
        }[comes]()
        beside.write_text("mine")
    assert sorted(tmp_path.iterdir()) == [path, beside]
    assert beside.read_text() == "mine"
    assert path.is_symlink() is (comes == "dangling")


def test_what_comes_last_of_all_is_kept(tmp_path):
    path = tmp_path / "a"
    with (
        pytest.raises(FileError, match="meanwhile"),
        whole(path, overwrite=False) as partial,
    ):
        partial.write_text("new")
        path.write_text("mine")
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.tif", "a.zarr"])
def test_a_link_that_leads_nowhere_is_there(name, tmp_path):
    path = tmp_path / name
    path.symlink_to("nowhere")
    made = create_image(ImageTarget(path), (8, 8), np.dtype("u1"), "YX")
    with pytest.raises(FileError, match="exists already"), made:
        pytest.fail("it was begun")
    with create_image(ImageTarget(path, None, True), (8, 8), np.dtype("u1"), "YX"):
        pass
    assert list(tmp_path.iterdir()) == [path]
    assert not path.is_symlink()


def test_a_link_is_replaced_and_what_it_leads_to_kept(tmp_path):
    store, path = tmp_path / "store", tmp_path / "s" / "a"
    fill(store)
    path.parent.mkdir()
    path.symlink_to(store)
    with whole(path) as partial:
        fill(partial, 1)
    assert list(path.parent.iterdir()) == [path]
    assert not path.is_symlink()
    assert len(list(path.iterdir())) == 1
    assert len(list(store.iterdir())) == 3


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path):
    fill(tmp_path / "store")
    (tmp_path / "link").symlink_to(tmp_path / "store")
    remove(tmp_path / "link")
    assert list(tmp_path.iterdir()) == [tmp_path / "store"]
    assert len(list((tmp_path / "store").iterdir())) == 3


def test_a_result_that_vanishes_is_told_by_its_own_name(tmp_path):
    target = ImageTarget(tmp_path / "a.tif", ImageInfo(compressed=True))
    made = create_image(target, (8, 8), np.dtype("u1"), "YX")
    with pytest.raises(FileError, match=r"a\.tif cannot be written") as caught, made:
        for hidden in tmp_path.iterdir():
            hidden.unlink()
    assert ".part-" not in str(caught.value)
