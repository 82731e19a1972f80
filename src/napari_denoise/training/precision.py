"""What convolutions are computed in while training."""

from __future__ import annotations

import torch


def mixed_precision(device: torch.device, bfloat16: bool) -> torch.dtype:
    """Choose what convolutions are computed in.

    Parameters
    ----------
    device : torch.device
        What they run on.
    bfloat16 : bool
        Whether CPUs too are to use it; those without bfloat16 instructions are slower
        with it.

    Returns
    -------
    torch.dtype
        On a GPU bfloat16, or float16 with a scaled loss where it has none.
    """
    if device.type == "cuda":
        has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if has_bfloat16 else torch.float16
    return torch.bfloat16 if bfloat16 else torch.float32


def cpu_has_bfloat16() -> bool:
    """Tell whether this CPU multiplies in bfloat16 faster than in float32."""
    has_instructions = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(has_instructions and has_instructions())
