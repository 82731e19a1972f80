"""What is known of the noise, in a real viewer: inputs, regions and the plot."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from magicgui.widgets import ComboBox, Container
from napari.layers import Image, Shapes
from pyqtgraph import PlotDataItem, ScatterPlotItem
from superqt.utils import WorkerBase

import napari_denoise
from napari_denoise import Measure, NoiseModel, background_region, estimate_noise
from napari_denoise._napari.layers import likely_axes
from napari_denoise._napari.measuring.form import CHOICES, NoiseForm
from napari_denoise._napari.measuring.plot import INSTALL, NoisePlot
from napari_denoise._napari.wording import noise_in_numbers
from napari_denoise.errors import DenoiseError, NoiseError
from napari_denoise.sources import layer_axes
from tests.conftest import draw, scene
from tests.napari.conftest import PATIENCE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SQUARE = [[9.5, 19.5], [9.5, 59.5], [49.5, 59.5], [49.5, 19.5]]
"""40 × 40 pixels."""


class Panel(Container):  # type: ignore[type-arg]
    """A form with a layer to choose, as the noise form's surroundings are."""

    def __init__(self, viewer: Any) -> None:
        self.layer = ComboBox(
            label="Layer",
            choices=lambda _: [x for x in viewer.layers if isinstance(x, Image)],
        )
        self.noise = NoiseForm(viewer, self.chosen)
        super().__init__()
        self.extend([self.layer, self.noise])
        self.noise.align_with(self)
        self.layer.changed.connect(self.noise.refresh)
        self.noise.refresh()

    def chosen(self) -> Any:
        layer = self.layer.value
        if layer is None:
            return None, None
        return layer, layer_axes(layer) or likely_axes(layer)


@pytest.fixture
def cells() -> Any:
    """512 × 512 counts, gain 4, offset 200, read noise 12."""
    image, _ = draw(scene("nucleus"), peak=100, gain=4, offset=200, read=12)
    return image.clip(0).astype(np.uint16)


@pytest.fixture
def two_channels(cells: Any) -> Any:
    other, _ = draw(scene("membrane"), peak=20, gain=2, offset=100, read=3, seed=1)
    return np.stack([cells, other.clip(0).astype(np.uint16)])


@pytest.fixture
def viewer(make_napari_viewer: Callable[..., Any]) -> Iterator[Any]:
    """One in a window that is shown: nothing is measured for a plot out of view."""
    yield make_napari_viewer(show=True)
    assert WorkerBase.await_workers(30 * SECOND) is None


@pytest.fixture
def panel(viewer: Any, cells: Any) -> Panel:
    viewer.add_image(
        cells,
        name="cells",
        scale=(0.2, 0.2),
        units=("um", "um"),
        axis_labels=("y", "x"),
    )
    panel = Panel(viewer)
    viewer.window.add_dock_widget(panel, name="form")
    return panel


@pytest.fixture
def settled(qtbot: Any) -> Callable[[Panel], NoisePlot]:
    def settled(panel: Panel) -> NoisePlot:
        qtbot.waitUntil(lambda: not panel.noise.dock.busy, timeout=30 * SECOND)
        assert panel.noise.dock.plot is not None
        return panel.noise.dock.plot

    return settled


@pytest.fixture
def opened(
    panel: Panel, click: Any, settled: Callable[[Panel], NoisePlot]
) -> NoisePlot:
    click(panel.noise.show_button)
    return settled(panel)


def lines_of(plot: NoisePlot) -> list[tuple[Any, Any]]:
    """Curves that are drawn, as (means, variances)."""
    assert plot.graph is not None
    items = plot.graph.getPlotItem().items
    return [item.getData() for item in items if isinstance(item, PlotDataItem)]


def points_of(plot: NoisePlot) -> int:
    """How many points the scatter has."""
    assert plot.graph is not None
    items = plot.graph.getPlotItem().items
    scatters = [item for item in items if isinstance(item, ScatterPlotItem)]
    return max((len(scatter.data) for scatter in scatters), default=0)


def choose(panel: Panel, choice: str) -> NoiseForm:
    panel.noise.choice.value = choice
    return panel.noise


def option(panel: Panel) -> Any:
    return panel.noise.option(panel.layer.value)


def region(viewer: Any, data: Any, **properties: Any) -> Shapes:
    return viewer.add_shapes(data, name="background", **properties)


