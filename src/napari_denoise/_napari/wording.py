"""Numbers of the core in words for a microscopist. Plain strings, no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_denoise.models import ModelCard
    from napari_denoise.noise import NoiseModel
    from napari_denoise.trust.verdict import Assessment


def describe_model(card: ModelCard) -> str:
    """Say what a model is good for and how large it is."""
    if card.kind == "network":
        size = f"Network for {card.ndim}D planes, {card.bytes / 1e6:.1f} MB."
    else:
        size = "Classical method, no network."
    return f"{card.summary} {size}".strip()


def describe_noise(models: Sequence[NoiseModel]) -> str:
    """Say what the noise of each channel is, in one line each.

    Channels count from 0, as in the command line and in napari's own sliders.
    """
    if not models:
        return "The noise was not modelled."
    if len(models) == 1:
        return f"Noise: {_one_noise(models[0])}"
    return "\n".join(
        f"Noise of channel {number}: {_one_noise(model)}"
        for number, model in enumerate(models)
    )


def _one_noise(model: NoiseModel) -> str:
    if model.kind == "none":
        return "none found."
    words = f"σ = {model.sigma:.3g} counts"
    if model.kind == "gaussian":
        words += " everywhere"
    else:
        typed = model.level is None
        words += " in the dark" if typed else " at the mean brightness"
        words += f", growing with {'brightness' if typed else 'it'}"
        words += f" ({model.gain:.3g} counts per photon)"
    if model.correlation_length > 0:
        words += f"; correlated over {model.correlation_length:.1f} pixels"
    return words + "."


def describe_seconds_left(seconds: float | None) -> str:
    """``"12 s left"``, or nothing while it is unknown."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min left"
    return f"{seconds / 3600:.1f} h left"


def describe_neighbours(along: str) -> str:
    """Say what was found out about the planes beside one another.

    Parameters
    ----------
    along : {"Z", "T", "none", "auto"}
        Axis along which neighbours are looked at; ``"auto"`` where channels differ.
    """
    return {
        "Z": "The planes above and below help here: they are looked at too.",
        "T": "The frames before and after help here: they are looked at too.",
        "none": "Each plane is taken alone: its neighbours do not help here.",
    }.get(along, "Neighbouring planes are looked at where they help.")


def ranking_title(image: str, ranking: Sequence[Assessment]) -> str:
    """Say what a table of models shows."""
    known = any(found.predicted_gain is not None for found in ranking)
    order = (
        "best first. The default network leads unless another is surely better"
        if known
        else "as far as can be guessed: the expected error cannot be known here"
    )
    return f"Models on “{image}”, {order}."


def ranking_row(found: Assessment) -> tuple[str, ...]:
    """Say what is expected of a model, by the columns of the table."""
    gain = _number(found.predicted_gain, "{:+.2f}")
    if found.predicted_gain is not None and found.uncertainty is not None:
        gain += f" ± {found.uncertainty:.2f}"
    return (
        found.model or "",
        gain,
        _number(found.predicted_rmse, "{:.3g}"),
        _number(found.whiteness, "{:.2f}"),
        _number(found.signal_correlation, "{:+.2f}"),
        _number(found.intensity_kept, "{:.1%}"),
    )


def describe_assessment(found: Assessment) -> str:
    """Say what can be known of a result without a reference, in a line each."""
    lines = []
    if found.predicted_gain is not None:
        doubt = "" if found.uncertainty is None else f" ± {found.uncertainty:.1f}"
        lines.append(
            f"Expected gain: {found.predicted_gain:.1f}{doubt} dB over the noisy image "
            f"(PSNR {found.predicted_psnr:.1f} dB, error {found.predicted_rmse:.3g} "
            "counts)."
        )
    if found.whiteness is not None:
        lines.append(
            f"What was taken out: {found.whiteness:.2f} as white as the noise (1 is "
            f"best), correlated {found.signal_correlation:+.2f} with what was left "
            "(0 is best)."
        )
    if found.intensity_kept is not None:
        lines.append(f"Intensity kept: {found.intensity_kept:.1%}.")
    if found.resolution is not None:
        lines.append(f"Finest detail to trust: {found.resolution:.1f} pixels a period.")
    if found.disagreement is not None:
        lines.append(
            f"Flipped and turned, the results differ by {found.disagreement:.3g} "
            "counts: where the model is undecided, not how wrong it is."
        )
    return "\n".join([*lines, *found.warnings])


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def describe_hold(original: bool, key: str) -> str:
    """Say what holding shows.

    Parameters
    ----------
    original : bool
        Whether it is the image that the result was made from, not another result.
    key : str
        Key that does the same, empty if there is none.
    """
    shown = "the original" if original else "the other result"
    return f"Hold to see {shown}" + (f" (or hold {key})" if key else "")


def describe_difference(original: bool, reference: str, result: str) -> str:
    """Say what the colours of a residual or a difference mean.

    Parameters
    ----------
    original : bool
        Whether `reference` is the image that the result was made from.
    reference, result : str
        Names of the two layers.
    """
    sides = f"Green: {reference} is brighter. Pink: {result} is brighter."
    if original:
        return f"{sides} It should look like noise alone."
    return sides


def noise_in_numbers(
    model: NoiseModel, measured: NoiseModel | None = None
) -> list[tuple[str, str]]:
    """Say what the noise of a channel is, number by number.

    Parameters
    ----------
    model : NoiseModel
        Measured or typed.
    measured : NoiseModel, optional
        What was measured on the image, where `model` is something else: the mean
        brightness is read from it.

    Returns
    -------
    list of (str, str)
        What it is called, and the number with its unit.
    """
    if model.kind == "none":
        return [("Noise", "none found")]
    level = model.level if measured is None else measured.level
    if model.kind == "gaussian":
        rows = [("Noise", f"σ = {model.read_std:.3g} counts everywhere")]
    else:
        rows = _photon_numbers(model, level)
    length = model.correlation_length
    if length > 0 or model.fit is not None:
        words = f"over {length:.1f} pixels" if length else "no"
        rows.append(("Correlated", words))
    if model.fit is not None and model.gain > 0:
        share = round(100 * model.fit.goodness)
        rows.append(("Line", f"explains {share} % of the scatter"))
    return rows


def _photon_numbers(model: NoiseModel, level: float | None) -> list[tuple[str, str]]:
    given = "assumed" if model.offset_assumed else "given"
    read = f"{model.read_std:.3g} counts"
    if not model.offset_assumed:
        read += f", or {model.read_std / model.gain:.2g} photons"
    rows = [
        ("Gain", f"{model.gain:.3g} counts per photon"),
        ("Offset", f"{model.offset:.4g} counts ({given})"),
        ("Read noise", read),
    ]
    if level is not None:
        photons = max(float(model.photons(level)), 0.0)
        doubt = ", if the offset is right" if model.offset_assumed else ""
        sigma = float(model.std(level))
        rows.append(("Mean level", f"{level:.4g} counts, σ = {sigma:.3g}"))
        rows.append(("Photons", f"{photons:.3g} per pixel there{doubt}"))
    return rows
