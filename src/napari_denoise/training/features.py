"""What a network sees in an image: distances between features of its layers."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from napari_denoise.models.registry import load_model
from napari_denoise.networks.base import append_sigma, reflect_to_multiple
from napari_denoise.training.similarity import as_planes

if TYPE_CHECKING:
    from collections.abc import Iterator

NETWORK = "autoencoder"
"""Its encoder keeps of an image what it needs to draw it again, and no more."""
TOLD = 0.02
"""Noise level that the encoder is told, in the network's range: little."""
GREY, PROBE = 0.5, 0.1


class Features:
    """Feature maps of a frozen encoder, one for each pitch.

    A distance between features is a perceptual loss (Johnson, Alahi & Fei-Fei, ECCV
    2016); here they are those of a denoiser of micrographs, not of a classifier of
    photographs.

    Parameters
    ----------
    encoder : Sequential
        Takes an image and its noise level; pools between pitches.
    stride : int
        Sides are made multiples of it.
    """

    def __init__(self, encoder: nn.Sequential, stride: int) -> None:
        self.encoder = encoder.eval().requires_grad_(False)
        self.stride = stride
        self.responses = self._measure_responses()

    @classmethod
    def bundled(cls, device: torch.device) -> Features:
        """Take the encoder of the bundled autoencoder.

        Parameters
        ----------
        device : torch.device
            What it is to run on.

        Returns
        -------
        Features
        """
        bundled: Any = load_model(NETWORK)  # a network, not a classical method
        network = bundled.network
        # The registry's own stays as it is: it denoises too.
        return cls(copy.deepcopy(network.encoder).to(device), network.stride)

    def distance(self, one: Tensor, other: Tensor) -> Tensor:
        """Mean square distance of the features, every pitch with the same weight.

        Parameters
        ----------
        one : Tensor of float32, shape (N, 1, [Z,] Y, X)
            Result; slopes flow back to it.
        other : Tensor of float32, same shape
            Truth.

        Returns
        -------
        Tensor, shape (N,)
            In squares of the network's range: about what the mean square error is,
            were the error white noise.
        """
        with torch.no_grad():
            truths = list(self._maps(as_planes(other)))
        maps = self._maps(as_planes(one))
        parts = [
            (a - b).square().reshape(len(one), -1).mean(dim=1) / response
            for a, b, response in zip(maps, truths, self.responses, strict=True)
        ]
        return torch.stack(parts).mean(dim=0)

    def _maps(self, planes: Tensor) -> Iterator[Tensor]:
        sigma = planes.new_full((len(planes),), TOLD)
        features = append_sigma(reflect_to_multiple(planes, self.stride), sigma)
        for layer, following in pairwise([*self.encoder, None]):
            features = layer(features)
            if following is None or isinstance(following, nn.MaxPool2d):
                yield features

    @torch.no_grad()
    def _measure_responses(self) -> list[float]:
        """Mean square change of the features for white noise of a mean square of 1."""
        device = next(self.encoder.parameters()).device
        noise = torch.randn((4, 1, 64, 64), generator=torch.Generator().manual_seed(0))
        grey = torch.full_like(noise, GREY).to(device)
        pairs = zip(
            self._maps(grey + PROBE * noise.to(device)), self._maps(grey), strict=True
        )
        return [float((a - b).square().mean()) / PROBE**2 for a, b in pairs]
