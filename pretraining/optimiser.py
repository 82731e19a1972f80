"""Muon for hidden convolutions, Adam for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterable

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the odd polynomial that pulls singular values towards 1."""
FEWEST_CHANNELS = 8
"""Kernels with fewer on one side face the image; they are trained by Adam."""
ADAM_SIZE = 0.2
"""Root-mean-square size of Adam's steps, in units of its rate."""


class Muon(torch.optim.Optimizer):
    """Momentum whose steps are made orthogonal, one matrix a convolution.

    Jordan et al. 2024 (https://kellerjordan.github.io/posts/muon), with steps of the
    size of Adam's, so that one learning rate serves both (Liu et al. 2025,
    arXiv:2502.16982). `torch.optim.Muon` takes matrices only; a kernel of shape
    (out, in, y, x) is one of shape (out, in · y · x).

    Parameters
    ----------
    params : iterable of Parameter
        Kernels of two or more axes.
    lr : float
    momentum : float
    """

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float = 0.0, momentum: float = 0.95
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Take one step."""
        loss = closure() if closure else None
        for group in self.param_groups:
            for kernel in group["params"]:
                if kernel.grad is None:
                    continue
                state = self.state[kernel]
                if "velocity" not in state:
                    state["velocity"] = torch.zeros_like(kernel)
                velocity, momentum = state["velocity"], group["momentum"]
                velocity.lerp_(kernel.grad, 1 - momentum)
                ahead = kernel.grad.lerp(velocity, momentum).flatten(1)
                size = ADAM_SIZE * max(ahead.shape) ** 0.5
                move = orthogonalised(ahead).reshape(kernel.shape)
                kernel.add_(move, alpha=-group["lr"] * size)
        return loss


def orthogonalised(matrix: Tensor) -> Tensor:
    """Bring all singular values near to 1, by five Newton-Schulz steps.

    Parameters
    ----------
    matrix : Tensor, shape (M, N)
        Any matrix.

    Returns
    -------
    Tensor, shape (M, N)
        Singular values between about 0.7 and 1.2.
    """
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if is_tall else matrix).bfloat16()
    x = x / (x.norm() + 1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(5):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = (x.T if is_tall else x).to(matrix.dtype)
    return result


def build_optimisers(network: nn.Module, muon: bool) -> list[torch.optim.Optimizer]:
    """Give every weight its optimiser.

    Parameters
    ----------
    network : Module
        A network of convolutions.
    muon : bool
        Whether hidden kernels are trained by Muon; all is trained by Adam if not.

    Returns
    -------
    list of Optimizer
        One or two.
    """
    if not muon:
        return [torch.optim.Adam(network.parameters(), lr=0.0)]
    hidden, others = list[nn.Parameter](), list[nn.Parameter]()
    for weight in network.parameters():
        is_hidden = weight.ndim > 1 and min(weight.shape[:2]) >= FEWEST_CHANNELS
        (hidden if is_hidden else others).append(weight)
    optimisers: list[torch.optim.Optimizer] = []
    if hidden:
        optimisers.append(Muon(hidden))
    if others:
        optimisers.append(torch.optim.Adam(others, lr=0.0))
    return optimisers
