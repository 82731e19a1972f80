"""What a checkpoint holds, and one step of training."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from torch.optim.swa_utils import AveragedModel

from napari_denoise.models import Training
from napari_denoise.networks import ARCHITECTURES, inflate
from napari_denoise.networks.base import channels_last
from napari_denoise.networks.dncnn import DnCNN
from napari_denoise.training.averaging import warming_average
from napari_denoise.training.losses import (
    WEIGHT_OF_TOTAL,
    noise_left,
    noise_left_of_total,
    relative_error,
    weighted_square_error,
)
from napari_denoise.training.precision import mixed_precision
from pretraining.optimiser import build_optimisers
from pretraining.schedule import Schedule
from pretraining.unfolding import unfolded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from torch import Tensor

    from napari_denoise.models import NetworkModel
    from napari_denoise.networks import DenoisingNetwork
    from napari_denoise.training.examples import Batch
    from pretraining.recipe import Recipe


class Trainer:
    """Network, its running average, optimisers and counts.

    Parameters
    ----------
    recipe : Recipe
    device : torch.device

    Attributes
    ----------
    average : AveragedModel
        Running average of the weights: what is validated and exported.
    schedule : Schedule
        The present course of training.
    steps, pixels : int
    seconds : float
        Of training in all, over all courses.
    """

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe, self.device = recipe, device
        network = ARCHITECTURES[recipe.architecture](**recipe.hyperparameters)
        self.network = network.to(device)
        channels_last(network)
        self.average = AveragedModel(
            self.network, multi_avg_fn=warming_average(recipe.ema), use_buffers=True
        )
        self.optimisers = build_optimisers(self.network, recipe.muon)
        self.precision = mixed_precision(device, recipe.bfloat16)
        self.scaler = torch.amp.GradScaler(
            device.type, enabled=self.precision is torch.float16
        )
        self.schedule = Schedule()
        self.steps, self.pixels, self.seconds = 0, 0, 0.0

    def step(self, batch: Batch) -> float:
        """Learn from one batch, and return its loss."""
        rate = self.recipe.learning_rate * self.schedule.rate(self.seconds)
        loss = self.loss(batch)
        if not loss.isfinite():
            raise FloatingPointError(
                "The loss is no longer a number; the last checkpoint is as it was. "
                "Lower learning_rate and train on from there."
            )
        self.network.zero_grad()
        torch.autograd.backward(self.scaler.scale(loss))
        for optimiser in self.optimisers:
            self.scaler.unscale_(optimiser)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            self.scaler.step(optimiser)
        self.scaler.update()
        self.average.update_parameters(self.network)
        self.steps += 1
        self.pixels += batch.clean.numel()
        return float(loss.detach())

    def loss(self, batch: Batch) -> Tensor:
        """Mean over patches; plain squares in the last part of a course."""
        output = self.run(self.network, batch)
        left = noise_left(output, batch)
        if self.schedule.progress(self.seconds) <= 1 - self.recipe.finish:
            return relative_error(left).mean()
        left = left + WEIGHT_OF_TOTAL * noise_left_of_total(output, batch)
        return weighted_square_error(left, batch.sigma).mean()

    @torch.no_grad()
    def validate(self, held_out: list[Batch]) -> float:
        """Mean relative error of the averaged weights; less is better."""
        averaged: Any = self.average.eval().module
        errors = [
            relative_error(noise_left(self.run(averaged, batch), batch))
            for batch in (each.to(self.device) for each in held_out)
        ]
        return float(torch.cat(errors).mean())

    def run(self, network: DenoisingNetwork, batch: Batch) -> Tensor:
        """Denoise a batch, in mixed precision where that is faster."""
        last = torch.channels_last if batch.noisy.ndim == 4 else torch.channels_last_3d
        noisy = batch.noisy.contiguous(memory_format=last)
        mixed = self.precision is not torch.float32
        kind = self.device.type
        with torch.autocast(kind, self.precision) if mixed else nullcontext():
            output = network.between_neighbours(noisy, batch.sigma)
        return output.float()

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [each.state_dict() for each in self.optimisers],
            "scaler": self.scaler.state_dict(),
            "schedule": asdict(self.schedule),
            "steps": self.steps,
            "seconds": self.seconds,
            "pixels": self.pixels,
        }

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        if state["scaler"]:  # empty where the loss needed no scale
            self.scaler.load_state_dict(state["scaler"])
        self.schedule = Schedule(**state["schedule"])
        self.steps, self.pixels = state["steps"], state["pixels"]
        self.seconds = state["seconds"]

    def start_from(self, model: NetworkModel, batches: Iterable[Batch]) -> None:
        """Start from a model: its weights, its minutes and its pixels.

        A 3D network starts from its 2D sibling, as one that has not been trained.

        Parameters
        ----------
        model : NetworkModel
            Of the recipe's architecture and size.
        batches : iterable of Batch
            Some of what it will see: a folded DnCNN gets its normalisation from them.
        """
        network, training = model.network, model.spec.training
        expected = self.network.hyperparameters()
        if self.network.ndim > network.ndim:
            depth = {k: v for k, v in expected.items() if k == "z_taps"}
            network, training = inflate(network, **depth), Training()
        found = network.hyperparameters()
        if {**found, "norm": None} != {**expected, "norm": None}:
            raise ValueError(
                f"{model.name} has {found}, the recipe {expected}: "
                "start another network with --scratch."
            )
        if isinstance(network, DnCNN) and not network.norm:
            network = unfolded(network, batches)
        self.network.load_state_dict(network.state_dict())
        self.average.module.load_state_dict(network.state_dict())
        self.seconds = 60 * training.minutes
        self.pixels = round(1e6 * training.megapixels)
