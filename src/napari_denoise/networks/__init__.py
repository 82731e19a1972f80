"""Networks: torch modules, one class each for 2D and 3D.

Each is called as ``network(noisy, sigma)``: `noisy` of shape (N, 1, [Z,] Y, X) and any
size, `sigma` of shape (N,) in the units of `noisy`, and returns the denoised image in
the same shape. To add a network, write such a class and name it in `ARCHITECTURES`.
"""

from napari_denoise.networks.autoencoder import AutoEncoder
from napari_denoise.networks.base import DenoisingNetwork
from napari_denoise.networks.dncnn import DnCNN
from napari_denoise.networks.inflation import inflate
from napari_denoise.networks.unet import UNet

ARCHITECTURES: dict[str, type[DenoisingNetwork]] = {
    "dncnn": DnCNN,
    "unet": UNet,
    "autoencoder": AutoEncoder,
}

__all__ = [
    "ARCHITECTURES",
    "AutoEncoder",
    "DenoisingNetwork",
    "DnCNN",
    "UNet",
    "inflate",
]
