"""Which of a model's forms looks at neighbouring planes, and which at each alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_denoise.errors import ModelError, OptionError
from napari_denoise.models.model import ClassicalModel
from napari_denoise.models.names import SUFFIX_3D, models_folder
from napari_denoise.models.registry import (
    BUNDLED,
    bundled_models,
    list_models,
    load_model,
)
from napari_denoise.options import NONE

if TYPE_CHECKING:
    from napari_denoise.axes import Layout
    from napari_denoise.models.model import Model


def choose_depth(model: Model, along: str, layout: Layout) -> tuple[Model, str]:
    """Choose the form of a model for planes alone, or with their neighbours.

    Parameters
    ----------
    model : Model
        As the user named it.
    along : {"none", "Z", "T"}
        Axis of the neighbours.
    layout : Layout
        Of the image.

    Returns
    -------
    model : Model
        Its 3D sibling for neighbours, its 2D sibling for a plane that has none, where
        the model is bundled or one of the user's own folder.
    remark : str
        What the user should know; empty if nothing.

    Raises
    ------
    OptionError, ModelError
        If the model has no such form.
    """
    if along == NONE:
        if model.card.ndim == 3:
            raise ModelError(
                f"“{model.name}” is a 3D model and looks at several planes: say along "
                "which axis with neighbours=“Z” or “T”, or choose a 2D model such as "
                "“unet”."
            )
        return model, ""
    if layout.size(along) > 1:
        return _deep(model), ""
    return flat_form(model) or model, (
        f"There is only one plane along {along} (the axes are {layout.axes}): it was "
        "denoised alone."
    )


def possible_axes(model: Model, layout: Layout) -> list[str]:
    """Name the axes along which a model can look at neighbours.

    Parameters
    ----------
    model : Model
        As the user named it.
    layout : Layout
        Of the image.

    Returns
    -------
    list of str
        Those of Z and T that have more than one plane; none for models without a 3D
        form.
    """
    if model.card.ndim == 2 and _sibling(model, SUFFIX_3D) is None:
        return []
    return [axis for axis in ("Z", "T") if layout.size(axis) > 1]


def flat_form(model: Model) -> Model | None:
    """Return the 2D form of a model; None for a 3D one that has no such sibling."""
    return model if model.card.ndim == 2 else _sibling(model, "")


def _deep(model: Model) -> Model:
    if model.card.ndim == 3:
        return model
    deep = _sibling(model, SUFFIX_3D)
    if deep is None:
        able = [c.name for c in bundled_models() if c.ndim == 3]
        names = [name.removesuffix(SUFFIX_3D) for name in able]
        raise OptionError(
            f"“{model.name}” has no 3D weights, so it cannot look at neighbouring "
            f"planes. Use the model {' or '.join(f'“{n}”' for n in names)}, or "
            "neighbours=“none” to denoise plane by plane."
        )
    return deep


def _sibling(model: Model, suffix: str) -> Model | None:
    """Load the model beside it of that name with another number of dimensions."""
    if isinstance(model, ClassicalModel) or model.path is None:
        return None
    # A file elsewhere may be called “unet” too.
    if model.path.parent not in (BUNDLED, models_folder()):
        return None
    name, ndim = model.name.removesuffix(SUFFIX_3D) + suffix, 3 if suffix else 2
    is_there = name in {card.name for card in list_models() if card.ndim == ndim}
    return load_model(name) if is_there else None
