"""Folders of images: what is done, what is not done again, what is reported."""

from __future__ import annotations

import csv
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_denoise import assess, denoise, denoise_folder, estimate_noise
from napari_denoise.batch import batch_steps
from napari_denoise.batch.events import FileDone, FileProgress, FolderRead
from napari_denoise.batch.reader import OwnFormats
from napari_denoise.errors import Cancelled, DenoiseError, FileError, OptionError
from napari_denoise.files import ImageFile, ImageInfo
from napari_denoise.progress import run_to_end
from tests.batch.conftest import photons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_denoise.batch import BatchReport

FILES = ["a.tif", "day 1/b.tif", "day 1/c.ome.tif"]
MODEL = "tikhonov"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def states(folder: Path) -> dict[str, int]:
    """When each result was written."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*.tif")
    }


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.is_file()]


def failures(report: BatchReport) -> dict[str, str]:
    return {record.file: record.error for record in report.failed}


def test_a_folder_comes_out_as_its_mirror(raw: Path, out: Path) -> None:
    report = denoise_folder(raw, out, MODEL)
    assert (report.done, report.skipped, report.failed) == (3, 0, ())
    assert [record.file for record in report.records] == FILES
    for name in FILES:
        axes = {"b.tif": "ZYX", "c.ome.tif": "CYX"}.get(Path(name).name, "YX")
        expected = denoise(tifffile.imread(raw / name), MODEL, axes=axes)
        result = tifffile.imread(out / name)
        np.testing.assert_array_equal(result, expected)
        assert result.dtype == np.uint16
    with tifffile.TiffFile(out / "day 1" / "b.tif") as file:
        assert (file.imagej_metadata or {})["spacing"] == 0.5
    assert not hidden(out)


def test_originals_stay_as_they_are(raw: Path, out: Path) -> None:
    before = {path: path.read_bytes() for path in raw.rglob("*.tif")}
    denoise_folder(raw, out, MODEL)
    assert {path: path.read_bytes() for path in raw.rglob("*") if path.is_file()} == (
        before
    )


def test_the_report_tells_of_each_file(raw: Path, out: Path) -> None:
    (raw / "notes.tif").write_text("This is <no> image.")
    report = denoise_folder(raw, out, MODEL)
    with report.table.open(encoding="utf-8-sig", newline="") as text:
        rows = {row["file"]: row for row in csv.DictReader(text)}
    assert set(rows) == {*FILES, "notes.tif"}
    assert rows["a.tif"]["outcome"] == "done"
    assert rows["notes.tif"]["outcome"] == "failed"
    assert "notes.tif" in rows["notes.tif"]["error"]
    noisy, result = (tifffile.imread(folder / "a.tif") for folder in (raw, out))
    measured = estimate_noise(noisy)
    assert float(rows["a.tif"]["sigma"]) == pytest.approx(measured.sigma, rel=1e-4)
    expected = assess(noisy, result, measured)
    assert float(rows["a.tif"]["whiteness"]) == pytest.approx(expected.whiteness)
    assert len(rows["day 1/c.ome.tif"]["sigma"].split(";")) == 2
    page = report.page.read_text(encoding="utf-8")
    assert "3 of 4 files denoised, 1 failed." in page
    assert "<no>" not in page
    pictures = sorted((out / "report_files").glob("*.png"))
    assert len(pictures) == 3
    assert all(f"report_files/{picture.name}" in page for picture in pictures)
    with Image.open(out / report.records[0].picture) as shown:
        before, _, after = np.split(np.asarray(shown, float), [48, 52], axis=1)
    for drawn, pixels in ((before, noisy), (after, result)):
        assert np.corrcoef(drawn.ravel(), pixels.ravel())[0, 1] > 0.99


def test_what_is_there_is_not_done_again(raw: Path, out: Path) -> None:
    denoise_folder(raw, out, MODEL)
    before = states(out)
    report = denoise_folder(raw, out, MODEL)
    assert (report.done, report.skipped, report.failed) == (0, 3, ())
    assert states(out) == before
    assert "0 of 3 files denoised, 3 were there already." in report.page.read_text()
    assert report.records[1].facts["assessment"]["whiteness"] > 0
    assert (out / report.records[1].picture).is_file()


def test_what_is_missing_is_done(raw: Path, out: Path) -> None:
    denoise_folder(raw, out, MODEL)
    before = states(out)
    (out / "a.tif").unlink()
    tifffile.imwrite(raw / "new.tif", photons((40, 48), 4))
    report = denoise_folder(raw, out, MODEL)
    assert (report.done, report.skipped) == (2, 2)
    after = states(out)
    assert {name for name in after if after[name] != before.get(name)} == {
        "a.tif",
        "new.tif",
    }


def test_a_changed_image_is_done_again(raw: Path, out: Path) -> None:
    denoise_folder(raw, out, MODEL)
    tifffile.imwrite(raw / "a.tif", photons((40, 48), 5))
    report = denoise_folder(raw, out, MODEL)
    assert (report.done, report.skipped) == (1, 2)
    expected = denoise(tifffile.imread(raw / "a.tif"), MODEL)
    np.testing.assert_array_equal(tifffile.imread(out / "a.tif"), expected)


@pytest.mark.parametrize(
    ("options", "done"),
    [
        ({"strength": 0.5}, 3),
        ({"noise": 9.0}, 3),
        ({"dtype": "float32"}, 3),
        ({"model": "wavelet"}, 3),
        ({"device": "cpu", "tile": 64, "assess": "none"}, 0),
    ],
)
def test_other_settings_make_other_results(
    raw: Path, out: Path, options: dict[str, Any], done: int
) -> None:
    denoise_folder(raw, out, MODEL)
    report = denoise_folder(raw, out, **{"model": MODEL, **options})
    assert (report.done, report.skipped) == (done, 3 - done)


def test_another_network_under_the_same_name_makes_other_results(
    raw: Path, out: Path, tmp_path: Path
) -> None:
    import torch

    from napari_denoise import load_model, save_model

    path = tmp_path / "own.safetensors"
    save_model(load_model("unet-fast"), path)
    assert denoise_folder(raw, out, path, pattern="a.tif").done == 1
    assert denoise_folder(raw, out, path, pattern="a.tif").skipped == 1
    changed = load_model(path)
    with torch.no_grad():
        next(changed.network.parameters()).mul_(1.01)
    path.unlink()
    save_model(changed, path)
    assert denoise_folder(raw, out, path, pattern="a.tif").done == 1


def test_records_that_are_lost_are_made_again(raw: Path, out: Path) -> None:
    first = denoise_folder(raw, out, MODEL)
    for path in (out / "report_files").iterdir():
        path.unlink()
    again = denoise_folder(raw, out, MODEL)
    assert again.skipped == 3
    for one, other in zip(first.records, again.records, strict=True):
        assert one.facts == other.facts
        assert (out / other.picture).is_file()


def test_one_file_in_trouble_does_not_stop_the_others(raw: Path, out: Path) -> None:
    whole = (raw / "a.tif").read_bytes()
    (raw / "cut.tif").write_bytes(whole[: len(whole) // 2])
    (raw / "empty.tif").touch()
    (raw / "text.tif").write_text("no image")
    tifffile.imwrite(raw / "labels.tif", np.zeros((40, 48), bool))
    tifffile.imwrite(raw / "many.tif", photons((2, 2, 2, 40, 48), 6))
    steps = batch_steps(raw, out, MODEL)
    assert next(steps) == FolderRead(
        8, sum(f.stat().st_size for f in raw.rglob("*.tif"))
    )
    (raw / "day 1" / "b.tif").unlink()
    report = run_to_end(steps)
    found = failures(report)
    assert set(found) == {
        "cut.tif",
        "day 1/b.tif",
        "empty.tif",
        "labels.tif",
        "many.tif",
        "text.tif",
    }
    assert "There is no file" in found["day 1/b.tif"]
    assert "bool" in found["labels.tif"]
    assert "Give axes" in found["many.tif"]
    assert report.done == 2
    assert states(out).keys() == {"a.tif", "day 1/c.ome.tif"}
    assert not hidden(out)


def test_axes_that_do_not_fit_are_told(raw: Path, out: Path) -> None:
    report = denoise_folder(raw, out, MODEL, axes="ZYX")
    assert set(failures(report)) == {"a.tif"}
    assert "ZYX" in failures(report)["a.tif"]


def test_what_is_no_result_is_not_replaced(raw: Path, out: Path) -> None:
    out.mkdir()
    tifffile.imwrite(out / "a.tif", photons((4, 5), 7))
    before = (out / "a.tif").read_bytes()
    report = denoise_folder(raw, out, MODEL)
    assert "not replaced" in failures(report)["a.tif"]
    assert (out / "a.tif").read_bytes() == before
    assert denoise_folder(raw, out, MODEL, overwrite=True).done == 1
    assert tifffile.imread(out / "a.tif").shape == (40, 48)


def test_two_results_of_one_name_are_told(raw: Path, out: Path) -> None:
    tifffile.imwrite(raw / "a.btf", photons((40, 48), 8), bigtiff=True)
    report = denoise_folder(raw, out, MODEL, form="zarr")
    assert set(failures(report)) == {"a.tif"}
    assert "a.btf" in failures(report)["a.tif"]


@pytest.mark.parametrize(
    ("pattern", "recursive", "files"),
    [
        ("*", True, FILES),
        ("*", False, FILES[:1]),
        ("*.OME.tif", True, FILES[2:]),
        ("day*/b*", True, FILES[1:2]),
        (["a.*", "c.*"], True, [FILES[0], FILES[2]]),
    ],
)
def test_patterns_choose_files(
    raw: Path, out: Path, pattern: Any, recursive: bool, files: list[str]
) -> None:
    (raw / "notes.txt").write_text("no image")
    (raw / ".hidden.tif").write_text("no image")
    report = denoise_folder(raw, out, MODEL, pattern=pattern, recursive=recursive)
    assert [record.file for record in report.records] == files
    assert report.done == len(files)


def test_results_inside_the_source_are_no_images_to_denoise(raw: Path) -> None:
    for _ in range(2):
        report = denoise_folder(raw, raw / "denoised", MODEL)
        assert len(report.records) == 3
    assert report.skipped == 3


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"source": "nowhere"}, FileError, "no folder"),
        ({"target": "raw"}, FileError, "another folder"),
        ({"pattern": "*.czi"}, OptionError, r"\*.czi"),
        ({"model": "nonsense"}, DenoiseError, "nonsense"),
        ({"strength": 3}, OptionError, "strength"),
        ({"form": "png"}, OptionError, "png"),
        ({"assess": "much"}, OptionError, "much"),
        ({"neighbours": "W"}, OptionError, "neighbours"),
        ({"tile": "big"}, OptionError, "tile"),
        ({"dtype": "text"}, OptionError, "text"),
        ({"noise": "loud"}, DenoiseError, "loud"),
        ({"noise": -3.0}, DenoiseError, "positive"),
        ({"axes": "YXW"}, DenoiseError, "YXW"),
    ],
)
def test_what_would_fail_with_every_file_is_refused_at_once(
    raw: Path, out: Path, change: dict[str, Any], kind: type[Exception], words: str
) -> None:
    asked = {"source": "raw", "target": "out", "model": MODEL, **change}
    paths = {name: raw.parent / asked.pop(name) for name in ("source", "target")}
    with pytest.raises(kind, match=words):
        denoise_folder(**paths, **asked)
    assert not out.exists()


def test_an_unknown_option_is_refused(raw: Path, out: Path) -> None:
    told = r"denoise_folder\(\) got .* 'colour': it takes .* strength"
    with pytest.raises(TypeError, match=told):
        denoise_folder(raw, out, MODEL, colour="red")


def test_zarr_comes_out(raw: Path, out: Path) -> None:
    import zarr

    report = denoise_folder(raw, out, MODEL, form="zarr")
    assert report.done == 3
    array = zarr.open_array(out / "day 1" / "b.zarr" / "0", mode="r")
    expected = denoise(tifffile.imread(raw / FILES[1]), MODEL)
    np.testing.assert_array_equal(array[:], expected)
    assert denoise_folder(raw, out, MODEL, form="zarr").skipped == 3
    # Zarr folders are images like others.
    back = denoise_folder(out, out.parent / "back", "wavelet", form="tif")
    assert back.done == 3
    assert (out.parent / "back" / "day 1" / "b.ome.tif").is_file()


@pytest.mark.parametrize(
    ("axes", "shape"),
    [("ZCYX", (3, 2, 40, 48)), ("YXS", (40, 48, 3)), ("TZCYX", (2, 3, 2, 40, 48))],
)
def test_results_whose_axes_are_in_another_order_are_told_of(
    tmp_path: Path, out: Path, axes: str, shape: tuple[int, ...]
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    sides = [shape[axes.index(a)] for a in axes if a not in "YX"]
    pixels = np.moveaxis(
        photons((*sides, 40, 48), 1),
        (-2, -1),
        [
            axes.index("Y"),
            axes.index("X"),
        ],
    )
    tifffile.imwrite(
        raw / "a.tif", pixels, imagej="S" not in axes, metadata={"axes": axes}
    )
    reports = [
        denoise_folder(raw, out / form, MODEL, form=form) for form in ("same", "zarr")
    ]
    assert not [*reports[0].failed, *reports[1].failed]
    (one,), (other,) = (report.records for report in reports)
    assert one.facts["assessment"] == other.facts["assessment"]
    pictures = [out / "same" / one.picture, out / "zarr" / other.picture]
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


def test_each_image_of_a_file_has_a_result(raw: Path, out: Path) -> None:
    with tifffile.TiffWriter(raw / "series.ome.tif") as file:
        for seed in (1, 2):
            file.write(photons((40, 48), seed), metadata={"axes": "YX"})
    report = denoise_folder(raw, out, MODEL, pattern="series*")
    assert (report.done, len(report.records)) == (1, 2)
    for seed in (1, 2):
        result = tifffile.imread(out / f"series_{seed - 1}.ome.tif")
        np.testing.assert_array_equal(result, denoise(photons((40, 48), seed), MODEL))
    assert denoise_folder(raw, out, MODEL, pattern="series*").skipped == 1


def test_noise_is_shared(raw: Path, out: Path) -> None:
    (raw / "day 1" / "c.ome.tif").unlink()
    for seed, level in enumerate((5, 20, 80)):  # one flat image does not tell the gain
        flat = np.random.default_rng(seed).poisson(level, (128, 128))
        tifffile.imwrite(raw / f"flat {level}.tif", (2 * flat + 100).astype(np.uint16))
    report = denoise_folder(raw, out, MODEL, noise="shared")
    found = [record.facts["noise"] for record in report.records]
    assert found == [found[0]] * 5
    assert found[0][0]["gain"] == pytest.approx(2, rel=0.1)
    # It stays the same when files are added.
    tifffile.imwrite(raw / "bright.tif", 3 * photons((40, 48), 4))
    again = denoise_folder(raw, out, MODEL, noise="shared")
    assert (again.done, again.skipped) == (1, 5)
    assert [r.facts["noise"] for r in again.records] == [found[0]] * 6


def test_files_of_other_channels_share_no_noise(raw: Path, out: Path) -> None:
    report = denoise_folder(raw, out, MODEL, noise="shared")
    assert report.done == 2
    assert "2 channels" in failures(report)["day 1/c.ome.tif"]


def test_noise_is_shared_by_what_is_looked_for(raw: Path, out: Path) -> None:
    flat = np.random.default_rng(0).poisson(20, (64, 64)).astype(np.uint16)
    for name, gain in (("dim", 1), ("bright", 20)):
        tifffile.imwrite(raw / f"{name}.tif", gain * flat)
    sigma = []
    for name in ("dim", "bright"):
        report = denoise_folder(raw, out, MODEL, noise="shared", pattern=f"{name}*")
        sigma.append(report.records[0].facts["noise"][0]["sigma"])
    assert sigma[1] == pytest.approx(20 * sigma[0], rel=0.1)


def test_cancelling_ends_the_measurement_of_noise(raw: Path, out: Path) -> None:
    with pytest.raises(Cancelled):
        denoise_folder(raw, out, MODEL, noise="shared", cancelled=lambda: True)
    assert not states(out)


def test_a_full_assessment_predicts_the_error(raw: Path, out: Path) -> None:
    report = denoise_folder(raw, out, "unet-fast", pattern="a.tif", assess="full")
    (record,) = report.records
    assert record.facts["assessment"]["predicted_gain"] > 3
    with report.table.open(encoding="utf-8-sig", newline="") as text:
        (row,) = csv.DictReader(text)
    assert float(row["predicted_gain"]) > 3


def test_a_full_assessment_is_made_of_what_was_done_before(
    raw: Path, out: Path
) -> None:
    options = {"model": "unet-fast", "pattern": "a.tif"}
    denoise_folder(raw, out, **options, assess="none")
    quick = denoise_folder(raw, out, **options)
    assert quick.skipped == 1
    assert quick.records[0].facts["assessment"]["whiteness"] > 0
    full = denoise_folder(raw, out, **options, assess="full")
    assert full.skipped == 1
    assert full.records[0].facts["assessment"]["predicted_gain"] > 3


def test_files_of_one_size_and_date_are_told_apart(tmp_path: Path, out: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for number in range(2):
        tifffile.imwrite(raw / f"{number}.tif", photons((40, 48), number))
        os.utime(raw / f"{number}.tif", (10**9, 10**9))
    first = denoise_folder(raw, out, MODEL).records
    assert first[0].mark != first[1].mark
    assert first[0].picture != first[1].picture
    (raw / "0.tif").rename(raw / "2.tif")
    (raw / "1.tif").rename(raw / "0.tif")
    again = denoise_folder(raw, out, MODEL)
    assert (again.done, again.skipped) == (1, 1)


@pytest.mark.parametrize("name", ["report.csv", "report.html"])
def test_what_is_no_report_is_not_replaced(raw: Path, out: Path, name: str) -> None:
    out.mkdir()
    (out / name).write_text("mine")
    with pytest.raises(FileError, match=name):
        denoise_folder(raw, out, MODEL)
    assert (out / name).read_text() == "mine"
    assert not states(out)
    assert denoise_folder(raw, out, MODEL, overwrite=True).done == 3
    assert denoise_folder(raw, out, MODEL).skipped == 3


def test_what_lies_beside_a_result_is_not_replaced(raw: Path, out: Path) -> None:
    out.mkdir()
    (out / "a.tif.json").write_text('{"mine": 1}')
    report = denoise_folder(raw, out, MODEL)
    assert "a.tif.json" in failures(report)["a.tif"]
    assert (out / "a.tif.json").read_text() == '{"mine": 1}'


def test_files_stay_named_as_they_are(raw: Path, out: Path) -> None:
    denoise_folder(raw, raw.parent / "zarr", MODEL, pattern="a.tif", form="zarr")
    (raw / "day 1" / "a.ome.zarr").parent.mkdir(exist_ok=True)
    (raw.parent / "zarr" / "a.zarr").rename(raw / "day 1" / "a.ome.zarr")
    for form, ending in (("same", ".zarr"), ("zarr", ".zarr"), ("tif", ".tif")):
        denoise_folder(raw, out / form, MODEL, pattern="*.zarr", form=form)
        assert (out / form / "day 1" / f"a.ome{ending}").exists()


def test_results_of_several_images_replace_no_others(raw: Path, out: Path) -> None:
    tifffile.imwrite(raw / "two_0.ome.tif", photons((40, 48), 1))
    with tifffile.TiffWriter(raw / "two.ome.tif") as file:
        for seed in (2, 3):
            file.write(photons((40, 48), seed), metadata={"axes": "YX"})
    report = denoise_folder(raw, out, MODEL, pattern="two*")
    assert set(failures(report)) == {"two.ome.tif"}
    expected = denoise(photons((40, 48), 1), MODEL)
    np.testing.assert_array_equal(tifffile.imread(out / "two_0.ome.tif"), expected)
    assert (out / "two_1.ome.tif").exists()


def test_numbers_with_leading_zeros_are_names_of_their_own(
    raw: Path, out: Path
) -> None:
    tifffile.imwrite(raw / "two_00.ome.tif", photons((40, 48), 1))
    with tifffile.TiffWriter(raw / "two.ome.tif") as file:
        for seed in (2, 3):
            file.write(photons((40, 48), seed), metadata={"axes": "YX"})
    report = denoise_folder(raw, out, MODEL, pattern="two*")
    assert (report.done, report.failed) == (2, ())
    names = {path.name for path in out.glob("*.tif")}
    assert names == {f"two_{number}.ome.tif" for number in ("0", "1", "00")}


@dataclass(frozen=True)
class Troubled(OwnFormats):
    """Remarks on what it opens, and cannot read the second image of a file."""

    def open_image(self, path: Path, series: int = 0) -> Any:
        @contextmanager
        def opened() -> Iterator[Any]:
            if series == 1:
                raise FileError(f"{path} is damaged.")
            with super(Troubled, self).open_image(path, series) as image:
                yield replace(image, notes=("2 planes are missing.",))

        return opened()


def test_each_image_of_a_file_is_reported(raw: Path, out: Path) -> None:
    with tifffile.TiffWriter(raw / "three.ome.tif") as file:
        for seed in range(3):
            file.write(photons((40, 48), seed), metadata={"axes": "YX"})
    report = denoise_folder(raw, out, MODEL, pattern="three*", reader=Troubled())
    assert [r.outcome for r in report.records] == ["done", "failed", "done"]
    assert [r.series for r in report.records] == [0, 1, 2]
    assert report.failed[0].error == "three.ome.tif is damaged."
    assert "2 planes are missing." in report.records[0].facts["warnings"]
    assert "2 planes are missing." in report.page.read_text(encoding="utf-8")


def test_an_image_in_several_files_is_done_once(raw: Path, out: Path) -> None:
    pixels = photons((2, 40, 48), 9)
    names = ["set_0.ome.tif", "set_1.ome.tif"]
    parts = "".join(
        f'<TiffData IFD="0" FirstZ="{z}" PlaneCount="1">'
        f'<UUID FileName="{name}">urn:uuid:{z}</UUID></TiffData>'
        for z, name in enumerate(names)
    )
    xml = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" '
        'Type="uint16" SizeX="48" SizeY="40" SizeZ="2" SizeC="1" SizeT="1">'
        f"{parts}</Pixels></Image></OME>"
    )
    for name, plane in zip(names, pixels, strict=True):
        tifffile.imwrite(raw / name, plane, description=xml.encode(), metadata=None)
    report = denoise_folder(raw, out, MODEL, pattern="set*")
    assert (report.done, report.skipped, report.failed) == (1, 1, ())
    assert "set_0.ome.tif" in report.records[1].error
    expected = denoise(pixels, MODEL, axes="ZYX")
    np.testing.assert_array_equal(tifffile.imread(out / names[0]), expected)
    tifffile.imwrite(raw / names[1], pixels[0], description=xml.encode(), metadata=None)
    assert denoise_folder(raw, out, MODEL, pattern="set*").done == 1


def test_links_are_followed_once(raw: Path, out: Path) -> None:
    (raw / "link").symlink_to(raw / "day 1", target_is_directory=True)
    (raw / "day 1" / "back").symlink_to(raw, target_is_directory=True)
    elsewhere = raw.parent / "elsewhere"
    elsewhere.mkdir()
    tifffile.imwrite(elsewhere / "d.tif", photons((40, 48), 1))
    (raw / "other").symlink_to(elsewhere, target_is_directory=True)
    names = [record.file for record in denoise_folder(raw, out, MODEL).records]
    assert names == [*FILES, "other/d.tif"]


def test_results_of_another_batch_are_no_images_to_denoise(raw: Path) -> None:
    denoise_folder(raw, raw / "first", MODEL)
    assert len(denoise_folder(raw, raw / "second", "wavelet").records) == 3
    # Asked for by name they are.
    assert denoise_folder(raw / "first", raw / "third", "wavelet").done == 3


def test_a_pattern_of_places_takes_images_only(raw: Path, out: Path) -> None:
    (raw / "day 1" / "notes.txt").write_text("no image")
    report = denoise_folder(raw, out, MODEL, pattern="day 1/*")
    assert [record.file for record in report.records] == FILES[1:]
    named = denoise_folder(raw, out, MODEL, pattern="*.txt")
    assert set(failures(named)) == {"day 1/notes.txt"}


@pytest.mark.parametrize("paths", [("", "out"), ("raw", "")])
def test_no_name_is_no_folder(
    raw: Path, monkeypatch: pytest.MonkeyPatch, paths: tuple[str, str]
) -> None:
    monkeypatch.chdir(raw.parent)
    with pytest.raises(FileError, match="both folders"):
        denoise_folder(*paths, MODEL)
    assert not (raw.parent / "report.csv").exists()


def test_a_target_that_takes_no_file_is_told_at_once(raw: Path, out: Path) -> None:
    out.write_text("a file")
    with pytest.raises(FileError, match="Nothing can be written"):
        denoise_folder(raw, out, MODEL)


def test_progress_goes_from_nothing_to_all(raw: Path, out: Path) -> None:
    steps = list(batch_steps(raw, out, MODEL))
    assert steps[0] == FolderRead(3, sum(f.stat().st_size for f in raw.rglob("*.tif")))
    shares = [step.total for step in steps[1:]]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    done = [step for step in steps if isinstance(step, FileDone)]
    assert [(step.number, step.files) for step in done] == [(1, 3), (2, 3), (3, 3)]
    within = [step for step in steps if isinstance(step, FileProgress)]
    assert {step.file for step in within} == set(FILES)
    assert all(step.seconds_left is not None for step in within)


def test_cancelling_keeps_what_is_done(raw: Path, out: Path) -> None:
    stop: list[bool] = []
    steps = batch_steps(raw, out, MODEL, cancelled=lambda: bool(stop))

    def go_on() -> None:
        for step in steps:
            if isinstance(step, FileDone):
                stop.append(True)

    with pytest.raises(Cancelled):
        go_on()
    assert states(out).keys() == {"a.tif"}
    told = "1 of 3 files denoised, stopped before the other 2."
    assert told in (out / "report.html").read_text()
    assert not hidden(out)
    assert denoise_folder(raw, out, MODEL).skipped == 1


def test_a_batch_that_is_given_up_leaves_nothing_half_done(
    raw: Path, out: Path
) -> None:
    steps = batch_steps(raw, out, MODEL)
    for step in steps:
        if isinstance(step, FileProgress) and step.file == FILES[1]:
            break
    steps.close()
    assert states(out).keys() == {"a.tif"}
    assert not hidden(out)


def test_time_left_counts_only_what_takes_time() -> None:
    from napari_denoise.batch.pace import Pace

    began = time.perf_counter()
    pace = Pace([100, 100, 300])
    assert pace.within(0.0) == (0.0, None)
    pace.finish(done=False)
    assert pace.within(0.0) == (0.2, None)
    slept = time.perf_counter()
    time.sleep(0.2)
    slept = time.perf_counter() - slept
    pace.finish(done=True)
    taken = time.perf_counter() - began
    total, left = pace.within(0.0)
    assert total == 0.4
    assert left is not None
    assert 3 * slept <= left <= 3 * taken


class Arrays:
    """Reads arrays that numpy saved, and nothing else."""

    def is_image(self, path: Path) -> bool:
        return path.suffix == ".npy"

    def series_names(self, path: Path) -> list[str]:
        return ["one", "upside down"]

    @contextmanager
    def open_image(self, path: Path, series: int = 0) -> Iterator[ImageFile]:
        pixels = np.load(path)
        info = ImageInfo(spacing={"Y": 0.5, "X": 0.5}, units={"Y": "µm", "X": "µm"})
        yield ImageFile(path, pixels[::-1] if series else pixels, "YX", info)


@pytest.mark.parametrize("noise", ["auto", "shared"])
def test_another_reader_opens_other_files(noise: str, raw: Path, out: Path) -> None:
    image = photons((40, 48), 7)
    np.save(raw / "frame.npy", image)
    report = denoise_folder(raw, out, MODEL, reader=Arrays(), noise=noise)
    assert [record.series for record in report.records] == [0, 1]
    assert not report.failed
    result = tifffile.imread(out / "frame_1.ome.tif")
    if noise == "auto":
        np.testing.assert_array_equal(result, denoise(image[::-1], MODEL))
    with tifffile.TiffFile(out / "frame_0.ome.tif") as file:
        assert 'PhysicalSizeX="0.5"' in str(file.ome_metadata)