def test_each_choice_is_what_denoise_takes(viewer: Any, panel: Panel) -> None:
    form = panel.noise
    form.sigma.value, form.offset.value = 12.5, 99
    form.gain.value, form.read_noise.value = 2, 3
    region(viewer, [SQUARE], scale=(0.2, 0.2))
    found = {choice: option(panel) for _, choice in CHOICES if choose(panel, choice)}
    assert found.pop("region").background.sum() == pytest.approx(1600, abs=45)
    assert found == {
        "auto": "auto",
        "offset": Measure(offset=99),
        "sigma": 12.5,
        "typed": NoiseModel(gain=2, offset=99, read_std=3),
        "none": "none",
    }


@pytest.mark.parametrize("choice", [choice for _, choice in CHOICES])
def test_python_text_gives_the_same(viewer: Any, panel: Panel, choice: str) -> None:
    panel.noise.offset.value = 99.25
    region(viewer, [SQUARE], scale=(0.2, 0.2))
    form = choose(panel, choice)
    source = form.as_python("viewer.layers['cells']")
    assert set(source.names) <= set(napari_denoise.__all__)
    names = {name: getattr(napari_denoise, name) for name in source.names}
    assert eval(source.text, {"viewer": viewer, **names}) == option(panel)


def test_only_what_belongs_to_a_choice_is_shown(panel: Panel) -> None:
    def shown(choice: str) -> set[str]:
        rows = choose(panel, choice)
        others = {rows.choice.label, rows.show_button.label, rows.draw.label}
        return {row.label for row in rows if not row.native.isHidden()} - others

    assert shown("auto") == shown("none") == set()
    assert shown("sigma") == {"σ"}
    assert shown("offset") == {"Offset"}
    assert shown("typed") == {"Gain", "Offset", "Read noise"}
    assert panel.noise.draw.native.isHidden()
    assert shown("region") == {"Region"}
    assert not panel.noise.draw.native.isHidden()


def test_what_is_missing_is_said(viewer: Any, panel: Panel) -> None:
    choose(panel, "region")
    with pytest.raises(NoiseError, match="add a Shapes layer"):
        option(panel)
    with pytest.raises(NoiseError, match="add a Shapes layer"):
        panel.noise.as_python("image")
    shapes = region(viewer, None)
    with pytest.raises(NoiseError, match="holds no rectangle"):
        option(panel)
    shapes.add_lines([[1, 1], [90, 90]])
    with pytest.raises(NoiseError, match="holds no rectangle"):
        option(panel)
    shapes.add_rectangles([[1, 1], [2, 2]])
    with pytest.raises(NoiseError, match="at least 200"):
        option(panel)
    choose(panel, "typed")
    panel.noise.gain.value = panel.noise.read_noise.value = 0
    with pytest.raises(NoiseError, match="above 0"):
        option(panel)


def test_the_layer_list_is_followed(viewer: Any, panel: Panel) -> None:
    form = panel.noise
    assert form.region.value is None
    first = viewer.add_shapes(name="first")
    assert form.region.value is first
    first.name = "renamed"
    assert "renamed" in form.region.native.currentText()
    second = viewer.add_shapes(name="second")
    form.region.value = second
    viewer.layers.remove(second)
    assert form.region.value is first
    viewer.layers.remove(first)
    assert form.region.value is None


def test_each_change_is_told(viewer: Any, panel: Panel) -> None:
    told: list[Any] = []
    form = panel.noise
    form.changed.connect(told.append)

    def tells(change: Callable[[], Any]) -> bool:
        told.clear()
        change()
        return bool(told)

    assert tells(lambda: setattr(form.choice, "value", "typed"))
    assert tells(lambda: setattr(form.gain, "value", 7))
    shapes = region(viewer, [SQUARE])
    assert not tells(lambda: shapes.add_rectangles(SQUARE))  # it is not asked for
    assert tells(lambda: setattr(form.choice, "value", "region"))
    assert tells(lambda: shapes.add_rectangles(SQUARE))
    assert tells(lambda: setattr(shapes, "translate", (5, 5)))
    other = viewer.add_shapes(name="other")
    assert tells(lambda: setattr(form.region, "value", other))
    assert not tells(lambda: shapes.add_rectangles(SQUARE))
    assert tells(lambda: other.add_rectangles(SQUARE))


def test_drawing_begins_with_a_button(viewer: Any, panel: Panel, click: Any) -> None:
    choose(panel, "region")
    click(panel.noise.draw)
    shapes = viewer.layers.selection.active
    assert isinstance(shapes, Shapes)
    assert panel.noise.region.value is shapes
    assert shapes.mode == "add_rectangle"
    assert tuple(shapes.scale) == (0.2, 0.2)
    assert shapes.units == panel.layer.value.units
    shapes.add_rectangles(SQUARE)
    assert option(panel).background.sum() == pytest.approx(1600, abs=45)


