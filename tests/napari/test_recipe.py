"""The Python of a run: it reads well, and it does the same."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
import pytest

from napari_denoise import NoiseModel, denoise, load_model
from napari_denoise._napari.recipe import DEFAULTS, as_python
from napari_denoise.errors import OptionError
from napari_denoise.files import ImageTarget, open_ome_zarr

if TYPE_CHECKING:
    from collections.abc import Callable

CAMERA = NoiseModel(2.13, 100.0, 3.5, correlation_length=1.2, level=170.25)
LONG_NAME = "C2-2026-11-04 embryo 3, after washing, 63x oil, second position"


def formatted(code: str) -> str:
    """Format code as the project's own."""
    options = ("--line-length", "88", "--isolated", "--stdin-filename", "a.py", "-")
    ruff = Path(sys.executable).with_name("ruff")
    return subprocess.check_output([ruff, "format", *options], input=code, text=True)


RECIPES: dict[str, tuple[Any, ...]] = {
    "plain": ("cells", "unet", {}),
    "one line": ("cells", "unet-fast", {"axes": "ZYX", "strength": 0.8}),
    "arguments on a line of their own": (
        "cells",
        "unet",
        {"axes": "ZYX", "noise": 12.5, "strength": 0.8, "neighbours": "auto"},
    ),
    "argument by argument": (
        LONG_NAME,
        "unet",
        {"axes": "TZCYX", "noise": CAMERA, "strength": 0.8, "neighbours": "auto"},
    ),
    "one per channel": (
        "cells",
        ["unet", "tikhonov", "dncnn"],
        {
            "axes": "CYX",
            "noise": [CAMERA, NoiseModel.gaussian(7.0), CAMERA],
            "strength": [1.0, 0.5, 1.0],
            "tile": (64, 128),
        },
    ),
    "many numbers": ("cells", "unet", {"strength": [0.123456789] * 12}),
    "numbers for one line": ("cells", "unet", {"strength": [0.123456789] * 6}),
    "a file": ("cells", "unet", {"dtype": np.float32}, None, (), "/data/result.zarr"),
    "two layers": (["a", "b"], "unet", {"axes": "YX"}),
    "many layers": ([f"{LONG_NAME} {i}" for i in range(3)], "unet", {"axes": "YX"}),
    "layers and files": (["a", "b"], "unet", {}, None, (), ["a.zarr", "b.zarr"]),
    "quotes": ('a "b"', "it's.safetensors", {}),
    "noise as code": ("a", "unet", {"noise": 3.0}, "NoiseModel(2.0)", ["NoiseModel"]),
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_formatter_has_nothing_to_change(recipe: str) -> None:
    code = as_python(*RECIPES[recipe])
    assert formatted(code) == code
    compile(code, recipe, "exec")


def test_only_what_differs_from_the_defaults_is_written() -> None:
    assert as_python("cells", "unet", DEFAULTS) == (
        "from napari.layers import Layer\n"
        "from napari_denoise import denoise_layer\n"
        "\n"
        'result = denoise_layer(viewer.layers["cells"], "unet")\n'
        "viewer.add_layer(Layer.create(*result))\n"
    )
    options = {**DEFAULTS, "axes": "ZYX", "strength": np.float64(0.8), "noise": "none"}
    code = as_python("cells", "unet", options)
    assert 'viewer.layers["cells"], "unet", axes="ZYX", noise="none", strength=0.8' in (
        code
    )


def test_defaults_are_those_of_the_function() -> None:
    parameters = inspect.signature(denoise).parameters.values()
    assert {
        p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY
    } == DEFAULTS


def arguments_of(code: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Run a recipe with a function that keeps what it is called with."""
    seen: list[Any] = []
    names = {
        "denoise_layer": lambda *args, **options: seen.append((args, options)),
        "viewer": SimpleNamespace(layers={"cells": "LAYER"}),
        "NoiseModel": NoiseModel,
    }
    exec(code[code.index("result = ") : code.index("\nviewer.add_layer")], names)
    ((args, options),) = seen
    return args, options


@pytest.mark.parametrize(
    "options",
    [
        {"axes": "ZYX", "noise": 12.5, "strength": 0.3, "neighbours": "Z"},
        {"noise": CAMERA, "device": "cpu"},
        {"noise": [CAMERA, NoiseModel(offset=1e-7, offset_assumed=True)]},
        {"strength": [1.0, 0.5], "tile": [64, 128], "dtype": "float32"},
        {"tile": 128, "later": True, "nothing": None},
    ],
    ids=str,
)
def test_python_reads_back_what_was_written(options: dict[str, Any]) -> None:
    args, read = arguments_of(as_python("cells", ["unet", "tv"], options))
    assert args == ("LAYER", ["unet", "tv"])
    assert read == options


def test_values_that_mean_the_same_are_written_plainly(tmp_path: Path) -> None:
    model = load_model("tikhonov")
    options = {"dtype": np.dtype("uint16"), "tile": (64, 64), "out": tmp_path / "a.tif"}
    args, read = arguments_of(as_python("cells", model, options))
    assert args == ("LAYER", "tikhonov")
    assert read == {
        "dtype": "uint16",
        "tile": [64, 64],
        "out": str(tmp_path / "a.tif"),
    }
    _, read = arguments_of(as_python("cells", "tv", {"out": ImageTarget("b.zarr")}))
    assert read == {"out": "b.zarr"}


@pytest.mark.parametrize("value", [object(), float("nan"), np.zeros(3), {"a": 1}])
def test_what_has_no_code_is_refused(value: Any) -> None:
    with pytest.raises(OptionError, match="no Python code"):
        as_python("cells", "unet", {"later": value})


def test_each_layer_needs_its_file() -> None:
    with pytest.raises(OptionError, match="1 files were given for 2 layers"):
        as_python(["a", "b"], "unet", {}, out="a.zarr")


# In a viewer ----------------------------------------------------------------


@pytest.fixture
def console(viewer: Any) -> Callable[[str], None]:
    """Run code with the names that napari's console has."""

    def console(code: str) -> None:
        exec(code, {"viewer": viewer, "napari": napari})

    return console


def properties(layer: Any) -> dict[str, Any]:
    state = dict(layer.as_layer_data_tuple()[1])
    provenance = state.pop("metadata")["napari_denoise"]
    del state["name"], provenance["seconds"]
    return {**state, **provenance}


@pytest.mark.parametrize("name", ["cells", 'it\'s "raw"\n{0} \\', "Größe 你好"])
def test_it_does_what_the_panel_does(
    name: str,
    viewer: Any,
    noisy: Any,
    open_panel: Callable[[], Any],
    run: Callable[[Any], None],
    console: Callable[[str], None],
) -> None:
    viewer.add_image(
        np.stack([noisy, noisy // 2]),
        name=name,
        scale=(2, 0.2, 0.3),
        units=("um", "um", "um"),
        colormap="magenta",
        metadata={"stain": "actin"},
    )
    panel = open_panel()
    panel.form.noise.choice.value = "sigma"
    panel.form.noise.sigma.value = 21.5
    panel.form.strength.value = 0.8
    request = panel.form.request()
    code = as_python(name, request.model, request.options)
    run(panel)
    console(code)
    raw, from_panel, from_code = viewer.layers
    assert not np.array_equal(from_panel.data, raw.data)
    np.testing.assert_array_equal(from_code.data, from_panel.data)
    assert from_panel.name == f"{name} [tikhonov]"
    assert from_code.name == f"{name} [tikhonov] [1]"
    np.testing.assert_equal(properties(from_code), properties(from_panel))
    assert from_code.metadata["stain"] == "actin"


def test_several_layers_each_into_its_file(
    viewer: Any, noisy: Any, console: Callable[[str], None], tmp_path: Path
) -> None:
    names, files = ["a", "b"], [tmp_path / "a.zarr", tmp_path / "b.zarr"]
    for factor, name in enumerate(names, 1):
        viewer.add_image(noisy // factor, name=name)
    console(as_python(names, "tikhonov", {"noise": CAMERA}))
    console(as_python(names, "tikhonov", {"noise": CAMERA}, out=files))
    assert [layer.name for layer in viewer.layers][2:] == [
        *("a [tikhonov]", "b [tikhonov]"),
        *("a [tikhonov] [1]", "b [tikhonov] [1]"),
    ]
    for position, file in enumerate(files):
        expected = denoise(noisy // (position + 1), "tikhonov", noise=CAMERA)
        np.testing.assert_array_equal(viewer.layers[2 + position].data, expected)
        np.testing.assert_array_equal(viewer.layers[4 + position].data[...], expected)
        np.testing.assert_array_equal(open_ome_zarr(file, "YX")[:], expected)
