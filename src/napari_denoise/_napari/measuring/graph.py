"""The picture of a noise measurement; the only module that needs pyqtgraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt

from napari_denoise._napari import tooltips

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_denoise.noise import NoiseModel, VarianceFit

MOST_POINTS = 4000
HEADROOM = 2.5
"""The picture reaches at most so far above the line: structure adds without end."""
LEAST_HEIGHT = 130


class Palette(NamedTuple):
    """Colours that read on a background; red and green are not told apart by them."""

    points: tuple[int, int, int, int]
    line: str
    region: str


ON_DARK = Palette((120, 180, 255, 90), "#ffb000", "#ff5fa2")
ON_LIGHT = Palette((30, 90, 180, 70), "#c25700", "#b3004f")


class NoiseGraph(pg.PlotWidget):  # type: ignore[misc]
    """Local variance against local mean, and one or two lines."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setToolTip(tooltips.NOISE_GRAPH)
        self._shown: tuple[NoiseModel | None, NoiseModel | None] = (None, None)
        self._palette, self._text = ON_DARK, "#ffffff"
        plot = self.getPlotItem()
        # All there is to see is in view: nobody gets lost.
        plot.setMouseEnabled(x=False, y=False)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setLabel("bottom", "Mean (counts)")
        plot.setLabel("left", "Variance (counts²)")
        for name in ("bottom", "left"):
            plot.getAxis(name).enableAutoSIPrefix(False)
            plot.getAxis(name).setStyle(maxTickLevel=0)
        self._legend = plot.addLegend(offset=(8, 4))

    def set_colours(self, background: str, text: str, *, is_dark: bool) -> None:
        """Take the colours of a theme; what is shown is drawn again."""
        self._palette, self._text = ON_DARK if is_dark else ON_LIGHT, text
        self.setBackground(background)
        for name in ("bottom", "left"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(text)
            axis.setTextPen(text)
        self._legend.setLabelTextColor(text)
        self.show_fit(*self._shown)

    def show_fit(self, measured: NoiseModel | None, used: NoiseModel | None) -> None:
        """Draw the scatter behind a measurement, and lines.

        Parameters
        ----------
        measured : NoiseModel or None
            Its `fit` has the points; nothing is drawn without.
        used : NoiseModel or None
            Drawn as a full line; what was measured is a broken one beside it.
        """
        self._shown = measured, used
        plot = self.getPlotItem()
        plot.clear()
        self._legend.clear()
        fit = None if measured is None else measured.fit
        if measured is None or fit is None:
            return
        means, span = fit.means, _span(fit)
        chosen = np.random.default_rng(0).permutation(means.size)[:MOST_POINTS]
        plot.addItem(self._points(means[chosen], fit.variances[chosen]))
        lines = _lines(measured, used)
        levels = np.linspace(*span, 200)
        for name, model, style in lines:
            pen = pg.mkPen(self._palette.line, width=2, style=style)
            curve = pg.PlotDataItem(levels, model.std(levels) ** 2, pen=pen)
            plot.addItem(curve)
            if len(lines) > 1 or fit.region:
                self._legend.addItem(curve, name)
        if fit.region:
            spot = self._region(*fit.region)
            plot.addItem(spot)
            self._legend.addItem(spot, "region")
        plot.setXRange(*span, padding=0.02)
        line = max(float(model.std(span[1])) ** 2 for _, model, _ in lines)
        highest = max(line, float(np.percentile(fit.variances, 99.5)))
        plot.setYRange(0, min(1.1 * highest, HEADROOM * line), padding=0)

    def _points(self, x: NDArray[Any], y: NDArray[Any]) -> Any:
        brush = pg.mkBrush(*self._palette.points)
        return pg.ScatterPlotItem(x, y, size=3, pen=None, brush=brush)

    def _region(self, mean: float, variance: float) -> Any:
        brush = pg.mkBrush(self._palette.region)
        return pg.ScatterPlotItem(
            [mean], [variance], symbol="d", size=12, pen=self._text, brush=brush
        )


def _span(fit: VarianceFit) -> tuple[float, float]:
    low, high = (float(p) for p in np.percentile(fit.means, (0, 99.8)))
    if fit.region:
        low, high = min(low, fit.region[0]), max(high, fit.region[0])
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _lines(
    measured: NoiseModel, used: NoiseModel | None
) -> list[tuple[str, NoiseModel, Any]]:
    full, broken = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
    if used is measured:
        return [("measured", measured, full)]
    lines = [("measured", measured, broken)]
    return lines if used is None else [*lines, ("given", used, full)]