def test_a_region_is_where_it_is_drawn(viewer: Any, cells: Any) -> None:
    image = viewer.add_image(cells, scale=(0.5, 0.25), translate=(10, -20), rotate=30)
    wanted = np.zeros(cells.shape, bool)
    wanted[10:50, 20:60] = True
    # The same corners in the world, in a Shapes layer that is moved and scaled, too.
    shapes = viewer.add_shapes(scale=(3, 2), translate=(-7, 4))
    corners = [shapes.world_to_data(image.data_to_world(p)) for p in SQUARE]
    shapes.add_polygons(np.array(corners))
    mask = background_region(shapes, image).background
    assert mask is not None
    assert (mask & wanted).sum() > 0.95 * wanted.sum()
    assert (mask & ~wanted).sum() < 0.05 * wanted.sum()


def test_shapes_are_filled_and_taken_together(viewer: Any, panel: Panel) -> None:
    shapes = viewer.add_shapes(scale=(0.2, 0.2))
    shapes.add_ellipses([[100, 100], [40, 20]])
    area = np.pi * 40 * 20
    mask = background_region(shapes, panel.layer.value).background
    assert mask is not None
    assert mask.sum() == pytest.approx(area, rel=0.03)
    assert mask[100, 100]
    assert not mask[62, 82]  # a corner of the box around it
    shapes.add_polygons([[200, 200], [200, 240], [240, 200]])
    both = background_region(shapes, panel.layer.value).background
    assert both is not None
    assert both.sum() == pytest.approx(area + 800, rel=0.05)


def test_a_region_counts_in_its_plane(viewer: Any, cells: Any) -> None:
    stack = np.stack([[cells[:99, :88]] * 2] * 5)
    image = viewer.add_image(
        stack, scale=(3, 1, 1, 1), axis_labels=("z", "c", "y", "x")
    )
    shapes = viewer.add_shapes(ndim=4)
    for z in (2, 4):
        shapes.add_rectangles([[3 * z, 1, *corner] for corner in SQUARE])
    measure = background_region(shapes, image)
    assert measure.plane == (("Z", 4),)
    assert measure.background is not None
    assert measure.background.shape == (99, 88)
    assert measure.background.sum() == pytest.approx(1600, abs=45)
    flat = viewer.add_shapes([SQUARE], name="everywhere")
    assert background_region(flat, image).plane == ()


def test_the_order_of_axes_does_not_matter(viewer: Any, cells: Any) -> None:
    turned = viewer.add_image(cells[:99, :88].T, axis_labels=("x", "y"))
    shapes = viewer.add_shapes([[p[::-1] for p in SQUARE]])
    mask = background_region(shapes, turned).background
    assert mask is not None
    assert mask.shape == (99, 88)
    assert mask[12:48, 22:58].all()


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        ([[0, 900, 900], [0, 900, 950], [0, 950, 950], [0, 950, 900]], "outside"),
        ([[0, 5, 5], [0, 5, 50], [4, 5, 50], [4, 5, 5]], "plane of Y and X"),
    ],
)
def test_a_region_elsewhere_is_refused(
    viewer: Any, cells: Any, corners: Any, words: str
) -> None:
    image = viewer.add_image(np.stack([cells] * 5))
    shapes = viewer.add_shapes([corners], shape_type="polygon")
    with pytest.raises(NoiseError, match=words):
        background_region(shapes, image)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (NoiseModel(), "none found"),
        (NoiseModel.gaussian(3.25), "σ = 3.25 counts everywhere"),
        (NoiseModel(2, 100, 3, level=300), "3 counts, or 1.5 photons"),
        (NoiseModel(2, 100, 3, level=300), "300 counts, σ = 20.2"),
        (NoiseModel(2, 100, 3, level=300), "100 per pixel there"),
        (NoiseModel(2, 100, 3, offset_assumed=True), "100 counts (assumed)"),
        (NoiseModel(2, correlation_length=1.26), "over 1.3 pixels"),
    ],
)
def test_numbers_are_said(model: NoiseModel, words: str) -> None:
    assert words in [said for _, said in noise_in_numbers(model)]


