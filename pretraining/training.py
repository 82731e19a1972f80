"""The training loop: resumable, logged, averaged."""

from __future__ import annotations

import json
import math
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.utils import convert_conv2d_weight_memory_format
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from napari_denoise.networks import ARCHITECTURES
from pretraining.degradation import collate, degrade
from pretraining.images import draw_patch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

    from pretraining.degradation import Batch
    from pretraining.images import CleanImage, Collection
    from pretraining.recipe import Recipe

SAVE_EVERY_S = 240
LONGEST_STEP_S = 20
"""A step that took longer was paused; the rest of it does not count as training."""
VALIDATION_PATCHES = 48


class Trainer:
    """Everything that a checkpoint has to hold, and one step of training.

    Parameters
    ----------
    recipe : Recipe
    device : torch.device
    """

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe, self.device = recipe, device
        network = ARCHITECTURES[recipe.architecture](**recipe.hyperparameters)
        self.network = network.to(device)
        if network.ndim == 2:
            convert_conv2d_weight_memory_format(network, torch.channels_last)
        average = get_ema_multi_avg_fn(recipe.ema)
        self.average = AveragedModel(
            self.network, multi_avg_fn=average, use_buffers=True
        )
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.0)
        self.steps = 0
        self.seconds = 0.0
        self.pixels = 0

    def step(self, batch: Batch, progress: float) -> float:
        """Take one step; `progress` runs from 0 to 1 over this schedule."""
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate(progress)
        loss = self.loss(self.network, batch)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        self.steps += 1
        self.pixels += batch.noisy.numel()
        return float(loss.detach())

    def loss(self, network: torch.nn.Module, batch: Batch) -> Tensor:
        """Root of the share of noise variance that is left, mean over patches."""
        return relative_error(self.run(network, batch), batch).mean()

    def run(self, network: torch.nn.Module, batch: Batch) -> Tensor:
        """Denoise a batch in mixed precision where the recipe asks for it."""
        mixed = self.recipe.bfloat16 or self.device.type == "cuda"
        autocast = torch.autocast(self.device.type, torch.bfloat16)
        with autocast if mixed else nullcontext():
            output: Tensor = network(batch.noisy, batch.sigma)
        return output.float()

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "seconds": self.seconds,
            "pixels": self.pixels,
        }

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.pixels = state["steps"], state["pixels"]
        self.seconds = state["seconds"]

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Start from the weights of a model file."""
        self.network.load_state_dict(weights)
        self.average.module.load_state_dict(weights)

    def _learning_rate(self, progress: float) -> float:
        peak, warmup = self.recipe.learning_rate, self.recipe.warmup
        cosine = 0.505 + 0.495 * math.cos(math.pi * min(progress, 1.0))
        return peak * cosine * min(1.0, (self.steps + 1) / warmup)


def relative_error(output: Tensor, batch: Batch) -> Tensor:
    """Root-mean-square error of each patch in units of the noise.

    Squares are taken in counts, through the exact unbiased inverse: the minimum of
    their mean is the posterior mean E(x|y), which keeps the counts. The root by patch
    moves that minimum where patches of one kind differ much in error.

    Parameters
    ----------
    output : Tensor, shape (N, 1, Y, X)
        What the network returned.
    batch : Batch
        What the network was given, and the truth.

    Returns
    -------
    Tensor, shape (N,)
        The root balances noise levels: hard patches count more than easy ones, but
        not in proportion to what is left of the noise.
    """
    restored, variance = batch.restored(output)
    error = (restored - batch.clean).square().mean(dim=(1, 2, 3)) / variance
    return (error + 1e-4).sqrt()


def batches(collection: Collection, recipe: Recipe, seed: int) -> Iterator[Batch]:
    """Draw batches for ever."""
    rng = np.random.default_rng(seed)
    kinds = [kind for kind in recipe.kinds if kind in collection.training]
    shares = np.array([recipe.kinds[kind] for kind in kinds])
    while True:
        images = [
            _pick(collection.training[kind], rng)
            for kind in rng.choice(kinds, recipe.batch, p=shares / shares.sum())
        ]
        yield _batch(images, recipe, rng)


def train(
    trainer: Trainer, collection: Collection, checkpoint: Path, minutes: float
) -> Iterator[dict[str, float]]:
    """Train for some minutes; checkpoint, validate and yield a log line now and then.

    Parameters
    ----------
    trainer : Trainer
        Network, optimiser and counts; changed on the way.
    collection : Collection
        Images to train and to validate on.
    checkpoint : Path
        Written every few minutes and at the end, whole or not at all.
    minutes : float
        Length of the schedule in minutes of training (pauses do not count).

    Yields
    ------
    dict of str to float
        ``steps``, ``minutes``, ``megapixels``, ``loss`` and ``validation``.
    """
    recipe = trainer.recipe
    held_out = validation_batches(collection.validation, recipe)
    source = batches(collection, recipe, seed=trainer.steps)
    start, saved, losses = trainer.seconds, trainer.seconds, list[float]()
    total = 60 * minutes
    trainer.network.train()
    while (spent := trainer.seconds - start) < total:
        began = time.monotonic()
        losses.append(trainer.step(next(source).to(trainer.device), spent / total))
        trainer.seconds += min(time.monotonic() - began, LONGEST_STEP_S)
        last = trainer.seconds - start >= total
        if trainer.seconds - saved > SAVE_EVERY_S or last:
            saved = trainer.seconds
            save(trainer.state(), checkpoint)
            yield {
                "steps": trainer.steps,
                "minutes": round(trainer.seconds / 60, 2),
                "megapixels": round(trainer.pixels / 1e6, 1),
                "loss": round(float(np.mean(losses)), 5),
                "validation": round(validate(trainer, held_out), 5),
            }
            losses.clear()


def validation_batches(images: list[CleanImage], recipe: Recipe) -> list[Batch]:
    """Draw the same noisy patches of the held-out images each time."""
    rng = np.random.default_rng(0)
    drawn = [_pick(images, rng) for _ in range(VALIDATION_PATCHES)]
    groups = (drawn[i : i + 16] for i in range(0, len(drawn), 16))
    return [_batch(group, recipe, rng) for group in groups]


@torch.no_grad()
def validate(trainer: Trainer, held_out: list[Batch]) -> float:
    """Mean relative error of the averaged weights; less is better."""
    trainer.average.eval()
    errors = [
        relative_error(trainer.run(trainer.average, b), b)
        for b in (batch.to(trainer.device) for batch in held_out)
    ]
    return float(torch.cat(errors).mean())


def save(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(path)


def append_log(line: dict[str, Any], path: Path) -> None:
    """Add one JSON line to a log."""
    with path.open("a") as log:
        log.write(json.dumps(line) + "\n")


def _pick(images: list[CleanImage], rng: np.random.Generator) -> CleanImage:
    # Large images hold more to learn from; but a few must not drown the rest.
    sizes = np.array([image.pixels.size for image in images], float) ** 0.5
    return images[rng.choice(len(images), p=sizes / sizes.sum())]


def _batch(images: list[CleanImage], recipe: Recipe, rng: np.random.Generator) -> Batch:
    patches = (draw_patch(im, recipe.patch, recipe.max_shrink, rng) for im in images)
    return collate([degrade(p, recipe.degradation, rng) for p in patches])
