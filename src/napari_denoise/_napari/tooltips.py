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
NOISE_KNOWN = (
    "Measured: gain, read noise and correlation are read off the image itself.\n"
    "Offset known: with what the camera gives in the dark, read noise is told from "
    "offset, and brightness can be said in photons.\n"
    "On a region: the strength of the noise is read off where nothing is to be seen; "
    "best for noise that neighbouring pixels share.\n"
    "Gaussian: noise of the same strength everywhere; type its standard deviation.\n"
    "All numbers known: gain, offset and read noise, from the camera's data sheet or "
    "measured before.\n"
    "Not modelled: the model sees the pixel values as they are."
)
OFFSET = (
    "What the camera gives in the dark, in counts: the mean of a frame without light."
)
GAIN = "Counts that one detected photon adds."
READ_NOISE = "Standard deviation of the noise in the dark, in counts."
REGION = (
    "Shapes layer with a rectangle, an ellipse or a polygon where there is noise and "
    "nothing else: at least 200 pixels, better 1000. It counts in the plane where it "
    "was drawn last."
)
DRAW_REGION = "Add a Shapes layer, ready to draw a rectangle."
SHOW_NOISE = (
    "Variance against mean, the line through it, and what it says: gain, read noise, "
    "photons per pixel."
)
NOISE_CHANNEL = "Each channel has noise of its own."
NOISE_GRAPH = (
    "Each dot is a piece of the image of 16 × 16 pixels: how bright it is, and how "
    "much its pixels scatter. Photon noise grows with the brightness, along a line; "
    "dots above it hold structure, too."
)