def test_the_plot_shows_what_is_measured(
    panel: Panel, opened: NoisePlot, cells: Any
) -> None:
    model = estimate_noise(cells)
    assert f"{model.gain:.3g} counts per photon" in opened.numbers.text()
    assert "(assumed)" in opened.numbers.text()
    ((means, variances),) = lines_of(opened)
    np.testing.assert_allclose(variances, model.std(means) ** 2)
    assert points_of(opened) > 1000
    assert not opened.message.isVisible()
    assert not opened.channel.isVisible()
    assert opened.parent().isVisible()


def test_an_offset_says_photons(
    panel: Panel, opened: NoisePlot, settled: Any, cells: Any
) -> None:
    panel.noise.offset.value = 200
    choose(panel, "offset")
    text = settled(panel).numbers.text()
    model = estimate_noise(cells, offset=200)
    assert "200 counts (given)" in text
    assert f"{model.photons(model.level):.3g} per pixel" in text
    assert "if the offset is right" not in text


def test_a_typed_model_is_drawn_over_the_scatter(
    panel: Panel, opened: NoisePlot, settled: Any
) -> None:
    form = choose(panel, "typed")
    form.gain.value, form.offset.value, form.read_noise.value = 8, 200, 12
    measured, typed = lines_of(settled(panel))
    np.testing.assert_allclose(typed[1], NoiseModel(8, 200, 12).std(typed[0]) ** 2)
    assert (typed[1][-1] / measured[1][-1]) == pytest.approx(2, rel=0.1)
    assert "times the noise of the image" in opened.message.text()
    assert points_of(opened) > 1000
    form.gain.value = 4
    settled(panel)
    assert not opened.message.isVisible()


def test_a_region_is_drawn(
    viewer: Any, panel: Panel, opened: NoisePlot, settled: Any
) -> None:
    choose(panel, "region")
    assert "Shapes layer" in settled(panel).message.text()
    assert points_of(opened) == 0
    shapes = region(viewer, [SQUARE], scale=(0.2, 0.2))
    settled(panel)
    first = opened.numbers.text()
    assert points_of(opened) > 1000
    shapes.data = [np.array(SQUARE) + 200]
    settled(panel)
    assert opened.numbers.text() != first  # measured anew


def test_noise_that_is_not_modelled_is_shown_as_it_is(
    panel: Panel, opened: NoisePlot, settled: Any
) -> None:
    choose(panel, "none")
    assert "not modelled" in settled(panel).message.text()
    assert len(lines_of(opened)) == 1


def test_channels_are_chosen(
    viewer: Any, panel: Panel, opened: NoisePlot, settled: Any, two_channels: Any
) -> None:
    layer = viewer.add_image(two_channels, axis_labels=("c", "y", "x"))
    panel.reset_choices()
    panel.layer.value = layer
    settled(panel)
    assert opened.channel.isVisible()
    models = estimate_noise(two_channels, axes="CYX")
    for number in (1, 0):
        opened.channel.setCurrentIndex(number)
        ((means, variances),) = lines_of(opened)
        np.testing.assert_allclose(variances, models[number].std(means) ** 2)
    opened.channel.setCurrentIndex(1)
    choose(panel, "sigma")
    settled(panel)
    assert opened.channel.currentIndex() == 1  # kept


