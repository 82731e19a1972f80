"""What a network is trained towards."""

from __future__ import annotations

from typing import Any

from napari_denoise.errors import OptionError

CLEAN = "clean"
FRAMES = "frames"
MEAN = "mean"
RECORRUPTED = "recorrupted"
BLIND = "blind"

TARGETS = {
    CLEAN: "clean images",
    FRAMES: "another noisy frame of the same field",
    MEAN: "the mean of the other frames of the same field",
    RECORRUPTED: "the noisy images alone, each made into two",
    BLIND: "the noisy images alone, each pixel from those around it",
}
"""By name, in words."""

ALONE = (RECORRUPTED, BLIND)
"""Self-supervised: from single noisy images."""


def choose_target(target: Any, *, has_clean: bool) -> str:
    """Return what is trained towards.

    Parameters
    ----------
    target : str
        A key of `TARGETS`; ``"clean"`` without clean images is self-supervised.
    has_clean : bool
        Whether clean images, or a second set of frames, were given.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        If there is no such target, or it does not go with what was given.
    """
    if target not in TARGETS:
        choices = "; ".join(f"“{name}” ({words})" for name, words in TARGETS.items())
        raise OptionError(f"target={target!r} does not work. Choose one of: {choices}.")
    if target == CLEAN:
        return CLEAN if has_clean else RECORRUPTED
    if has_clean and target != FRAMES:
        raise OptionError(
            f"target=“{target}” trains without clean images: leave them out, or "
            "choose “clean”."
        )
    return str(target)
