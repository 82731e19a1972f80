"""What the user should know about a measurement of noise, in plain words."""

CORRELATED = (
    "Neighbouring pixels share their noise: it is correlated over about {length:.1f} "
    "pixels, as resampled or corrected camera frames have it. Its strength is measured "
    "on coarser scales and is less sure; a background region makes it surer."
)
CORRELATED_IN_REGION = (
    "Neighbouring pixels share their noise: in the background region it is correlated "
    "over about {length:.1f} pixels, as resampled or corrected camera frames have it."
)
LITTLE_RANGE = (
    "The brightness spans too little to tell photon noise from read noise: the noise "
    "is taken to be equally strong everywhere."
)
SMALL = (
    "The image is too small to find out how the noise grows with the brightness: it is "
    "taken to be equally strong everywhere."
)
AT_FLOOR = (
    "{share} of the pixels are cut off at the lowest value. The noise was measured on "
    "the others, and the background may come out slightly too bright."
)
AT_CEILING = (
    "{share} of the pixels are saturated: how bright they were is lost. The noise was "
    "measured on the others."
)
STRUCTURE = (
    "The background region holds more than noise: pixels far apart in it are alike. "
    "The noise may come out too strong; draw the region where nothing is to be seen."
)
REGION_CUT_OFF = (
    "The background region is cut off at the lowest value, so its noise is not the "
    "whole noise: the image was measured without it."
)
REGION_WITHOUT_NOISE = (
    "The background region shows no noise at all: it may be padding, or cut off at the "
    "lowest value. Draw it where the image flickers and nothing else is to be seen."
)
OFFSET_TOO_HIGH = (
    "The darkest parts of the image lie at {darkest:.4g}, below the camera's offset of "
    "{offset:.4g}: check the offset."
)
OFFSET_TOO_LOW = (
    "With a camera offset of {offset:.4g} the read noise would be less than none; it "
    "is taken to be 0. By the measured line the offset is at least {least:.4g}."
)


def percent(share: float) -> str:
    """``"12 %"``, ``"0.3 %"``, ``"less than 0.1 %"``."""
    if share < 0.001:
        return "Less than 0.1 %"
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
