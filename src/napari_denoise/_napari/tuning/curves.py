"""The curves of a course; the only module of the panel that needs pyqtgraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg
from qtpy.QtCore import Qt

from napari_denoise._napari.tuning import tooltips

if TYPE_CHECKING:
    from collections.abc import Sequence

ON_DARK = ("#78b4ff", "#ffb000")
ON_LIGHT = ("#1e5ab4", "#c25700")
LEAST_SIZE = (200, 130)
HEADROOM = 0.35
"""Of what the curves span, for the legend above them."""


class Curves(pg.PlotWidget):  # type: ignore[misc]
    """Share of the noise that is left, by steps."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(*LEAST_SIZE)
        self.setToolTip(tooltips.CURVES)
        plot = self.getPlotItem()
        # All there is to see is in view: nobody gets lost.
        plot.setMouseEnabled(x=False, y=False)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setLabel("bottom", "Steps")
        plot.setLabel("left", "Noise left (%)")
        for name in ("bottom", "left"):
            plot.getAxis(name).enableAutoSIPrefix(False)
        legend = self._legend = plot.addLegend(offset=(-8, 1), colCount=3)
        plot.getViewBox().setDefaultPadding(0.03)
        self.training = plot.plot([], [], name="training")
        self.validation = plot.plot([], [], name="held out", symbolSize=5)
        self.best = pg.ScatterPlotItem(size=14, symbol="star", pen=None)
        plot.addItem(self.best)
        legend.addItem(self.best, "best")

    def set_colours(self, background: str, text: str, *, is_dark: bool) -> None:
        """Take the colours of a theme."""
        training, held_out = ON_DARK if is_dark else ON_LIGHT
        self.setBackground(background)
        for name in ("bottom", "left"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(text)
            axis.setTextPen(text)
        self._legend.setLabelTextColor(text)
        # A broken line and a full one: told apart without colours, too.
        broken = pg.mkPen(training, width=2, style=Qt.PenStyle.DashLine)
        self.training.setPen(broken)
        self.validation.setPen(pg.mkPen(held_out, width=2))
        self.validation.setSymbol("o")
        self.validation.setSymbolBrush(held_out)
        self.validation.setSymbolPen(None)
        self.best.setBrush(text)

    def show_curves(
        self,
        training: Sequence[tuple[int, float]],
        validation: Sequence[tuple[int, float]],
        best: int,
    ) -> None:
        """Draw both curves.

        Parameters
        ----------
        training, validation : sequence of (int, float)
            Step, and share of the noise variance that is left.
        best : int
            Number of the best point of `validation`.
        """
        for curve, points in ((self.training, training), (self.validation, validation)):
            steps = [step for step, _ in points]
            curve.setData(steps, [100 * share for _, share in points])
        shares = [100 * share for _, share in (*training, *validation)]
        if shares:
            low, high = min(shares), max(shares)
            room = max(high - low, 0.05 * high) * HEADROOM
            self.getPlotItem().setYRange(low, high + room)
        marked = validation[best : best + 1]
        self.best.setData(
            [step for step, _ in marked], [100 * share for _, share in marked]
        )
