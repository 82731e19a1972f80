"""How long a live preview takes, and how long it holds the window: ``preview.md``.

Needs a display; without a screen: ``xvfb-run -a -s "-screen 0 1400x1000x24" python
benchmarks/preview.py``.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from qtpy.QtWidgets import QApplication

from napari_denoise.files import read_tiff
from napari_denoise.samples import sample_path

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE, PART = 2048, 512
MODELS = ("unet", "unet-fast", "dncnn", "autoencoder", "tikhonov")
TIMES = 5


def image() -> np.ndarray[Any, Any]:
    """Return a noisy uint16 image, 2048 pixels a side."""
    clean = read_tiff(sample_path("gigadb_mito-60x-noise1_high_crop512.tif")).data
    photons = np.tile(clean, (SIDE // PART, SIDE // PART)) / 8.0
    return np.random.default_rng(0).poisson(photons).astype(np.uint16)


def wait(done: Callable[[], bool], seconds: float = 120) -> float:
    """Let the window live until `done`; return the longest time it did not."""
    end, last, longest = time.perf_counter() + seconds, time.perf_counter(), 0.0
    while not done():
        QApplication.processEvents()
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        if now > end:
            raise TimeoutError("The preview did not come.")
        time.sleep(0.002)
    return longest


def seconds_after_a_change(panel: Any, change: Callable[[], None]) -> tuple[float, ...]:
    """Time until the preview shows a change, and the longest pause of the window."""
    shown: list[bool] = []

    def on_shown() -> None:
        shown.append(True)

    panel.live.layer.events.set_data.connect(on_shown)
    began = time.perf_counter()
    change()
    longest = wait(lambda: bool(shown))
    taken = time.perf_counter() - began
    panel.live.layer.events.set_data.disconnect(on_shown)
    wait(lambda: not panel.live.busy)
    return taken, longest


def bare_seconds(model: str, side: int) -> float:
    """Time that the network alone takes for a square."""
    import torch

    from napari_denoise import load_model

    network: Any = getattr(load_model(model), "network", None)
    if network is None:
        return float("nan")
    pixels, level = torch.rand(1, 1, side, side), torch.full((1,), 0.1)
    times = []
    with torch.inference_mode():
        for _ in range(TIMES):
            began = time.perf_counter()
            network(pixels, level)
            times.append(time.perf_counter() - began)
    return median(times)


def look_at(viewer: napari.Viewer, place: tuple[float, ...]) -> None:
    """Move the view."""
    getattr(viewer, "scene", viewer).camera.center = place


def rows(viewer: napari.Viewer, panel: Any) -> list[str]:
    """Measure each model."""
    lines = []
    for model in MODELS:
        panel.form.model.value = model
        QApplication.processEvents()
        wait(lambda: panel.live.layer is not None and not panel.live.busy)
        moved, blended = [], []
        for number in range(TIMES):
            at = (0, SIDE / 2 + 40 * number, SIDE / 2 - 40 * number)
            moved.append(
                seconds_after_a_change(panel, lambda place=at: look_at(viewer, place))
            )
            strength = 0.5 + 0.1 * number
            blended.append(
                seconds_after_a_change(
                    panel, lambda s=strength: setattr(panel.form.strength, "value", s)
                )
            )
        height, width = panel.live.layer.data.shape[-2:]
        view, strength = (median(t for t, _ in x) for x in (moved, blended))
        pause = max(median(p for _, p in x) for x in (moved, blended))
        bare = bare_seconds(model, PART)
        alone = "–" if np.isnan(bare) else f"{bare:.2f} s"
        shown = f"{height} × {width} | {view:.2f} s | {strength:.2f} s"
        lines.append(f"| {model} | {shown} | {1000 * pause:.0f} ms | {alone} |")
    return lines


def main() -> None:
    """Measure and write the page."""
    viewer = napari.Viewer()
    viewer.add_image(image(), name="cells")
    _, panel = viewer.window.add_plugin_dock_widget("napari-denoise", "Denoise")
    camera: Any = getattr(viewer, "scene", viewer).camera
    camera.zoom = 0.8  # a little more than 512 pixels are in view
    panel.preview.value = True
    wait(lambda: panel.live.layer is not None and not panel.live.busy)
    lines = [
        "# The live preview",
        "",
        f"Made by `python benchmarks/preview.py` on {os.cpu_count()} cores: the "
        f"middle of a {SIDE}² uint16 image is in view, the view is moved or the "
        "strength changed, and the time is taken until the new pixels are in the "
        "layer, 0.15 s of waiting for more changes among it. The pause is the longest "
        f"during which the window did not answer; medians of {TIMES}. "
        f"Beside it what the network alone takes for {PART}².",
        "",
        "| model | shown | view moved | other strength | pause | network alone |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows(viewer, panel),
    ]
    viewer.close()
    Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
