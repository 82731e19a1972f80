"""The command line: what it writes, what it prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from napari_denoise import denoise, estimate_noise, list_models, save_model
from napari_denoise.arguments import parse_noise
from napari_denoise.cli import app
from napari_denoise.errors import NoiseError
from napari_denoise.samples import pair_paths, sample_path
from tests.conftest import draw, synthetic_scene
from tests.test_files import HYPERSTACK, LUTS, PIXELS

DENOISE_FIELDS = {
    *("input", "output", "model", "axes", "shape", "dtype", "noise", "tile"),
    *("halo", "device", "seconds", "warnings"),
}
NOISE_FIELDS = {
    *("gain", "offset", "read_std", "sigma", "correlation_length", "kind", "warnings")
}


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_json(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def source(tmp_path, noisy):
    path = tmp_path / "in.tif"
    tifffile.imwrite(path, noisy)
    return path


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.tif"


def noisy_stack(shape, dtype="uint16"):
    clean = np.broadcast_to(synthetic_scene(32), (*shape, 32, 32))
    return draw(clean, peak=200, gain=2, offset=20)[0].clip(0).astype(dtype)


def test_denoise_does_what_the_function_does(source, target, noisy):
    report = run_json("denoise", source, target)
    assert report.keys() == DENOISE_FIELDS
    assert (report["input"], report["output"]) == (str(source), str(target))
    assert (report["model"], report["axes"], report["dtype"]) == (
        "unet",
        "YX",
        "uint16",
    )
    assert report["shape"] == list(noisy.shape)
    assert report["noise"][0].keys() >= NOISE_FIELDS
    assert report["halo"][0] > 0
    np.testing.assert_array_equal(tifffile.imread(target), denoise(noisy))


def test_provenance_lies_beside_the_result(source, target):
    report = run_json("denoise", source, target, "--model", "tv", "--strength", "0.5")
    facts = json.loads(Path(f"{target}.json").read_text("utf-8"))
    assert facts["software"] == "napari-denoise"
    assert facts["source"] == str(source)
    assert facts["options"]["strength"] == 0.5
    assert facts["noise"] == report["noise"]
    assert {"version", "model", "axes", "warnings"} <= facts.keys()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--noise", "none"], {"noise": "none"}),
        (["--noise", "12.5"], {"noise": 12.5}),
        (["--noise", "2,100,3"], {"noise": parse_noise("2,100,3")}),
        (["--strength", "0.3"], {"strength": 0.3}),
        (["--strength", "1.8"], {"strength": 1.8}),
        (["--tile", "40"], {"tile": 40}),
        (["--tile", "40,48"], {"tile": (40, 48)}),
        (["--dtype", "float32"], {"dtype": "float32"}),
        (["--device", "cpu"], {"device": "cpu"}),
        (["--axes", "xy"], {"axes": "xy"}),
    ],
    ids=str,
)
def test_options_are_those_of_the_function(options, expected, source, target, noisy):
    run_json("denoise", source, target, *options)
    np.testing.assert_array_equal(tifffile.imread(target), denoise(noisy, **expected))


def test_a_model_file_can_be_used(source, target, tiny, tmp_path):
    path = save_model(tiny, tmp_path / "mine")
    options = ("--model", path, "--dtype", "float32")
    assert run_json("denoise", source, target, *options)["model"] == "mine"


def test_hyperstacks_keep_their_metadata(tmp_path, target):
    stack = noisy_stack((2, 3, 2))
    source = tmp_path / "in.tif"
    tifffile.imwrite(
        source, stack, imagej=True, resolution=(7.5, 7.5), metadata=HYPERSTACK
    )
    report = run_json("denoise", source, target, "--model", "tikhonov")
    assert (report["axes"], len(report["noise"])) == ("TZCYX", 2)
    with tifffile.TiffFile(source) as before, tifffile.TiffFile(target) as after:
        entries = after.imagej_metadata
        np.testing.assert_array_equal(entries.pop("LUTs"), LUTS)
        expected = before.imagej_metadata
        assert entries == {k: expected[k] for k in expected if k != "LUTs"}
        assert after.series[0].axes == "TZCYX"
        resolutions = [f.pages.first.tags["XResolution"].value for f in (before, after)]
        assert resolutions[0] == resolutions[1]
        expected = denoise(stack, "tikhonov", axes="TZCYX")
        np.testing.assert_array_equal(after.asarray(), expected)


def test_ome_files_keep_their_metadata(tmp_path):
    source, target = tmp_path / "in.ome.tif", tmp_path / "out.ome.tif"
    tifffile.imwrite(source, noisy_stack((2, 2, 3)), ome=True, metadata=PIXELS)
    report = run_json("denoise", source, target, "--model", "tikhonov")
    assert (report["axes"], len(report["noise"])) == ("TCZYX", 2)
    with tifffile.TiffFile(target) as file:
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    assert [c["Name"] for c in pixels["Channel"]] == PIXELS["Channel"]["Name"]
    for name in set(PIXELS) - {"axes", "Channel"}:
        assert pixels[name] == PIXELS[name]


def test_plain_files_keep_their_resolution(target, noisy, tmp_path):
    source = tmp_path / "in.tif"
    tifffile.imwrite(source, noisy, resolution=(300, 72), resolutionunit="CENTIMETER")
    run_json("denoise", source, target, "--model", "tikhonov")
    with tifffile.TiffFile(target) as file:
        tags = file.pages.first.tags
        assert tags["XResolution"].value == (300, 1)
        assert tags["YResolution"].value == (72, 1)
        assert tags["ResolutionUnit"].value == 3


def test_colours_and_alpha_are_kept(target, tmp_path):
    colours = noisy_stack((4,), "uint8").transpose(1, 2, 0)
    tifffile.imwrite(tmp_path / "in.tif", colours, photometric="rgb")
    report = run_json("denoise", tmp_path / "in.tif", target, "--model", "tikhonov")
    assert (report["axes"], len(report["noise"])) == ("YXS", 3)
    result = tifffile.imread(target)
    np.testing.assert_array_equal(result[..., 3], colours[..., 3])
    expected = denoise(colours, "tikhonov", axes="YXS")
    np.testing.assert_array_equal(result, expected)


def test_noise_is_measured_by_channel(tmp_path, source, noisy):
    report = run_json("noise", source)
    assert report.keys() == {"channels"}
    assert report["channels"][0].keys() >= NOISE_FIELDS
    assert report["channels"][0]["gain"] == estimate_noise(noisy).gain
    stack = tmp_path / "stack.tif"
    tifffile.imwrite(stack, noisy_stack((3,)), imagej=True, metadata={"axes": "CYX"})
    assert len(run_json("noise", stack)["channels"]) == 3
    assert len(run_json("noise", stack, "--axes", "ZYX")["channels"]) == 1


@pytest.mark.parametrize("affine", [[], ["--affine"]])
def test_evaluate(affine):
    low, high = pair_paths("gigadb_membrane")
    report = run_json("evaluate", low, high, *affine)
    assert report.keys() == {"psnr", "ssim", "nrmse", "data_range", "scale", "shift"}
    assert (report["scale"] == 1) is (not affine)


def test_evaluate_prints_json_that_others_can_read(source):
    result = run("evaluate", source, source, "--json")

    def refuse(constant):
        raise ValueError(constant)

    assert json.loads(result.stdout, parse_constant=refuse)["psnr"] is None


def test_evaluate_compares_images_whose_axes_are_in_another_order(tmp_path):
    pixels = np.random.default_rng(0).poisson(20, (3, 2, 24, 32)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, imagej=True, metadata={"axes": "ZCYX"})
    words = (tmp_path / "a.tif", tmp_path / "a.zarr", "--model", "tikhonov")
    assert run("denoise", *words, "--strength", 0).exit_code == 0
    metrics = run_json("evaluate", tmp_path / "a.tif", tmp_path / "a.zarr")
    assert metrics["nrmse"] == 0


@pytest.mark.parametrize("name", ["a.tif", "link.tif", "folder/../a.tif"])
def test_an_image_is_not_replaced_by_its_result(tmp_path, name):
    (tmp_path / "folder").mkdir()
    tifffile.imwrite(tmp_path / "a.tif", np.ones((24, 32), np.uint16))
    (tmp_path / "link.tif").symlink_to(tmp_path / "a.tif")
    before = (tmp_path / "a.tif").read_bytes()
    result = run("denoise", tmp_path / "a.tif", tmp_path / name, "--overwrite")
    assert result.exit_code == 2
    assert "the image itself" in result.stderr
    assert (tmp_path / "a.tif").read_bytes() == before


def test_models_are_listed():
    report = run_json("models")
    assert [row["name"] for row in report] == [card.name for card in list_models()]
    for row in report:
        assert row.keys() >= {"name", "kind", "ndim", "bytes", "quality"}
    assert "unet" in run("models").stdout
    assert run_json("models", "unet")[0]["name"] == "unet"
    assert "training" in run("models", "unet").stdout


def test_text_is_for_people(source, target):
    result = run("denoise", source, target, "--model", "tikhonov")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Wrote {target} in ")
    assert "gain" in run("noise", source).stdout


def test_what_neighbours_were_found_to_help_is_told(target):
    told = run(
        *("denoise", sample_path("cells3d_nuclei_crop28x128x128.tif"), target),
        *("--axes", "ZYX", "--neighbours", "auto"),
    )
    assert told.exit_code == 0
    assert told.stdout.endswith(": unet-3d, neighbours along Z.\n")


def test_remarks_go_to_the_other_stream(tmp_path, target):
    tifffile.imwrite(tmp_path / "in.tif", np.full((32, 32), 7, np.uint8))
    result = run("denoise", tmp_path / "in.tif", target, "--json")
    assert result.stderr.startswith("Note: ")
    assert "No noise could be measured" in json.loads(result.stdout)["warnings"][0]
    assert (tifffile.imread(target) == 7).all()


def test_an_existing_result_is_only_replaced_when_told(source, target):
    target.write_bytes(b"precious")
    refused = run("denoise", source, target, "--model", "tikhonov")
    assert refused.exit_code == 2
    assert "--overwrite" in refused.stderr
    assert target.read_bytes() == b"precious"
    assert not Path(f"{target}.json").exists()
    run_json("denoise", source, target, "--model", "tikhonov", "--overwrite")
    assert tifffile.imread(target).shape == tifffile.imread(source).shape


BAD = [
    (["denoise", "no.tif", "out.tif"], "FileError", "no.tif"),
    (["denoise", "text.tif", "out.tif"], "FileError", "text.tif"),
    (["denoise", "in.tif", "out.tif", "--model", "magic"], "ModelError", "unet"),
    (["denoise", "in.tif", "out.tif", "--model", "text.tif"], "ModelError", "text.tif"),
    (["denoise", "in.tif", "out.tif", "--axes", "ZYX"], "AxesError", "ZYX"),
    (["denoise", "in.tif", "out.tif", "--noise", "much"], "NoiseError", "much"),
    (["denoise", "in.tif", "out.tif", "--noise", "1,2"], "NoiseError", "1,2"),
    (["denoise", "in.tif", "out.tif", "--noise", "-3"], "NoiseError", "-3"),
    (["denoise", "in.tif", "out.tif", "--noise", "-1,0,1"], "NoiseError", "negative"),
    (["denoise", "in.tif", "out.tif", "--strength", "3"], "OptionError", "0 and 2"),
    (["denoise", "in.tif", "out.tif", "--tile", "big"], "OptionError", "big"),
    (["denoise", "in.tif", "out.tif", "--tile", "0"], "OptionError", "tile"),
    (["denoise", "in.tif", "out.tif", "--dtype", "int3"], "OptionError", "int3"),
    (["denoise", "in.tif", "out.tif", "--device", "abacus"], "OptionError", "cuda"),
    (["denoise", "in.tif", "out.tif", "--neighbours", "Y"], "OptionError", "frames"),
    (["denoise", "in.tif", "no/out.tif"], "FileError", "no folder"),
    (["denoise", "mask.tif", "out.tif"], "ImageError", "bool"),
    (["denoise", "pages.tif", "out.tif"], "AxesError", "ZYX"),
    (["noise", "no.tif"], "FileError", "no.tif"),
    (["noise", "pages.tif"], "AxesError", "ZYX"),
    (["evaluate", "in.tif", "mask.tif"], "ImageError", "shape"),
    (["models", "magic"], "ModelError", "unet"),
]


@pytest.fixture
def folder(source, tmp_path, monkeypatch):
    """A folder with good and bad files, as the current one."""
    (tmp_path / "text.tif").write_text("not an image")
    tifffile.imwrite(tmp_path / "mask.tif", np.ones((20, 20), bool))
    tifffile.imwrite(tmp_path / "pages.tif", noisy_stack((5,)), metadata=None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("arguments", "error", "word"), BAD, ids=str)
def test_bad_input_is_one_clear_line_and_exit_code_2(arguments, error, word, folder):
    before = set(folder.iterdir())
    arguments = [a.replace("--noise", "--noise") for a in arguments]
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert word in result.stderr
    told = run(*arguments, "--json")
    assert told.exit_code == 2
    report = json.loads(told.stdout)
    assert report.keys() == {"error", "message"}
    assert (report["error"], word in report["message"]) == (error, True)
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        *(["magic"], ["denoise"], ["denoise", "--colour"], ["noise", "--axes"]),
        # Of variables that are not set: no path, and not the current folder.
        *(["denoise", "", "out.tif"], ["denoise", "in.tif", ""], ["noise", ""]),
        *(["evaluate", "", "in.tif"], ["evaluate", "in.tif", ""]),
        *(["finetune", ""], ["finetune", "in", ""], ["finetune", "in", "-o", ""]),
        ["finetune", "in", "--validation-noisy", ""],
        ["finetune", "in", "--checkpoint", ""],
    ],
)
def test_bad_usage_is_exit_code_2(arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert ("" in arguments) == ("a path is empty" in result.output)


@pytest.mark.parametrize("text", ["", "a,b,c", "1,2", "1,2,3,4", "none,none,none"])
def test_noise_that_is_none_of_the_forms_is_refused(text):
    with pytest.raises(NoiseError, match="--noise"):
        parse_noise(text)


def test_the_installed_command_works(source, target):
    command = Path(sys.executable).with_name("napari-denoise")
    done = subprocess.run(
        [command, "denoise", source, target, "--json"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["output"] == str(target)
    again = subprocess.run(
        [command, "denoise", source, target], capture_output=True, text=True
    )
    assert again.returncode == 2
    assert again.stderr.startswith("Error: ")
    assert "Traceback" not in again.stderr


# Files of all kinds -----------------------------------------------------------


def test_a_series_is_chosen_and_the_others_are_named(tmp_path, target):
    with tifffile.TiffWriter(tmp_path / "in.ome.tif") as file:
        for number, side in enumerate((24, 32)):
            told = {"axes": "YX", "Name": f"well {number}"}
            file.write(noisy_stack(())[:side, :side], metadata=told)
    source = tmp_path / "in.ome.tif"
    report = run_json("denoise", source, target, "--model", "tikhonov", "--series", "1")
    assert report["shape"] == [32, 32]
    assert "only number 1 was read" in report["warnings"][0]
    assert "0 “well 0”" in report["warnings"][0]
    assert len(run_json("noise", source, "--series", "1")["channels"]) == 1
    refused = run("noise", source, "--series", "2")
    assert refused.exit_code == 2
    assert "holds 2 image series" in refused.stderr


def test_zarr_goes_in_too(tmp_path, target, noisy):
    source = tmp_path / "in.zarr"
    denoise(noisy, "tikhonov", strength=0, out=source)
    assert run_json("evaluate", source, source)["psnr"] is None
    gain = run_json("noise", source)["channels"][0]["gain"]
    assert gain == estimate_noise(noisy).gain
    assert run_json("denoise", source, target, "--model", "tv")["axes"] == "YX"
    np.testing.assert_array_equal(tifffile.imread(target), denoise(noisy, "tv"))


def test_a_file_that_goes_bad_on_the_way_leaves_no_result(tmp_path, target):
    source = tmp_path / "in.tif"
    stack = noisy_stack((40,))
    told = {"photometric": "minisblack", "metadata": {"axes": "ZYX"}}
    tifffile.imwrite(source, stack, compression="zlib", **told)
    with tifffile.TiffFile(source) as file:
        offset = file.pages[37].dataoffsets[0]
    content = bytearray(source.read_bytes())
    content[offset : offset + 200] = bytes(200)
    source.write_bytes(content)
    refused = run("denoise", source, target, "--model", "tikhonov", "--noise", "9")
    assert refused.exit_code == 2
    assert "in.tif" in refused.stderr
    assert list(tmp_path.iterdir()) == [source]
