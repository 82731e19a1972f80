"""What is said of pairs that do not fit, in plain words."""

UNREADABLE = "“{name}” cannot be used: {error}"
EXPORT = "Remove it, or export it again."
NO_NUMBERS = (
    "The {which} image of “{name}”{channel} holds no number at all in plane {plane}, "
    "only NaN or infinity. Remove it, or export it again."
)
FILLED = (
    "{share} of the {which} image of “{name}”{channel} is no number (NaN or infinite): "
    "those pixels are filled from their neighbours."
)
INVENTED = (
    "{share} of the clean image of “{name}”{channel} is no number (NaN or infinite): a "
    "network would learn what is put in the place of those pixels. Crop both images to "
    "where there are numbers."
)
SHAPES = (
    "The images of “{name}” differ in size: noisy {noisy}, clean {clean}. Crop or "
    "export both alike."
)
CHANNELS = (
    "“{name}” has {channels}, the first image has {first}: give images with the same "
    "channels."
)
DTYPES = (
    "The images of “{name}” are of different types, noisy {noisy} and clean {clean}; "
    "the clean counts are mapped to the noisy ones."
)
SMALL = (
    "“{name}” is too small to train on: {height} × {width} pixels. Give images of at "
    "least {least} × {least}."
)
IDENTICAL = (
    "The noisy and the clean image of “{name}”{channel} are the same, pixel by pixel. "
    "Give a clean image of the field: a long exposure, or the mean of many frames."
)
REPEATED = (
    "“{name}” and “{other}” have the same noisy image: it would count twice, in "
    "training and in validation. Leave one of them out."
)
REUSED = (
    "The clean image of “{name}” is the noisy image of “{other}”: one is misplaced."
)
SHARED = (
    "“{name}” and “{other}” share their clean image: they show one field, which tells "
    "a network less than two."
)
ONE_FIELD = (
    "“{name}” and “{other}” show one field, or planes next to each other: they are "
    "held out together, or trained on together."
)
OVERLAP = (
    "“{name}” and “{other}” overlap: the same pixels are in both. They are held out "
    "together, or trained on together. Give whole images rather than parts of them: "
    "patches are cut from them by themselves."
)
ALL_OVERLAP = (
    "“{name}” and “{other}” overlap, and all images show one field or parts of it: "
    "what is held out would be learned from, too. Give the whole image, once: patches "
    "are cut from it by themselves."
)
NO_NOISE = (
    "No noise can be measured in the noisy image of “{name}”{channel}: it may be "
    "denoised or clean already. Give raw images, or say how strong the noise is."
)
OTHER_NOISE = (
    "Noise was given that does not fit “{name}”{channel}. {difference} Let it be "
    "measured unless you are sure of your numbers."
)
BAD_NOISE = "The noise of “{name}” cannot be measured: {error}"
SATURATED = (
    "{share} of the {which} image of “{name}”{channel} is saturated: there its "
    "brightness is lost. Expose less if you can."
)
FOREIGN = (
    "The noisy and the {which} image of “{name}”{channel} do not show the same field: "
    "their details agree by {agreement}. Check which files belong together. If they "
    "do, leave the pair out: strong stripes hide that."
)
DOUBTFUL = (
    "The noisy and the {which} image of “{name}”{channel} agree less than their noise "
    "explains, by {agreement}: they may differ in focus, or the sample may have "
    "changed."
)
TOO_FAINT = (
    "“{name}”{channel} shows too little above its noise to tell whether both images "
    "show the same field, and how they lie. Make sure that they do; {mapped}."
)
AS_THEY_ARE = "counts are taken as they are"
AS_OTHERS = "the clean counts are mapped as those of the other pairs"
TOO_FAINT_TO_MAP = (
    "“{name}”{channel} shows too little above its noise to tell how the clean counts "
    "are mapped to the noisy ones, and they are not the same. Give larger images or "
    "ones of more photons, or a clean image taken with the same camera settings."
)
FLAT = (
    "The {which} image of “{name}”{channel} is the same everywhere: there is nothing "
    "to learn from it."
)
FLAT_NOISY = (
    "The noisy image of “{name}”{channel} is the same everywhere: there is nothing to "
    "learn from it. Leave an empty channel out of the images."
)
FAR = (
    "The clean image of “{name}”{channel} lies {distance:.1f} pixels off ({y:+.1f} "
    "along Y, {x:+.1f} along X), more than the {limit:.1f} that are put right. "
    "Register the images first."
)
MORE = "The same goes for {count} more {noun}."
MOVED = (
    "The clean image of “{name}”{channel} lay {distance:.1f} pixels off: it is moved "
    "by {y:+.2f} along Y and {x:+.2f} along X."
)
WARPED = (
    "Parts of “{name}”{channel} moved between the two images: {share} of its blocks "
    "lie up to {farthest:.1f} pixels from where the rest lies. {advice}"
)
STRETCHED = (
    "The counts of the noisy and the {which} image of “{name}”{channel} differ: those "
    "of the {which} one are mapped by {line}."
)
LINE = "{slope:.3g} · counts {sign} {intercept:.3g}"
PLANES_DIFFER = (
    "The counts of plane {one} of “{name}”{channel} are mapped otherwise than those of "
    "plane {other}: by {line} against {against}. Give the planes as single images."
)
NEGATIVE = (
    "The {which} image of “{name}”{channel} is dark where the noisy one is bright: one "
    "of them is inverted, or they do not belong together."
)
SWAPPED = (
    "The clean image of “{name}”{channel} is {ratio} noisier than the noisy one: noisy "
    "and clean seem to be swapped."
)
HARDLY = (
    "The clean image of “{name}”{channel} has {share} of the noise of the noisy one: "
    "as a target that costs detail. Average more frames; or, where both are single "
    "frames of one field, train on them as repeated frames."
)
HOLDS_THE_NOISY_ONE = (
    "The clean image of “{name}”{channel} seems to be the mean of about {frames} "
    "frames, and the noisy one is among them: a network would learn to return its "
    "noise. Leave it out of the mean; a stack of the frames does that by itself."
)
MAY_HOLD_IT = (
    "The clean image of “{name}”{channel} may be the mean of about {frames} frames "
    "with the noisy one among them. If it is, leave it out of the mean: what is gained "
    "on such pairs is lost on other images."
)
SHUFFLED = (
    "The noisy image of “{name}” fits the clean image of “{other}” better than its own "
    "(correlation {better:.2f} against {own:.2f}): the files seem to be shuffled."
)
NO_FRAMES = (
    "“{name}” has no repeated frames: it needs at least 2 along the axis T, and has "
    "{frames}. Give its axes, such as TYX, if a stack holds the frames."
)
FRAMES_IDENTICAL = (
    "{share} of the frames of “{name}”{channel} are the same as the one before: they "
    "hold no new noise. Leave the copies out."
)
FRAMES_MOVE = (
    "The frames of “{name}”{channel} move against each other by up to {distance:.1f} "
    "pixels. {advice}"
)
FRAMES_DRIFT = (
    "“{name}”{channel} gets {word} by {share} from the first frame to the last: what "
    "a frame is compared with is brought to its brightness."
)
NO_REPEATS = (
    "The frames of “{name}”{channel} differ by more than their noise: the sample "
    "changes between them. {advice}"
)
FRAMES_REFUSE = "Repeated frames must show one field that does not change."
FRAMES_WARN = "Details may come out blurred."
