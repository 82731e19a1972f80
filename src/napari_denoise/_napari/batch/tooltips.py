"""Every tooltip of the *Batch* panel."""

SOURCE = (
    "Folder of the noisy images: TIFF and OME-Zarr, and what the reader plugins of "
    "this napari open. They are never changed."
)
PATTERN = (
    "Which files: * for all images, or a part of their names, such as *.tif. Several "
    "with semicolons between them: day1/*; *_488.tif"
)
RECURSIVE = "The results lie in folders of the same names."
TARGET = (
    "Folder of the results, made if it is not there. The report is written there, too."
)
NOISE = (
    "Measured in each file: gain, read noise and correlation are read off each image.\n"
    "Measured once: over many files, for images of one camera with one setting; best "
    "where a single image is dark or empty.\n"
    "What is known of the camera may be typed instead; it then holds for all images."
)
MORE = "Strength, stack, axes, device, type and format of the results, assessment."
STACK = (
    "Neighbouring planes show much the same, each with noise of its own: looked at "
    "together they show more, unless they lie far apart or things move fast.\n"
    "Where they help: tried on a few windows of each image first."
)
AXES = (
    "What the axes of all images are, in order: T time, C channel, Z depth, Y and X "
    "the image plane, S red-green-blue. As the files say: images that say nothing are "
    "taken as Y X and Z Y X."
)
FORMAT = (
    "Same: a TIFF file becomes a TIFF file, an OME-Zarr folder one of those, anything "
    "else an OME-TIFF."
)
ASSESS = (
    "What the report says of each result.\n"
    "Quick: whether what was taken out is noise alone.\n"
    "Full: also the error that is to be expected; this takes several times as long as "
    "denoising."
)
OVERWRITE = (
    "Replace files in the folder of the results even if they are no results of this "
    "plugin. Else they are kept, and the image is reported as failed."
)
RUN = (
    "Denoise what has no result yet, or has another one than these settings give. "
    "napari stays usable meanwhile. (Ctrl+Return in this panel)"
)
CANCEL = "Stop. What is done is kept; Run goes on from there. (Escape in this panel)"
REPORT = "Open the page with a picture of each result in the web browser."
TABLE = "Double-click a result to see it beside its original."
