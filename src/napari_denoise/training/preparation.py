"""From what the user asks for to what can be trained: a start, checked fields."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from napari_denoise.errors import ModelError, OptionError
from napari_denoise.models import NetworkModel, load_model
from napari_denoise.models.names import SUFFIX_3D
from napari_denoise.noise import estimate_noise
from napari_denoise.training.blind_spots import check_blind_spots
from napari_denoise.training.check import accepted, check_steps
from napari_denoise.training.events import PairsChecked
from napari_denoise.training.fields import Fields
from napari_denoise.training.self_supervision import choose_alone
from napari_denoise.training.targets import ALONE, BLIND, CLEAN, FRAMES, MEAN

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_denoise.training.check import PairChecked, PairReport
    from napari_denoise.training.self_supervision import Alone

LOOKED_AT = 8
"""Images whose noise is looked at before blind spots are used."""
RATE, RATE_ALONE, RATE_FROM_SCRATCH = 3e-4, 1e-5, 1e-3


@dataclass(frozen=True)
class Asked:
    """What is asked for of all images, those to train on and those to validate on.

    Attributes
    ----------
    start : NetworkModel
    axes : str or None
    target : str
        A key of `napari_denoise.training.targets.TARGETS`.
    noise : object
        As `denoise` takes it.
    """

    start: NetworkModel
    axes: str | None
    target: str
    noise: Any

    def __post_init__(self) -> None:
        if self.start.network.z_radius and self.target in (FRAMES, MEAN):
            raise OptionError(
                f"“{self.start.name}” looks at neighbouring planes, which repeated "
                "frames are not. Start from a 2D model, such as “unet”."
            )

    def fields(
        self, noisy: Any, clean: Any
    ) -> Generator[PairChecked | PairsChecked, None, Fields]:
        """Check images, refuse them or make fields of them."""
        radius = self.start.network.z_radius
        report = yield from check_for(
            noisy, clean, axes=self.axes, target=self.target, noise=self.noise
        )
        report = accepted(report)
        yield PairsChecked(report)
        fields = fields_of(report, self.target, radius, self.noise)
        if radius and all(key.position == 0 for key in fields.keys):
            flat = self.start.name.removesuffix(SUFFIX_3D)
            raise OptionError(
                f"“{self.start.name}” looks at neighbouring planes, and these images "
                f"have none. Start from a 2D model, such as “{flat}”."
            )
        return fields


def check_for(
    noisy: Any, clean: Any, *, axes: str | None, target: str, noise: Any
) -> Generator[PairChecked, None, PairReport]:
    """Check images as a target needs it; see `check_steps`."""
    return check_steps(
        noisy,
        clean,
        axes=axes,
        target=CLEAN if target in ALONE else target,
        noise=noise,
    )


def fields_of(report: PairReport, target: str, radius: int, noise: Any) -> Fields:
    """Make fields of accepted pairs, for a model that looks at so many planes."""
    return Fields(
        report.pairs,
        target,
        radius,
        noise,
        report.matches,
        report.noise,
        report.scenes,
        [found.sentence for found in report.warnings],
    )


def choose_start(model: Any) -> NetworkModel:
    """Load what training starts from; refuse what has no weights."""
    start = load_model(model)
    if not isinstance(start, NetworkModel):
        raise ModelError(
            f"“{start.name}” is a classical method: it has nothing to learn. Choose a "
            "network, such as “unet”."
        )
    return start


def usual_rate(start: NetworkModel, target: str) -> float:
    """Return the learning rate where none is given."""
    if not start.is_trained:
        return RATE_FROM_SCRATCH
    return RATE_ALONE if target in ALONE else RATE


def check_validation(validation: Any, *, has_clean: bool) -> float | tuple[Any, Any]:
    """Return the share that is held out, or noisy and clean images of their own."""
    if isinstance(validation, Real) and 0 < float(validation) < 1:
        return float(validation)
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise OptionError(
            f"validation={validation!r} does not work: give a share such as 0.2, or "
            "noisy and clean images to validate on."
        )
    noisy, clean = validation
    if (clean is not None) != has_clean:
        raise OptionError(
            "Pairs to validate on need what the pairs to train on have: clean images "
            "for both, or for neither."
        )
    return noisy, clean


def how_alone(fields: Fields, target: str) -> Alone | None:
    """Choose how to learn without clean images; None where there are some.

    Blind spots are for noise of unknown kind, but whether it is white has to be known:
    some of it is measured for them.
    """
    if target not in ALONE:
        return None
    for pair in fields.pairs[:LOOKED_AT] if target == BLIND else ():
        image = pair.noisy.open()
        models = estimate_noise(image.data, axes=image.layout.axes)
        check_blind_spots(models if isinstance(models, list) else [models], pair.name)
    return choose_alone(target, fields.noise)
