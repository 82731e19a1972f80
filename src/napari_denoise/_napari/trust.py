"""What can be known without a reference: of a result, and of all models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from psygnal import Signal

from napari_denoise._napari.jobs import steps_worker
from napari_denoise._napari.layers import METADATA_KEY, is_result, snapshot
from napari_denoise._napari.ranking_window import RankingWindow
from napari_denoise._napari.wording import describe_assessment
from napari_denoise._napari.work import Work
from napari_denoise.errors import ImageError
from napari_denoise.noise import NoiseModel, compare_noise, estimate_noise

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari.viewer import Viewer
    from qtpy.QtWidgets import QWidget

    from napari_denoise._napari.form import Request

TYPED = "What is predicted here is true only if the noise that was typed is."


class Trust:
    """Assesses results and ranks models, one at a time.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Has the layers.
    panel : QWidget
        The table of models stays above it.
    use : callable
        Takes the name of the model that was chosen in the table.

    Attributes
    ----------
    advanced : Signal
        Share that is done, 0 to 1, and seconds left or None.
    said : Signal
        What there is to say of a result.
    failed : Signal
        A sentence.
    finished : Signal
        Whether it came to its end.
    """

    advanced = Signal(float, object)
    said = Signal(str)
    failed = Signal(str)
    finished = Signal(bool)

    def __init__(
        self, viewer: Viewer, panel: QWidget, use: Callable[[str], None]
    ) -> None:
        self._viewer, self._panel, self._use = viewer, panel, use
        self.window: RankingWindow | None = None
        self._name = ""
        self._work = Work()
        self._work.stepped.connect(self._on_step)
        self._work.returned.connect(self._on_returned)
        self._work.failed.connect(self.failed)
        self._work.ended.connect(self.finished)

    @property
    def running(self) -> bool:
        """Whether something is being assessed or ranked."""
        return self._work.running

    def cancel(self) -> None:
        """Stop; nothing is shown."""
        self._work.cancel()

    def abandon(self) -> None:
        """Stop without a word: whoever would listen is gone."""
        self._work.abandon()

    def close(self) -> None:
        """Take the table away."""
        if self.window is not None:
            self.window.close()

    def rank(self, layer: Image, request: Request) -> None:
        """Rank all models on a layer.

        Raises
        ------
        DenoiseError
            If the layer cannot be denoised at all.
        """
        source = snapshot(layer)
        self._name = source.name
        options = {key: request.options[key] for key in ("axes", "noise", "device")}
        name = f"ranking of models on {source.name}"
        self._work.start(steps_worker(name, _rank_steps, source.data, **options))

    def assess(self, layer: Image) -> None:
        """Assess the result that is selected, or the last one of a layer.

        Raises
        ------
        ImageError
            If there is no such result, or what it was made of is gone.
        """
        result = self._result_of(layer)
        told = result.metadata[METADATA_KEY]
        source = self._named(told["source"])
        if source is None or source.data.shape != tuple(told["shape"]):
            raise ImageError(
                f"“{told['source']}”, which “{result.name}” was made of, is not there "
                "any more or has changed: run again."
            )
        self._name = str(result.name)
        name = f"assessment of {result.name}"
        noisy, denoised = snapshot(source).data, snapshot(result).data
        self._work.start(steps_worker(name, _assess_steps, noisy, denoised, told))

    def _result_of(self, layer: Image) -> Image:
        active = self._viewer.layers.selection.active
        if active is not None and is_result(active):
            return active
        for other in reversed(self._viewer.layers):
            if (
                is_result(other)
                and other.metadata[METADATA_KEY]["source"] == layer.name
            ):
                return other
        raise ImageError(
            f"There is no result of “{layer.name}” to be assessed yet: press Run first."
        )

    def _named(self, name: str) -> Image | None:
        images = (layer for layer in self._viewer.layers if isinstance(layer, Image))
        return next((image for image in images if image.name == name), None)

    def _on_step(self, step: Any) -> None:
        self.advanced.emit(step.done / max(step.total, 1), None)

    def _on_returned(self, found: Any) -> None:
        if not isinstance(found, list):
            self.said.emit(f"{self._name}:\n{describe_assessment(found)}")
            return
        if self._named(self._name) is None:
            return  # the image went meanwhile
        if self.window is None:
            self.window = RankingWindow(self._panel, self._use)
        self.window.show_ranking(self._name, found)


def _rank_steps(image: Any, **options: Any) -> Generator[Any, None, Any]:
    from napari_denoise.trust.ranking import rank_steps  # torch: in this thread only

    return (yield from rank_steps(image, **options))


def _assess_steps(
    noisy: Any, denoised: Any, told: dict[str, Any], cancelled: Callable[[], bool]
) -> Generator[Any, None, Any]:
    """Assess a result with the noise and the model that it was made with."""
    from napari_denoise.trust.assessment import assess_steps

    if "part" in told:
        noisy = noisy[_index(told)]
    options = told["options"]
    noise = [NoiseModel.from_dict(plain) for plain in told["noise"]]
    # Of a part, the planes beside it are not at hand.
    alone = options["neighbours"] == "none" or "part" not in told
    alike = "channels" not in told and alone
    found = yield from assess_steps(
        noisy,
        denoised,
        noise or options["noise"],
        model=(told["model_file"] or told["model"]) if alike else None,
        axes=told["axes"],
        strength=options["strength"] if alike else 1.0,
        neighbours=options["neighbours"] if alike else "none",
        cancelled=cancelled,
    )
    remarks = _unlike_the_image(noise, noisy, told["axes"])
    return replace(found, warnings=(*found.warnings, *remarks))


def _unlike_the_image(given: list[NoiseModel], noisy: Any, axes: str) -> list[str]:
    """Say where noise that was typed is not what is measured on the image."""
    if not given or any(model.level is not None for model in given):
        return []
    measured = estimate_noise(noisy, axes=axes)
    models = measured if isinstance(measured, list) else [measured]
    pairs = zip(given, models, strict=False)
    remarks = [compare_noise(typed, found) for typed, found in pairs]
    unlike = [remark for remark in remarks if remark]
    return [*unlike, TYPED] if unlike else []


def _index(told: dict[str, Any]) -> tuple[slice, ...]:
    """Where the part that was denoised lies in its image."""
    part = told["part"]
    spans = {axis: (at, at + 1) for axis, at in part["place"].items()}
    spans |= {"Y": tuple(part["rows"]), "X": tuple(part["columns"])}
    return tuple(slice(*spans.get(axis, (None, None))) for axis in told["axes"])
