"""Checkpoints: written whole, and gone on with by the same request only."""

from __future__ import annotations

import pickle

import pytest
import torch

from napari_denoise.errors import FileError, OptionError
from napari_denoise.training.checkpoint import read_checkpoint, write_checkpoint

CPU = torch.device("cpu")
REQUEST = {"course": {"seed": 0, "sides": (1, 2)}, "start": "abc"}


def test_comes_back_as_it_was(tmp_path):
    path = tmp_path / "a.checkpoint"
    state = {"step": 7, "weights": {"w": torch.arange(3.0)}, "none": None}
    write_checkpoint(path, REQUEST, state)
    again = read_checkpoint(path, REQUEST, CPU)
    assert again is not None
    assert again["step"] == 7
    assert torch.equal(again["weights"]["w"], torch.arange(3.0))
    assert list(tmp_path.iterdir()) == [path]


def test_none_where_there_is_no_file(tmp_path):
    assert read_checkpoint(tmp_path / "no.checkpoint", REQUEST, CPU) is None


def test_another_request_is_refused_and_names_what_differs(tmp_path):
    path = tmp_path / "a.checkpoint"
    write_checkpoint(path, REQUEST, {})
    other = {**REQUEST, "course": {"seed": 1, "sides": (1, 2)}}
    with pytest.raises(OptionError, match=r"another training \(seed: 0 then, 1 now\)"):
        read_checkpoint(path, other, CPU)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a checkpoint at all"])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "a.checkpoint"
    path.write_bytes(content)
    with pytest.raises(FileError, match="no checkpoint"):
        read_checkpoint(path, REQUEST, CPU)


def test_a_checkpoint_that_was_cut_short_is_refused(tmp_path):
    path = tmp_path / "a.checkpoint"
    write_checkpoint(path, REQUEST, {"w": torch.zeros(1000)})
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(FileError, match="cut short"):
        read_checkpoint(path, REQUEST, CPU)


class Harmful:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


def test_reading_runs_no_code(tmp_path):
    path, harm = tmp_path / "a.checkpoint", tmp_path / "harm"
    torch.save({"schema": 1, "request": {}, "state": Harmful(harm)}, path)
    with pytest.raises(FileError):
        read_checkpoint(path, {}, CPU)
    with path.open("wb") as file:
        pickle.dump(Harmful(harm), file)
    with pytest.raises(FileError):
        read_checkpoint(path, {}, CPU)
    assert not harm.exists()


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "folder").write_text("a file, not a folder")
    with pytest.raises(FileError, match="cannot be written"):
        write_checkpoint(tmp_path / "folder" / "a", REQUEST, {})
