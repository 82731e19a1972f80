"""What the panel remembers: napari's plugin settings, in a folder of the test."""

from __future__ import annotations

import logging
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import napari.settings
import pytest
import yaml
from napari.settings import get_plugin_settings
from npe2 import PluginManifest

from napari_denoise._napari.settings import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MODELS = ("unet", "dncnn")
DEFAULTS = Remembered()
OTHER = Remembered("dncnn", "T", 0.75, "cpu", "float32", "zarr", preview=True)


@pytest.fixture
def plugin(plugin_settings: None, npe2pm: Any) -> Iterator[None]:
    with npe2pm.tmp_plugin(package="napari_denoise"):
        yield


@pytest.fixture
def settings_file(plugin: None, tmp_path: Path) -> Path:
    return tmp_path / "napari-denoise.yaml"


@pytest.fixture
def start_again(plugin: None) -> Callable[[], None]:
    """Forget what was read, as a new session does."""
    return napari.settings._clear_plugin_settings_cache


@pytest.mark.usefixtures("plugin")
def test_at_first_there_are_the_defaults() -> None:
    assert Remembered.read(MODELS) == DEFAULTS


def test_defaults_are_those_of_the_manifest() -> None:
    manifest = PluginManifest.from_distribution("napari-denoise")
    declared = manifest.contributions.configurations["denoise"].properties
    assert {name: entry.default for name, entry in declared.items()} == asdict(DEFAULTS)
    for name, entry in declared.items():
        assert type(getattr(DEFAULTS, name)) is entry.python_type


def test_what_is_written_is_there_in_the_next_session(
    settings_file: Path, start_again: Callable[[], None]
) -> None:
    OTHER.write()
    assert settings_file.exists()
    start_again()
    assert Remembered.read(MODELS) == OTHER
    DEFAULTS.write()
    start_again()
    assert Remembered.read(MODELS) == DEFAULTS


def test_only_what_differs_is_written(settings_file: Path) -> None:
    DEFAULTS.write()
    assert not settings_file.exists()
    replace(DEFAULTS, device="cpu").write()
    assert yaml.safe_load(settings_file.read_text()) == {"denoise": {"device": "cpu"}}


@pytest.mark.usefixtures("plugin")
def test_preferences_and_panel_have_the_same_settings() -> None:
    get_plugin_settings("napari-denoise").denoise.strength = 0.5
    assert Remembered.read(MODELS) == replace(DEFAULTS, strength=0.5)
    OTHER.write()
    stored = get_plugin_settings("napari-denoise").denoise
    assert stored.model_dump() == asdict(OTHER)


def test_a_model_that_is_no_longer_there_is_forgotten(settings_file: Path) -> None:
    settings_file.write_text("denoise: {model: mine, device: cpu}")
    assert Remembered.read(MODELS) == replace(DEFAULTS, device="cpu")
    assert Remembered.read([*MODELS, "mine"]).model == "mine"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("denoise: {device: abacus, strength: 0.5}", {"strength": 0.5}),
        ("denoise: {strength: 3, device: cpu}", {"device": "cpu"}),
        ("denoise: {strength: much, preview: true}", {"preview": True}),
        ("denoise: {colour: red, result: zarr}", {"result": "zarr"}),
        ("denoise: {preview: [1], neighbours: none}", {"neighbours": "none"}),
        ("denoise: 7", {}),
        ("- device: cpu", {}),
        ("denoise: {device: cpu", {}),
        ("", {}),
    ],
)
def test_what_is_broken_is_ignored_and_the_rest_kept(
    text: str, kept: dict[str, Any], settings_file: Path
) -> None:
    settings_file.write_text(text)
    assert Remembered.read(MODELS) == replace(DEFAULTS, **kept)


@pytest.mark.usefixtures("plugin_settings")
def test_without_the_plugin_nothing_is_remembered(tmp_path: Path) -> None:
    OTHER.write()
    assert Remembered.read(MODELS) == DEFAULTS
    assert not list(tmp_path.rglob("napari-denoise*"))


@pytest.mark.usefixtures("plugin")
def test_a_napari_without_plugin_settings_remembers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(napari.settings, "get_plugin_settings")
    OTHER.write()
    assert Remembered.read(MODELS) == DEFAULTS


def test_settings_that_cannot_be_written_stop_nothing(
    settings_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings_file.mkdir()  # a file of that name cannot be written now
    with caplog.at_level(logging.WARNING):
        OTHER.write()
    assert "could not be kept" in caplog.text
    assert Remembered.read(MODELS) == OTHER  # as long as the session lasts


@pytest.mark.usefixtures("plugin")
def test_values_out_of_range_are_not_written(caplog: pytest.LogCaptureFixture) -> None:
    replace(DEFAULTS, strength=5).write()
    assert Remembered.read(MODELS) == DEFAULTS
    assert "could not be kept" in caplog.text


def test_every_setting_is_described() -> None:
    manifest = PluginManifest.from_distribution("napari-denoise")
    declared = manifest.contributions.configurations["denoise"].properties
    assert set(declared) == {field.name for field in fields(Remembered)}
    assert all(entry.title and entry.description for entry in declared.values())
