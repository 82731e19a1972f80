"""Results in files: layers that read them as they are looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import dask.array
import numpy as np
import pytest
import zarr
from napari.components import ViewerModel
from napari.layers import Image, Layer

from napari_denoise import denoise, denoise_layer
from napari_denoise._napari.jobs import make_worker
from napari_denoise._napari.layers import result_tuple, snapshot
from napari_denoise._napari.lazy import calibrated, discard
from napari_denoise.denoising import TileDone
from napari_denoise.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60_000


@pytest.fixture
def movie(noisy: Any) -> Image:
    return Image(
        np.stack([noisy, noisy // 2, noisy // 3]),
        name="cells",
        axis_labels=("t", "y", "x"),
        scale=(2, 0.2, 0.3),
        translate=(0, 4, 5),
        units=("s", "um", "um"),
        colormap="magenta",
        contrast_limits=(110, 900),
        metadata={"stain": "actin"},
    )


@pytest.mark.parametrize(
    ("name", "kind"), [("result.zarr", zarr.Array), ("result.tif", np.memmap)]
)
def test_a_result_in_a_file_is_a_lazy_layer(
    name: str, kind: type, movie: Image, tmp_path: Path
) -> None:
    path = tmp_path / name
    in_memory = Layer.create(*denoise_layer(movie, "tikhonov"))
    result = Layer.create(*denoise_layer(movie, "tikhonov", out=str(path)))
    assert isinstance(result.data, kind)
    assert result.data.shape == movie.data.shape
    np.testing.assert_array_equal(result.data[...], in_memory.data)
    before = in_memory.as_layer_data_tuple()[1]
    after = result.as_layer_data_tuple()[1]
    for key in set(before) - {"metadata"}:
        np.testing.assert_equal(after[key], before[key], err_msg=key)
    assert result.metadata["stain"] == "actin"
    provenance = result.metadata["napari_denoise"]
    assert provenance["out"] == str(path)
    assert provenance["source"] == "cells"
    assert "out" not in in_memory.metadata["napari_denoise"]


def test_a_lazy_layer_reads_only_what_is_looked_at(
    movie: Image, tmp_path: Path
) -> None:
    out = tmp_path / "result.zarr"
    viewer = ViewerModel()
    result = Layer.create(*denoise_layer(movie, "tikhonov", out=out))
    viewer.add_layer(result)
    viewer.dims.set_current_step(0, 0)
    looked_at = [result.data_to_world((frame, 60, 60)) for frame in range(3)]
    assert result.get_value(looked_at[0], world=True) > 0
    # What a Zarr lacks is zero there: had it been read before, it would not be.
    (out / "0" / "c" / "2" / "0" / "0").unlink()
    viewer.dims.set_current_step(0, 1)
    assert result.get_value(looked_at[1], world=True) > 0
    viewer.dims.set_current_step(0, 2)
    assert result.get_value(looked_at[2], world=True) == 0
    assert tuple(result.contrast_limits) == (110, 900)


def test_a_zarr_is_told_the_scale_of_its_layer(movie: Image, tmp_path: Path) -> None:
    denoise_layer(movie, "tikhonov", out=tmp_path / "a.zarr")
    written = json.loads((tmp_path / "a.zarr" / "zarr.json").read_text())
    (image,) = written["attributes"]["ome"]["multiscales"]
    units = [axis["unit"] for axis in image["axes"]]
    assert units == ["second", "micrometer", "micrometer"]
    scale, shift = image["datasets"][0]["coordinateTransformations"]
    assert scale["scale"] == [2, 0.2, 0.3]
    assert shift["translation"] == [0, 4, 5]


@pytest.mark.parametrize("name", ["a.zarr", "a.tif"])
def test_rgb_in_a_file(name: str, noisy: Any, tmp_path: Path) -> None:
    colours = np.stack([noisy // 8] * 3, axis=-1).astype(np.uint8)
    source = Image(colours, rgb=True, scale=(0.5, 0.25))
    result = Layer.create(*denoise_layer(source, "tikhonov", out=tmp_path / name))
    expected, *_ = denoise_layer(source, "tikhonov")
    assert result.rgb
    np.testing.assert_array_equal(np.asarray(result.data), expected)


def test_axes_in_another_order_than_the_file_has_them(
    noisy: Any, tmp_path: Path
) -> None:
    stack = np.stack([[noisy, noisy // 2]] * 3)
    source = Image(stack, axis_labels=tuple("zcyx"), scale=(3, 1, 1, 1))
    result = Layer.create(*denoise_layer(source, "tikhonov", out=tmp_path / "a.zarr"))
    assert isinstance(result.data, dask.array.Array)
    assert tuple(result.scale) == (3, 1, 1, 1)
    expected, *_ = denoise_layer(source, "tikhonov")
    np.testing.assert_array_equal(result.data.compute(), expected)


@pytest.mark.parametrize(("axes", "place"), [("ZYX", 0), ("YXS", 2)])
def test_axes_of_length_one_stay_in_a_tiff(
    axes: str, place: int, noisy: Any, tmp_path: Path
) -> None:
    source = Image(np.expand_dims(noisy, place), rgb=False)
    data, *_ = denoise_layer(source, "tikhonov", axes=axes, out=tmp_path / "a.tif")
    assert data.shape == source.data.shape
    np.testing.assert_array_equal(data.squeeze(), denoise(noisy, "tikhonov"))


def test_a_lazy_result_can_be_denoised_again(movie: Image, tmp_path: Path) -> None:
    once = Layer.create(*denoise_layer(movie, "tikhonov", out=tmp_path / "a.zarr"))
    data, properties, _ = denoise_layer(once, "tikhonov", noise=5.0)
    np.testing.assert_array_equal(
        data, denoise(once.data[...], "tikhonov", axes="TYX", noise=5.0)
    )
    assert "out" not in properties["metadata"]["napari_denoise"]


def test_a_file_that_exists_is_kept(movie: Image, tmp_path: Path) -> None:
    (tmp_path / "a.zarr").write_text("precious")
    with pytest.raises(FileError, match="exists already"):
        denoise_layer(movie, "tikhonov", out=tmp_path / "a.zarr")
    assert (tmp_path / "a.zarr").read_text() == "precious"


@pytest.mark.parametrize("name", ["a.zarr", "a.tif"])
def test_a_result_that_nobody_wants_leaves_no_file(
    name: str, noisy: Any, tmp_path: Path
) -> None:
    wanted = tmp_path / "wanted.zarr"
    denoise(noisy, "tikhonov", out=wanted)
    discard(denoise(noisy, "tikhonov", out=str(tmp_path / name)))
    discard(denoise(noisy, "tikhonov"))
    assert list(tmp_path.iterdir()) == [wanted]


# In the background ----------------------------------------------------------


def test_a_worker_writes_a_zarr(
    viewer: Any, movie: Image, qtbot: Any, tmp_path: Path
) -> None:
    source = snapshot(movie)
    out = calibrated(tmp_path / "a.zarr", source, "TYX")
    worker = make_worker(source, "tikhonov", {"axes": "TYX", "out": out})
    with qtbot.waitSignals([worker.returned, worker.finished], timeout=SECONDS) as told:
        worker.start()
    (denoised,) = told.all_signals_and_args[0].args
    viewer.add_layer(Layer.create(*result_tuple(denoised, source)))
    (layer,) = viewer.layers
    assert isinstance(layer.data, zarr.Array)
    expected = denoise(movie.data, "tikhonov", axes="TYX")
    np.testing.assert_array_equal(layer.data[...], expected)
    assert layer.metadata["napari_denoise"]["out"] == str(tmp_path / "a.zarr")


def test_a_cancelled_worker_leaves_no_file(qtbot: Any, tmp_path: Path) -> None:
    frames = np.random.default_rng(0).poisson(90, (60, 256, 256)).astype(np.uint16)
    source = snapshot(Image(frames, axis_labels=tuple("tyx")))
    options = {"axes": "TYX", "noise": 9.0, "out": tmp_path / "a.zarr"}
    worker = make_worker(source, "tikhonov", options)

    def stop(step: Any) -> None:
        if isinstance(step, TileDone):
            worker.quit()

    worker.yielded.connect(stop)
    with qtbot.waitSignals([worker.aborted, worker.finished], timeout=SECONDS):
        worker.start()
    assert list(tmp_path.iterdir()) == []
