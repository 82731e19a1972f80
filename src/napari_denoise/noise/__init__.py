"""Poisson-Gaussian noise: the model, its measurement, stabilisation and simulation.

The observation is ``y = x + n`` with ``var(n) = gain * (x - offset) + read_std**2``
(Foi et al., IEEE TIP 17:1737, 2008).
"""

from napari_denoise.noise.anscombe import (
    exact_unbiased_inverse,
    generalized_anscombe,
    stabilise,
    unstabilise,
)
from napari_denoise.noise.comparing import compare_noise
from napari_denoise.noise.conservation import keep_counts
from napari_denoise.noise.estimation import estimate_plane_noise, gaussian_sigma
from napari_denoise.noise.finite import finite_plane
from napari_denoise.noise.measure import Measure
from napari_denoise.noise.model import NoiseModel, VarianceFit
from napari_denoise.noise.sampling import (
    Window,
    estimate_noise,
    measure_channel,
    measure_windows,
    sample_windows,
)
from napari_denoise.noise.scaling import Scaling
from napari_denoise.noise.simulation import simulate

__all__ = [
    "Measure",
    "NoiseModel",
    "Scaling",
    "VarianceFit",
    "Window",
    "compare_noise",
    "estimate_noise",
    "estimate_plane_noise",
    "exact_unbiased_inverse",
    "finite_plane",
    "gaussian_sigma",
    "generalized_anscombe",
    "keep_counts",
    "measure_channel",
    "measure_windows",
    "sample_windows",
    "simulate",
    "stabilise",
    "unstabilise",
]