def test_only_the_latest_answer_is_shown(
    viewer: Any, panel: Panel, opened: NoisePlot, settled: Any, cells: Any
) -> None:
    bright = viewer.add_image(np.tile(cells, (3, 3)) * 2, axis_labels=("y", "x"))
    dim = viewer.add_image(cells // 2, axis_labels=("y", "x"))
    panel.reset_choices()
    dock = panel.noise.dock
    panel.layer.value = bright
    dock._timer.stop()
    dock._update()  # at once, so that the next choice finds it at work
    assert dock.busy
    panel.layer.value = dim
    settled(panel)
    ((means, variances),) = lines_of(opened)
    np.testing.assert_allclose(variances, estimate_noise(dim.data).std(means) ** 2)


def test_new_pixels_are_measured(
    panel: Panel, opened: NoisePlot, settled: Any, cells: Any
) -> None:
    before = opened.numbers.text()
    panel.layer.value.data = cells * 3
    assert settled(panel).numbers.text() != before


def test_what_cannot_be_measured_is_said(
    viewer: Any, panel: Panel, opened: NoisePlot, settled: Any, cells: Any
) -> None:
    blank = cells.copy()
    blank[:100, :100] = 7
    panel.layer.value.data = blank
    choose(panel, "region")
    region(viewer, [SQUARE], scale=(0.2, 0.2))
    assert "no noise at all" in settled(panel).message.text()
    assert points_of(opened) == 0
    choose(panel, "auto")
    assert points_of(settled(panel)) > 1000
    viewer.layers.clear()
    panel.reset_choices()
    panel.noise.refresh()
    assert "Choose an image layer" in settled(panel).message.text()


def test_there_is_one_plot_which_may_be_closed_and_opened_again(
    viewer: Any, panel: Panel, opened: NoisePlot, settled: Any, click: Any, qtbot: Any
) -> None:
    dock = panel.noise.dock
    click(panel.noise.show_button)
    assert dock.plot is opened
    opened.parent().close()  # hidden
    choose(panel, "sigma")
    qtbot.wait(300)
    assert not dock.busy  # nobody looks
    click(panel.noise.show_button)
    assert len(lines_of(settled(panel))) == 2
    opened.parent().destroyOnClose()  # the cross in its title
    assert dock.plot is None
    assert "Noise" not in viewer.window.dock_widgets
    click(panel.noise.show_button)
    again = settled(panel)
    assert again is not opened
    assert len(lines_of(again)) == 2
    panel.noise.close()
    assert "Noise" not in viewer.window.dock_widgets
    panel.noise.close()  # it is closed already


def test_a_closed_plot_lets_go_of_the_image(
    viewer: Any, panel: Panel, opened: NoisePlot, qtbot: Any, cells: Any
) -> None:
    copy = weakref.ref(fresh := cells.copy())
    panel.layer.value.data = fresh
    del fresh
    qtbot.waitUntil(lambda: not panel.noise.dock.busy, timeout=30 * SECOND)
    panel.noise.close()
    viewer.layers.clear()
    panel.reset_choices()

    def is_gone() -> bool:
        gc.collect()
        return copy() is None

    qtbot.waitUntil(is_gone, timeout=PATIENCE)


def test_colours_follow_the_theme(viewer: Any, panel: Panel, opened: NoisePlot) -> None:
    def brightness() -> float:
        image = opened.graph.grab().toImage()  # type: ignore[union-attr]
        return image.pixelColor(5, 5).lightnessF()

    assert brightness() < 0.4
    viewer.theme = "light"
    assert brightness() > 0.6


@pytest.mark.parametrize("width", [300, 700])
def test_nothing_is_cut_off_at_the_width_of_a_panel(
    qtbot: Any, width: int, two_channels: Any
) -> None:
    plot = NoisePlot()
    qtbot.addWidget(plot)
    plot.resize(width, 600)
    models = estimate_noise(two_channels, axes="CYX")
    plot.show_noise(models, models, ["first", "second"])
    plot.show()
    qtbot.waitExposed(plot)
    qtbot.wait(100)
    assert plot.width() == width
    label = plot.numbers
    assert label.height() >= label.heightForWidth(label.width())
    assert plot.graph is not None
    assert plot.graph.height() > 200


def test_without_pyqtgraph_numbers_are_left(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, cells: Any
) -> None:
    monkeypatch.setitem(sys.modules, "pyqtgraph", None)
    plot = NoisePlot()
    qtbot.addWidget(plot)
    models = [estimate_noise(cells)]
    plot.show_noise(models, models, ["cells"])
    assert plot.graph is None
    assert "counts per photon" in plot.numbers.text()
    texts = [label.text() for label in plot.findChildren(type(plot.message))]
    assert INSTALL in texts


def test_it_needs_no_torch() -> None:
    code = """
import sys, time, numpy as np, napari
from qtpy.QtCore import QTimer
from napari_denoise._napari.measuring.form import NoiseForm
viewer = napari.Viewer()
rng = np.random.default_rng(0)
layer = viewer.add_image(rng.poisson(20, (256, 256)))
form = NoiseForm(viewer, lambda: (layer, "YX"))
assert "pyqtgraph" not in sys.modules
form.dock.show()
end, seen = time.monotonic() + 60, []
def look():
    seen.append(form.dock.plot.numbers.text())
    if "σ" in seen[-1] or time.monotonic() > end:
        timer.stop()
        viewer.close()
timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
napari.run()  # to its end, as a user does: Qt does not like being left half-way
assert "everywhere" in seen[-1]
assert "torch" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_errors_are_of_this_package(viewer: Any, panel: Panel) -> None:
    viewer.add_labels(np.ones((9, 9), int))
    choose(panel, "region")
    with pytest.raises(DenoiseError):
        option(panel)
