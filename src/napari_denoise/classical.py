"""Classical denoisers of a stabilised plane: the baselines that networks must beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Denoiser = Callable[[NDArray[np.float32], float], NDArray[np.float32]]

WAVELET_SHIFTS = 3


def tikhonov(noisy: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Maximum a posteriori estimate under the prior ``exp(-λ|Dx|²)``.

    A linear filter, diagonal in the cosine transform (which reflects the image, so
    nothing wraps around). Its λ minimises Stein's unbiased risk, which is exact for a
    linear filter (Stein, Ann. Stat. 9:1135, 1981).

    Parameters
    ----------
    noisy : ndarray of float32, shape (Y, X)
        Stabilised plane.
    sigma : float
        Standard deviation of its white Gaussian noise.

    Returns
    -------
    ndarray of float32, shape (Y, X)
    """
    from scipy.fft import dctn, idctn
    from scipy.optimize import minimize_scalar

    spectrum = dctn(noisy, norm="ortho")
    power = spectrum.astype(np.float64) ** 2
    ways = [2 - 2 * np.cos(np.pi * np.arange(n) / n) for n in noisy.shape]
    roughness = ways[0][:, None] + ways[1][None, :]

    def risk(log_weight: float) -> float:
        kept = 1 / (1 + np.exp(log_weight) * roughness)
        return float(np.sum((1 - kept) ** 2 * power + 2 * sigma**2 * kept))

    best = minimize_scalar(risk, bounds=(-8.0, 12.0), method="bounded").x
    filtered = spectrum / (1 + np.exp(best) * roughness)
    return np.asarray(idctn(filtered, norm="ortho"), np.float32)


def total_variation(noisy: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Total variation (Rudin, Osher & Fatemi 1992) by Chambolle's algorithm.

    Parameters
    ----------
    noisy : ndarray of float32, shape (Y, X)
        Stabilised plane.
    sigma : float
        Noise level; the weight is in proportion to it.

    Returns
    -------
    ndarray of float32, shape (Y, X)
    """
    from skimage.restoration import denoise_tv_chambolle

    smooth = denoise_tv_chambolle(noisy / sigma, weight=1.0, eps=1e-4)
    return np.asarray(smooth * sigma, np.float32)


def nonlocal_means(noisy: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Non-local means (Buades, Coll & Morel 2005), noise taken off the distances.

    Parameters
    ----------
    noisy : ndarray of float32, shape (Y, X)
        Stabilised plane.
    sigma : float
        Standard deviation of its white Gaussian noise.

    Returns
    -------
    ndarray of float32, shape (Y, X)
    """
    from skimage.restoration import denoise_nl_means

    smooth = denoise_nl_means(
        noisy / sigma, patch_size=5, patch_distance=8, h=0.6, sigma=1.0, fast_mode=True
    )
    return np.asarray(smooth * sigma, np.float32)


def wavelet(noisy: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Soft-thresholded wavelets, averaged over shifts.

    BayesShrink thresholds (Chang, Yu & Vetterli 2000) and cycle spinning (Coifman &
    Donoho 1995).

    Parameters
    ----------
    noisy : ndarray of float32, shape (Y, X)
        Stabilised plane.
    sigma : float
        Standard deviation of its white Gaussian noise.

    Returns
    -------
    ndarray of float32, shape (Y, X)
    """
    from skimage.restoration import cycle_spin, denoise_wavelet

    smooth = cycle_spin(
        noisy,
        denoise_wavelet,
        max_shifts=WAVELET_SHIFTS,
        func_kw={"sigma": sigma, "wavelet": "sym4", "rescale_sigma": False},
        workers=1,
    )
    return np.asarray(smooth, np.float32)


DENOISERS: dict[str, Denoiser] = {
    "tikhonov": tikhonov,
    "tv": total_variation,
    "nlm": nonlocal_means,
    "wavelet": wavelet,
}
