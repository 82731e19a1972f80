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
SIGMA = "Standard deviation of the noise, in the image's own counts."
STRENGTH = (
    "1 is the full result, less blends the original in, 0 is the original. More than "
    "1 smooths more than the noise asks for; only models that are told the noise can."
)
DEVICE = (
    "What computes. Automatic takes a GPU if there is one, and the CPU if the GPU "
    "runs out of memory."
)
ALSO = (
    "Denoise the other images that are selected in the layer list in the same run, "
    "each into a layer of its own."
)
BY_ITSELF = "Choose the model and the strength of each channel."
CHANNEL_MODEL = "What removes the noise from this channel."
CHANNEL_STRENGTH = "Strength for this channel. 0 leaves it as it is."
MORE = "How much of the image, type of the result, where it goes, what computes."
PART = (
    "Only what is in view: the rectangle of the plane that the canvas shows, as a run "
    "over the whole image gives it."
)
DTYPE = (
    "Results of whole numbers are rounded, and cut off at the ends of their type. At "
    "a few counts a pixel choose float32."
)
RESULT = (
    "A file for what does not fit into memory: the result is written plane by plane, "
    "and its layer shows what is there already and reads only what is shown."
)
RESULT_FILE = "A new file; its name ends in .zarr, or in .tif."
PREVIEW = (
    "Denoise what is in view, again whenever you change something. What you see is "
    "what a run makes of it."
)
RUN = "Denoise. napari stays usable meanwhile. (Ctrl+Return in this panel)"
CANCEL = "Stop. Nothing half-done is kept. (Escape in this panel)"

RANK = (
    "Try every model on a few windows of the layer and sort them by the error that is "
    "to be expected, without a clean image to compare with."
)
ASSESS = (
    "Say what can be known of the result without a clean image: expected gain, what "
    "was taken out, intensity, resolution. Takes the result that is selected, or the "
    "last one of this layer."
)
COPY = "Copy the lines that do the same from napari's console."
USE_MODEL = "Take the selected model in the Denoise panel."
RANKING_COLUMNS = {
    "Model": "What removes the noise; each plane is denoised alone here.",
    "Gain in dB": "Expected PSNR over that of the noisy image, with standard error.",
    "Error in counts": "Expected root-mean-square error.",
    "Whiteness": "Of what was taken out, against the noise: 1 is best.",
    "Correlation": "Of what was taken out with what was left: 0 is best.",
    "Intensity": "Share of the image's counts that is kept.",
}
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
