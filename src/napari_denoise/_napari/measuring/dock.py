"""Where the noise is shown, measured in a thread again whenever something changes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, QTimer
from superqt.utils import create_worker

from napari_denoise._napari.jobs import explain
from napari_denoise._napari.measuring.plot import NoisePlot
from napari_denoise.axes import Layout
from napari_denoise.errors import DenoiseError
from napari_denoise.noise import Measure, NoiseModel, measure_channel
from napari_denoise.options import given_noise

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image
    from napari.viewer import Viewer

PAUSE_MS = 150
"""What changes faster than this is waited for."""
TITLE = "Noise"
MEASURING = "Measuring the noise …"


@dataclass(frozen=True)
class Wanted:
    """What is to be shown.

    Attributes
    ----------
    layer : napari.layers.Image
        Whose noise.
    data : array-like
        Its pixels.
    axes : str
        Their letters of TCZYXS.
    noise : str, float, Measure or NoiseModel
        As ``denoise`` takes it.
    """

    layer: Image
    data: Any
    axes: str
    noise: Any

    @property
    def channels(self) -> list[dict[str, int]]:
        """Which there are; see `Layout`."""
        return Layout(self.data.shape, self.axes).channels

    @property
    def measure(self) -> Measure:
        """How the noise is to be measured, also where it was typed."""
        return self.noise if isinstance(self.noise, Measure) else Measure()

    def is_measured_as(self, other: Wanted | None) -> bool:
        """Whether the measurement for another is good for this one."""
        return (
            other is not None
            and self.data is other.data
            and (self.axes, self.measure) == (other.axes, other.measure)
        )


class NoiseDock:
    """One dock with a `NoisePlot`, while the user wants it.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        In whose window it is docked.
    wanted : callable
        Returns what is to be shown; raises a `DenoiseError` if that is not known.

    Attributes
    ----------
    plot : NoisePlot or None
        While there is one.
    """

    def __init__(self, viewer: Viewer, wanted: Callable[[], Wanted]) -> None:
        self._viewer, self._wanted = viewer, wanted
        self.plot: NoisePlot | None = None
        self._running: Wanted | None = None
        self._outdated = threading.Event()
        self._found: tuple[Wanted, list[NoiseModel] | str] | None = None
        self._watched: Image | None = None
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._update)

    @property
    def busy(self) -> bool:
        """Whether something is being measured, or soon will be."""
        return self._running is not None or self._timer.isActive()

    def show(self) -> None:
        """Open the dock, or bring it to the front."""
        if self.plot is None:
            self.plot = NoisePlot(self._viewer.theme)
            self.plot.shown.connect(self.refresh)
            self.plot.closed.connect(self._on_closed)
            self.plot.destroyed.connect(self.abandon)
            self._viewer.events.theme.connect(self._on_theme)
            self._viewer.window.add_dock_widget(self.plot, name=TITLE, area="right")
            QTimer.singleShot(0, self._share_height)  # once it has its place
        dock: Any = self.plot.parent()
        dock.show()
        dock.raise_()

    def _share_height(self) -> None:
        """Leave room for the panel above: the last dock would take nearly all."""
        if self.plot is not None:
            window: Any = self.plot.window()
            height = min(self.plot.sizeHint().height(), window.height() // 2)
            dock: Any = self.plot.parent()
            window.resizeDocks([dock], [height], Qt.Orientation.Vertical)

    def close(self) -> None:
        """Take the dock away, if there is one."""
        if self.plot is not None:
            self._viewer.window.remove_dock_widget(self.plot)

    def refresh(self, *_: Any) -> None:
        """Follow a change; while it is out of view nothing is measured."""
        if self.plot is not None:
            self._timer.start()

    def abandon(self, *_: Any) -> None:
        """Stop without touching anything of Qt or napari: they may be gone."""
        self.plot = self._found = None
        self._outdated.set()

    def _update(self) -> None:
        if self.plot is None or not self.plot.isVisible():
            return
        try:
            wanted = self._wanted()
            known = given_noise(wanted.noise, len(wanted.channels))
        except DenoiseError as error:
            self._forget()
            self.plot.clear(explain(error))
            return
        self._watch(wanted.layer)
        if self._found and wanted.is_measured_as(self._found[0]):
            self._display(self.plot, self._found[1], known, channel_names(wanted))
        elif self._running is None:
            self._start(wanted)
        elif not wanted.is_measured_as(self._running):
            self._outdated.set()  # its end calls here again

    def _display(
        self,
        plot: NoisePlot,
        found: list[NoiseModel] | str,
        known: list[NoiseModel | Measure] | None,
        names: list[str],
    ) -> None:
        if isinstance(found, str):
            plot.clear(found, "error")
            return
        used: list[NoiseModel | None] = [None] * len(found)
        if known is not None:
            used = [
                one if isinstance(one, NoiseModel) else measured
                for one, measured in zip(known, found, strict=True)
            ]
        plot.show_noise(found, used, names)

    def _start(self, wanted: Wanted) -> None:
        self._running = wanted
        self._outdated.clear()
        if self.plot is not None:
            self.plot.clear(MEASURING)
        # The worker has no layer, and no window that could close meanwhile.
        worker = create_worker(
            measure_channels,
            wanted.data,
            wanted.axes,
            wanted.measure,
            self._outdated.is_set,
            _ignore_errors=True,
        )
        worker.returned.connect(lambda models: self._on_found(wanted, models))
        worker.errored.connect(lambda error: self._on_found(wanted, explain(error)))
        worker.finished.connect(lambda *_: self._on_finished())
        worker.start()

    def _on_found(self, wanted: Wanted, found: list[NoiseModel] | str | None) -> None:
        if found is not None and self.plot is not None:
            self._found = wanted, found

    def _on_finished(self) -> None:
        self._running = None
        self._update()

    def _watch(self, layer: Image | None) -> None:
        if layer is self._watched:
            return
        if self._watched is not None:
            self._watched.events.data.disconnect(self.refresh)
        if layer is not None:
            layer.events.data.connect(self.refresh)
        self._watched = layer

    def _forget(self) -> None:
        """Let go of the image."""
        self._found = None
        self._outdated.set()
        self._watch(None)

    def _on_theme(self, *_: Any) -> None:
        if self.plot is not None:
            self.plot.set_theme(self._viewer.theme)

    def _on_closed(self) -> None:
        plot, self.plot = self.plot, None
        self._viewer.events.theme.disconnect(self._on_theme)
        self._timer.stop()
        self._forget()
        if plot is not None:
            plot.destroyed.disconnect(self.abandon)
            plot.deleteLater()


def measure_channels(
    data: Any, axes: str, measure: Measure, cancelled: Callable[[], bool]
) -> list[NoiseModel] | None:
    """Measure the noise of all channels, in any thread.

    Parameters
    ----------
    data : array-like
        The image; only read.
    axes : str
        Letters of TCZYXS.
    measure : Measure
        How.
    cancelled : callable
        Looked at before each channel.

    Returns
    -------
    list of NoiseModel or None
        None if `cancelled` became true.
    """
    layout = Layout(data.shape, axes)
    models = []
    for channel in layout.channels:
        if cancelled():
            return None
        models.append(measure_channel(data, layout, channel, measure))
    return models


def channel_names(wanted: Wanted) -> list[str]:
    """Name the channels; they count from 0, as in napari's own sliders."""
    colours = ("red", "green", "blue")
    is_colour = "S" in wanted.axes
    return [
        f"channel {channel['C']}" + (f", {colours[channel['S']]}" if is_colour else "")
        for channel in wanted.channels
    ]
