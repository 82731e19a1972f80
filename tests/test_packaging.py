"""The package as a whole: which way imports point, how fast, and its documents."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "napari_denoise"

# A room imports from its own rank and from the ranks before it.
RANKS = (
    {"errors", "networks"},
    {
        "axes",
        "classical",
        "devices",
        "files",
        "filling",
        "inference",
        "models",
        "neighbours",
        "noise",
        "options",
        "output",
        "samples",
        "sources",
        "tiling",
    },
    {
        "advice",
        "arguments",
        "demo",
        "denoising",
        "job",
        "measurement",
        "part",
        "picture",
        "pipeline",
        "portions",
        "preview",
        "progress",
        "provenance",
        "quality",
        "recall",
        "risk",
        "surroundings",
        "tally",
        "training",
        "treatment",
        "trust",
    },
    {"__init__", "_napari", "batch", "cli", "cluster"},
)
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}
GUI = {"magicgui", "napari", "npe2", "psygnal", "pyqtgraph", "qtpy", "superqt", "vispy"}

HEAVY = {"napari", "tifffile", "torch"}
IMPORT_PROBE = f"""
import sys, time
start = time.perf_counter()
import napari_denoise
print(time.perf_counter() - start, *sys.modules.keys() & {HEAVY})
"""


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(source: str, package: str) -> Iterator[list[str]]:
    """Yield the dotted names that are imported, at the top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(relative, package)
            yield from ([*base.split("."), alias.name] for alias in node.names)


def is_allowed(room: str, name: list[str]) -> bool:
    if name[0] != "napari_denoise":
        return room == "_napari" or name[0] not in GUI
    # What is no room is a name that the façade, __init__, offers.
    target = next((part for part in name[1:2] if part in RANK), "__init__")
    return RANK[target] <= RANK[room]


def wrong_imports(path: Path) -> Iterator[str]:
    package = ".".join(path.parent.relative_to(PACKAGE.parent).parts)
    for name in imports(path.read_text(encoding="utf-8"), package):
        if not is_allowed(room_of(path), name):
            yield f"{path.relative_to(ROOT)} imports {'.'.join(name)}"


def test_every_module_has_a_rank() -> None:
    assert {room_of(path) for path in PACKAGE.rglob("*.py")} <= RANK.keys()


def test_imports_point_one_way() -> None:
    assert not [
        fault for path in PACKAGE.rglob("*.py") for fault in wrong_imports(path)
    ]


@pytest.mark.parametrize(
    ("room", "statement", "allowed"),
    [
        ("models", "from napari_denoise.networks.unet import UNet", True),
        ("models", "from ..axes import Plan", True),
        ("models", "from . import registry", True),
        ("models", "from .. import noise", True),
        ("models", "from ..denoising import denoise", False),
        ("models", "from .. import denoising", False),
        ("models", "from napari_denoise import denoise", False),
        ("models", "def f():\n    import napari_denoise.cli", False),
        ("networks", "import napari_denoise.noise.model as model", False),
        ("denoising", "if TYPE_CHECKING:\n    from napari.layers import Image", False),
        ("denoising", "import torch", True),
        ("_napari", "from napari.layers import Image", True),
        ("_napari", "from napari_denoise import denoise", True),
    ],
)
def test_the_rule_of_imports(room: str, statement: str, allowed: bool) -> None:
    (name,) = imports(statement, f"napari_denoise.{room}")
    assert is_allowed(room, name) is allowed


def test_import_is_fast_and_leaves_heavy_packages_alone() -> None:
    command = [sys.executable, "-c", IMPORT_PROBE]
    outputs = [subprocess.check_output(command, text=True).split() for _ in range(3)]
    assert min(float(seconds) for seconds, *_ in outputs) < 0.3
    assert not {name for _, *heavy in outputs for name in heavy}


def test_manifest_at_the_root_is_the_one_in_the_package() -> None:
    assert (ROOT / "napari.yaml").resolve() == PACKAGE / "napari.yaml"


def test_citation_names_the_released_version() -> None:
    version = importlib.metadata.version("napari-denoise")
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()


def test_samples_are_described() -> None:
    described = (ROOT / "sample_data" / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in (ROOT / "sample_data").glob("*.tif")}
    assert files
    assert set(re.findall(r"`(\w\S*\.tif)`", described)) == files


def documented_code() -> dict[str, str]:
    """Return the Python blocks of the documents, each moved down to its own line."""
    found = {}
    for name in ("README.md", "docs/fine_tuning.md", "docs/large_data.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        blocks = re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        for block in blocks:
            above = text.count("\n", 0, block.start(1))
            found[f"{name} line {above + 1}"] = "\n" * above + block[1]
    return found


@pytest.mark.parametrize("place", documented_code())
def test_documented_code_runs(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    monkeypatch.chdir(tmp_path)
    exec(compile(documented_code()[place], place, "exec"), {"__name__": "document"})
