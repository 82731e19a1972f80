"""A network that learns: one step, its running average, and its state."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch.optim.swa_utils import AveragedModel

from napari_denoise.devices import free_memory, is_out_of_memory
from napari_denoise.errors import DeviceError
from napari_denoise.networks.base import channels_last
from napari_denoise.training.averaging import blend, warming_average
from napari_denoise.training.losses import make_loss
from napari_denoise.training.precision import cpu_has_bfloat16, mixed_precision
from napari_denoise.training.trainable import bottleneck_dropout, choose_trainable

if TYPE_CHECKING:
    from torch import Tensor

    from napari_denoise.networks import DenoisingNetwork
    from napari_denoise.training.course import Course
    from napari_denoise.training.examples import Batch
    from napari_denoise.training.self_supervision import Objective

MEMORY = 0.998
"""Of the running average, per step in the long run."""
LARGEST_GRADIENT = 1.0


class Tuner:
    """Network, running average and optimiser.

    Parameters
    ----------
    network : DenoisingNetwork
        The start; not changed.
    course : Course
    device : torch.device
    objective : callable, optional
        What is learned from noisy images alone; the course's loss by default.
    share : float
        Weight of what is learned; the rest is that of the start.

    Attributes
    ----------
    network : DenoisingNetwork
        What learns.
    average : AveragedModel
        Its running average.
    """

    def __init__(
        self,
        network: DenoisingNetwork,
        course: Course,
        device: torch.device,
        objective: Objective | None = None,
        share: float = 1.0,
    ) -> None:
        self.course, self.device, self.share = course, device, share
        self.network = copy.deepcopy(network).to(device)
        channels_last(self.network)
        self._start = copy.deepcopy(self.network).eval()
        self._tuned, self._tuned_at = copy.deepcopy(self._start), -1
        self.average = AveragedModel(
            self.network, multi_avg_fn=warming_average(MEMORY), use_buffers=True
        )
        learning = choose_trainable(self.network, course.train)
        self.optimiser = torch.optim.AdamW(
            learning, lr=course.learning_rate, weight_decay=course.weight_decay
        )
        self._learning = learning
        self.precision = mixed_precision(device, cpu_has_bfloat16())
        self.scaler = torch.amp.GradScaler(
            device.type, enabled=self.precision is torch.float16
        )
        self._loss = make_loss(course.loss, device)
        self._alone = objective

    def step(self, batch: Batch, number: int) -> float:
        """Learn from one batch, and return its loss.

        Parameters
        ----------
        batch : Batch
            On any device.
        number : int
            Of the step, from 0: what is random in it depends on it and the seed alone.

        Returns
        -------
        float
            NaN if training went astray; then nothing was learned.

        Raises
        ------
        DeviceError
            If the memory does not suffice.
        """
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(self.course.seed * 1_000_003 + number)
            try:
                return self._step(batch.to(self.device))
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
        free_memory(self.device)
        raise DeviceError(
            "The memory does not suffice to train with these patches. Close other "
            "programs, or train on the CPU (device=“cpu”)."
        )

    def _step(self, batch: Batch) -> float:
        self.network.train()
        with bottleneck_dropout(self.network, self.course.dropout):
            loss = self._errors(batch).mean()
        if not loss.isfinite():
            return float("nan")
        self.optimiser.zero_grad()
        torch.autograd.backward(self.scaler.scale(loss))
        self.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self._learning, LARGEST_GRADIENT)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.average.update_parameters(self.network)
        return float(loss.detach())

    def _errors(self, batch: Batch) -> Tensor:
        if self._alone is None:
            output = self._forward(batch.noisy, batch.sigma)
            errors: Tensor = self._loss(output, batch)
            return errors
        generator = torch.Generator()  # photons are dealt out on the CPU
        generator.manual_seed(int(torch.randint(1 << 62, ())))
        alone: Tensor = self._alone(self._forward, batch, generator)
        return alone

    def _forward(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        """Denoise a batch, in mixed precision where that is faster."""
        last = torch.channels_last if noisy.ndim == 4 else torch.channels_last_3d
        mixed = self.precision is not torch.float32
        kind = self.device.type
        with torch.autocast(kind, self.precision) if mixed else nullcontext():
            output = self.network.between_neighbours(
                noisy.contiguous(memory_format=last), sigma
            )
        return output.float()

    def learn_at(self, rate: float) -> None:
        """Set the learning rate of the next step."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    @torch.no_grad()
    def run(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        """Denoise by the weights that would be handed back, in full precision."""
        output: Tensor = self._blended().between_neighbours(noisy, sigma)
        return output

    def tuned_weights(self) -> dict[str, Tensor]:
        """Copy the weights that would be handed back to the CPU."""
        tuned = self._blended().state_dict().items()
        return {name: value.detach().cpu().clone() for name, value in tuned}

    def _blended(self) -> DenoisingNetwork:
        """Average start and running average, once after each step."""
        updates = int(self.average.n_averaged)
        if self._tuned_at != updates:
            blend(self._tuned, self._start, self.average.module, self.share)
            self._tuned_at = updates
        return self._tuned

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._tuned_at = -1
        self.optimiser.load_state_dict(state["optimiser"])
        if state["scaler"]:  # empty where the loss needed no scale
            self.scaler.load_state_dict(state["scaler"])
