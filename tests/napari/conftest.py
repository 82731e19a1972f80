"""A real viewer, and the panel in it as a user gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from superqt.utils import WorkerBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SECOND = 1000  # qtbot counts milliseconds
PATIENCE = 20 * SECOND
"""For what should come soon: a busy machine may take its time, and that is no fault."""


def pytest_configure(config: pytest.Config) -> None:
    # napari's viewer fixture leaves the console out unless a test has this marker.
    config.addinivalue_line("markers", "enable_console: napari with its console")


@pytest.fixture(scope="session")
def noisy() -> NDArray[np.uint16]:
    """Blobs of 20 to 500 photons, gain 2, offset 100: 128 x 128 pixels."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:128, :128] / 128
    photons = 20 + 480 * (np.sin(9 * x) * np.sin(7 * y)) ** 2
    return (100 + 2 * rng.poisson(photons)).astype(np.uint16)


@pytest.fixture(autouse=True)
def settings_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the panel remembers apart from the user's own settings."""
    from napari import settings

    folder = tmp_path / "napari settings"
    monkeypatch.setattr(settings, "_CFG_PATH", str(folder / "settings.yaml"))
    monkeypatch.setattr(settings, "_PLUGIN_SETTINGS", {})


@pytest.fixture
def viewer(make_napari_viewer_proxy: Callable[[], Any]) -> Iterator[Any]:
    yield make_napari_viewer_proxy()
    assert WorkerBase.await_workers(30 * SECOND) is None


@pytest.fixture
def open_panel(viewer: Any) -> Callable[[], Any]:
    def open_panel(model: str = "tikhonov") -> Any:
        _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Denoise")
        panel.form.model.value = model
        return panel

    return open_panel


@pytest.fixture
def click(qtbot: Any) -> Callable[[Any], None]:
    """Click a button as a mouse would; a disabled one takes no notice."""
    from qtpy.QtCore import Qt

    def click(button: Any) -> None:
        qtbot.mouseClick(button.native, Qt.MouseButton.LeftButton)

    return click


@pytest.fixture
def run(qtbot: Any, click: Callable[[Any], None]) -> Callable[[Any], None]:
    """Click Run and wait for the end, good or bad."""

    def run(panel: Any) -> None:
        click(panel.run_bar.run)
        qtbot.waitUntil(lambda: not panel.running, timeout=60 * SECOND)

    return run
