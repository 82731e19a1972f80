"""Every tooltip of the *Fine-tune* panel."""

NOISY = (
    "The noisy images: a layer, a folder of TIFF or OME-Zarr files, or one file. They "
    "are never changed."
)
LEARN = (
    "What the network is shown as the truth.\n"
    "Clean images: the same fields, exposed longer or averaged. Best, if they fit.\n"
    "Repeated frames: a stack of the same field along T, with nothing moving in it; "
    "each frame is compared with the mean of the others, or with another frame.\n"
    "The noisy images alone: if there is nothing else."
)
CLEAN = (
    "The clean images of the same fields. Files of two folders belong together by "
    "their names."
)
PATH = "Drop it here, or press the button."
AXES = (
    "What the axes of the images are, in order: T time, C channel, Z depth, Y and X "
    "the image plane, S red-green-blue."
)
NOISE = (
    "Measured: gain, read noise and correlation are read off each image.\n"
    "What is known of the camera may be typed instead; it then holds for all images. "
    "Blind spots need nothing of it: “not modelled” will do."
)
CHECK = (
    "Look whether noisy and clean images belong together, how they lie on each other, "
    "and how fast training is here. Start does this, too."
)
MODEL = (
    "The network that learns on. If nothing that is learnt is surely better on "
    "held-out data, it is what you get back."
)
LENGTH = "How long it learns. It stops by itself when nothing becomes better for long."
MINUTES = "Minutes of training. Pauses do not count."
DEVICE = "What computes. Automatic takes a GPU if there is one."
MORE = "Noise, loss, which part learns, augmentation, held-out share, random weights."
UNTRAINED = (
    "A network of this kind that knows nothing yet. It needs many images and hours; "
    "what it starts from is hardly ever better so."
)
ALONE = (
    "How to learn from noisy images alone.\n"
    "By the measured noise: each image is made into two whose noise is independent.\n"
    "Blind spots: each pixel from those around it. For noise of unknown strength that "
    "neighbouring pixels do not share."
)
LOSS = (
    "What counts as an error.\n"
    "Squares keep the counts: the one to measure intensities on. The others look "
    "sharper, or forgive outliers, and cost trust: see docs/losses.md."
)
TRAIN = (
    "Which weights learn. The fewer, the less can be forgotten, and the less gained."
)
AUGMENTATION = (
    "How many patches are made of few.\n"
    "As usual: flips, quarter turns, shifts, another range; and in half of the patches "
    "noise that is drawn anew, where clean images are measured to be clean. Nothing is "
    "interpolated.\n"
    "Strong: those patches are also turned freely, magnified, bent, and change their "
    "contrast. For very few pairs."
)
VALIDATION = (
    "Share of the images, or of the only one, that is held out: never trained on, and "
    "what tells whether anything became better."
)
SEED = "Of everything random."
DROPOUT = (
    "Share of channels at the bottleneck that is left out at each step: 0 is none. "
    "Against over-fitting."
)
PATCHES = "Look at patches as training would see them, noisy above clean."
START = "Check, then train. napari stays usable. (Ctrl+Return in this panel)"
PAUSE = "Hold on, or go on. A pause takes nothing of the minutes."
STOP = "End here, and keep what is best so far. (Escape in this panel)"
NAME = "By which the Denoise panel offers the model, and your scripts call it."
REPLACE = "There is a model of this name. Take its place."
SAVE = "Put the model among your own."
USE = "Open the Denoise panel, and choose the model there."
COURSE = "Curves and pictures of the course."
CURVES = (
    "Share of the noise variance that is left, of patches that are trained on and of "
    "held-out data. Lower is better. Where only the first goes on falling, the "
    "network learns its images by heart."
)
PICTURES = "A held-out part, in one contrast for all."
SWITCHES = {
    "flips": ("flips", "Mirror images."),
    "quarter_turns": ("quarter turns", "Turned by 90, 180 and 270 degrees."),
    "shifts": ("shifts", "Patches begin anywhere, not on a grid."),
}
NUMBERS = {
    "gain": ("Gain", 0.05, "Other ranges of the network's input; counts stay."),
    "rotation": ("Rotation", 5.0, "Degrees to either side; with noise drawn anew."),
    "zoom": ("Zoom", 0.05, "0.2 is up to 20 % larger or smaller; noise drawn anew."),
    "gamma": ("Gamma", 0.05, "Other contrast of the clean image; noise drawn anew."),
    "elastic": ("Elastic", 0.5, "Smooth displacement in pixels; noise drawn anew."),
    "redrawn": ("New noise", 0.1, "Share of patches whose noise is drawn anew."),
}
"""Attributes of `Augmentation`: label, step where there is one, tooltip."""
