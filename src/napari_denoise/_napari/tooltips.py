"""Every tooltip of the panels."""

LAYER = "The image to denoise. It stays as it is; the result is a new layer."
MODEL = "What removes the noise. The text below says what each one is good for."
AXES = (
    "What the axes of this image are, in order: T time, C channel, Z depth, Y and X "
    "the image plane, S red-green-blue. Asked because the layer has no axis labels."
)
NEIGHBOURS = (
    "Neighbouring planes show much the same, each with noise of its own: looked at "
    "together they show more, unless they lie far apart or things move fast.\n"
    "Where they help: tried on a few windows of the image first."
)
NOISE = (
    "Measured: gain, read noise and correlation are read off the image itself.\n"
    "Gaussian: noise of the same strength everywhere; type its standard deviation.\n"
    "Not modelled: the model sees the pixel values as they are."
)
SIGMA = "Standard deviation of the noise, in the image's own counts."
STRENGTH = (
    "1 is the full result, less blends the original in, 0 is the original. More than "
    "1 smooths more than the noise asks for; only models that are told the noise can."
)
DEVICE = (
    "What computes. Automatic takes a GPU if there is one, and the CPU if the GPU "
    "runs out of memory."
)
PREVIEW = (
    "Denoise what is in view, again whenever you change something. What you see is "
    "what a run makes of it."
)
RUN = "Denoise the layer. napari stays usable meanwhile."
CANCEL = "Stop. Nothing of this run is kept."
COMPARE = "A result, or the live preview, to look at beside what it was made from."
COMPARE_WITH = "What it was made from, or another result: so two models are compared."
HOW = (
    "Curtain: a line to drag over the image, the original before it, the result after "
    "it.\n"
    "Blink: the result; the original while a key is held.\n"
    "Residual: what was taken away, original − result. It should look like noise "
    "alone; whatever you recognise in it was lost."
)
SPLIT = (
    "Where the line is in the view. Drag the line itself, or use the arrow keys here."
)
HOLD = "Shows the original as long as you press it; so does the key."
