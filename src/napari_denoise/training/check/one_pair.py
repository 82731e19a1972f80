"""What the pixels of one channel of one pair say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_denoise.training.check import sentences
from napari_denoise.training.check.faint import Faint
from napari_denoise.training.check.findings import Finding, Level
from napari_denoise.training.check.frames import CERTAIN, MOVING, moving_frames
from napari_denoise.training.check.pixel_values import check_saturation, percent
from napari_denoise.training.check.stacks import mapped_otherwise
from napari_denoise.training.match import Match, match_planes
from napari_denoise.training.structure import share_of_signal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_denoise.noise import NoiseModel
    from napari_denoise.training.check.samples import Sample
    from napari_denoise.training.intensity import Line
    from napari_denoise.training.match import Matched

SAME_FIELD, DOUBTFUL = 0.6, 0.8
"""Correlation of the details, as a share of what the noise allows: of right pairs it
was above 0.9, of two stains of one field below 0.45."""
TELLING = 6.0
"""Standard deviations of chance that the correlation of a right pair must exceed."""
NOISE_ERROR = 0.05, 8.0
"""Share to which the variance of the noise is known, and what is to be added to it,
over the side in pixels: with 0.03 nearly black planes of a stack passed for foreign."""
WARPED, MUCH_WARPED = 0.15, 0.4
"""Shares of the blocks that lie elsewhere that are warned of, and refused."""
SWAPPED, HARDLY = 1.25, 0.7
"""Noise of the clean image, as a share of that of the noisy one."""
SHARED, PERHAPS_SHARED = 0.11, 0.03
"""Of the noise of the noisy image: below the first, texture and noise that is known to
some percent only may feign it."""
SLOPE_OFF, INTERCEPT_OFF = 0.02, 0.5
"""Difference from 1, and from 0 in σ of the noise, that is worth a note."""


def check_pixels(
    name: str,
    sample: Sample,
    noise: NoiseModel,
    channel: str,
    *,
    is_frame: bool = False,
) -> tuple[Match | None, list[Finding]]:
    """Match the clean planes to the noisy ones, and say what was found on the way.

    Parameters
    ----------
    name : str
        Of the pair.
    sample : Sample
        Planes of both images.
    noise : NoiseModel
        Of the noisy image.
    channel : str
        Words to be said after the name where there are several channels, else empty.
    is_frame : bool
        Whether the second image is another noisy frame of the field.

    Returns
    -------
    match : Match or None
        None where the pair must not be used.
    findings : list of Finding
    """
    pairs = list(zip(sample.noisy, sample.clean, strict=True))
    if all(np.array_equal(one, other) for one, other in pairs):
        said = sentences.IDENTICAL.format(name=name, channel=channel)
        return None, [Finding(name, "identical", "refused", said)]
    which = "second" if is_frame else "clean"
    place = {"name": name, "channel": channel, "which": which}
    found = list(check_saturation(name, sample.clean, channel, which))
    if all(np.ptp(plane) == 0 for plane in sample.clean):
        said = sentences.FLAT.format(**place)
        return None, [*found, Finding(name, "flat", "refused", said)]
    matched = match_planes(sample.noisy, sample.clean, noise, may_move=not is_frame)
    judge = _judge_frames if is_frame else _judge
    told = list(judge(sample, noise, matched, place))
    found += told
    if any(finding.level == "refused" for finding in told):
        return None, found
    if any(finding.kind == "faint" for finding in told):
        return Match(), found
    return matched.match, found


def faint_pair(sample: Sample, noise: NoiseModel) -> Faint:
    """Look at the counts of a pair that :func:`check_pixels` found to be faint."""
    line = match_planes(sample.noisy, sample.clean, noise).line
    return Faint.of(sample, noise, line)


def _judge(
    sample: Sample, noise: NoiseModel, matched: Matched, place: dict[str, str]
) -> Iterator[Finding]:
    """Go through what the match shows, the gravest first."""
    swapped = _noise_of_clean(matched, place)
    if swapped is not None and swapped.level == "refused":
        # What is measured on noisy and clean is of no use the wrong way round.
        yield swapped
        return
    strangers = _field(sample, noise, matched, place)
    if strangers is not None:
        yield strangers
        if strangers.level == "refused" or strangers.kind == "faint":
            return
    shared = _shared_noise(matched, place)
    if shared is not None:
        yield shared
        if shared.level == "refused":
            return
    yield from _position(matched, place)
    yield from _counts(matched.match, noise, place)
    yield from _planes(sample, noise, matched, place)
    if swapped is not None:
        yield swapped


def _judge_frames(
    sample: Sample, noise: NoiseModel, matched: Matched, place: dict[str, str]
) -> Iterator[Finding]:
    """Go through what two frames show: either may be the noisier one."""
    strangers = _field(sample, noise, matched, place)
    if strangers is not None:
        yield strangers
        if strangers.level == "refused" or strangers.kind == "faint":
            return
    found = matched.registration
    is_sure = found.found and found.distance > CERTAIN * found.uncertainty
    if is_sure and found.distance > MOVING:
        yield moving_frames(place["name"], found.distance, place["channel"])
    yield from _counts(matched.match, noise, place)
    yield from _planes(sample, noise, matched, place)


def _field(
    sample: Sample, noise: NoiseModel, matched: Matched, place: dict[str, str]
) -> Finding | None:
    """Whether both images show the same field."""
    found = matched.registration
    expected = _expected_correlation(sample, noise, matched)
    agreement = found.correlation / max(expected, 1e-6)
    is_weak = expected < TELLING * found.background or agreement >= SAME_FIELD
    if not found.found and is_weak:
        return _faint(Faint.of(sample, noise, matched.line), place)
    said_as = {**place, "agreement": percent(max(min(agreement, 1.0), 0.0))}
    if not found.found or agreement < SAME_FIELD:
        inverted = matched.correlation < -0.3
        text = sentences.NEGATIVE if inverted else sentences.FOREIGN
        return Finding(place["name"], "foreign", "refused", text.format(**said_as))
    if agreement < DOUBTFUL:
        said = sentences.DOUBTFUL.format(**said_as)
        return Finding(place["name"], "doubtful", "warning", said)
    return None


def _faint(faint: Faint, place: dict[str, str]) -> Finding:
    """Without others to go by, its counts must be those of the noisy image."""
    if faint.unmapped() is None:
        said = sentences.TOO_FAINT_TO_MAP.format(**place)
        return Finding(place["name"], "faint", "refused", said)
    said = sentences.TOO_FAINT.format(**place, mapped=sentences.AS_THEY_ARE)
    return Finding(place["name"], "faint", "warning", said)


def _expected_correlation(sample: Sample, noise: NoiseModel, matched: Matched) -> float:
    """Return what the noise of both images leaves of a correlation of 1."""
    error = NOISE_ERROR[0] + NOISE_ERROR[1] / min(sample.noisy[0].shape)
    # No more is expected than there is for sure: noise is known to some percent only.
    signal = 1 - (1 + error) * (1 - share_of_signal(sample.noisy, noise))
    if signal <= 0:
        return 0.0
    of_noisy = max(matched.noise_of_noisy, 1e-20)
    ratio = min(matched.noise_of_clean / of_noisy, 1.0)
    of_clean = 1 / (1 + ratio**2 * (1 - signal) / signal)
    return float((signal * of_clean) ** 0.5)


def _position(matched: Matched, place: dict[str, str]) -> Iterator[Finding]:
    found, name = matched.registration, place["name"]
    y, x = found.shift
    where = {**place, "y": y, "x": x, "distance": found.distance}
    if found.distance > matched.limit:
        said = sentences.FAR.format(**where, limit=matched.limit)
        yield Finding(name, "shift", "refused", said)
    elif matched.match.shift != (0.0, 0.0):
        yield Finding(name, "shift", "note", sentences.MOVED.format(**where))
    if found.moved > WARPED and found.blocks * found.moved >= 2:
        much = found.moved > MUCH_WARPED
        advice = (
            "Register the images first."
            if much
            else "Those parts may come out blurred."
        )
        said = sentences.WARPED.format(
            **place,
            share=percent(found.moved),
            farthest=found.farthest,
            advice=advice,
        )
        yield Finding(name, "warped", "refused" if much else "warning", said)


def _counts(
    match: Match, noise: NoiseModel, place: dict[str, str]
) -> Iterator[Finding]:
    if match.slope <= 0:
        said = sentences.NEGATIVE.format(**place)
        yield Finding(place["name"], "intensity", "refused", said)
        return
    off = abs(match.intercept) > INTERCEPT_OFF * noise.sigma
    if off or abs(match.slope - 1) > SLOPE_OFF:
        said = sentences.STRETCHED.format(**place, line=_in_words(match))
        yield Finding(place["name"], "intensity", "note", said)


def _planes(
    sample: Sample, noise: NoiseModel, matched: Matched, place: dict[str, str]
) -> Iterator[Finding]:
    """Whether the planes of a stack are mapped alike."""
    sigma = float(noise.std(np.mean(sample.noisy)))
    found = mapped_otherwise(matched.planes, sigma)
    if found is None:
        return
    one, other = found
    said = sentences.PLANES_DIFFER.format(
        **place,
        one=sample.numbers[other],
        other=sample.numbers[one],
        line=_in_words(matched.planes[other]),
        against=_in_words(matched.planes[one]),
    )
    yield Finding(place["name"], "planes", "refused", said)


def _shared_noise(matched: Matched, place: dict[str, str]) -> Finding | None:
    """Whether the clean image is a mean that holds the noisy one."""
    share = matched.shared_noise
    if share <= PERHAPS_SHARED:
        return None
    is_sure = share > SHARED
    text = sentences.HOLDS_THE_NOISY_ONE if is_sure else sentences.MAY_HOLD_IT
    said = text.format(**place, frames=f"{1 / share:.0f}")
    level: Level = "refused" if is_sure else "warning"
    return Finding(place["name"], "shared noise", level, said)


def _noise_of_clean(matched: Matched, place: dict[str, str]) -> Finding | None:
    """Compare the noise of both, in the fine details that they do not share."""
    if not matched.registration.found or matched.correlation <= 0:
        return None
    one, other = matched.noise_of_noisy, matched.noise_of_clean
    if other <= HARDLY * one:
        return None
    if other > SWAPPED * one:
        ratio = f"{other / one:.1f} times" if other < 100 * one else "much"
        said = sentences.SWAPPED.format(**place, ratio=ratio)
        return Finding(place["name"], "swapped", "refused", said)
    said = sentences.HARDLY.format(**place, share=percent(other / one))
    return Finding(place["name"], "noisy clean", "warning", said)


def _in_words(line: Line | Match) -> str:
    sign = "−" if line.intercept < 0 else "+"
    return sentences.LINE.format(
        slope=line.slope, sign=sign, intercept=abs(line.intercept)
    )
