"""Whether pairs fit and are of use, found out before anything is trained on them."""

from napari_denoise.training.check.findings import Finding, PairReport, refuse
from napari_denoise.training.check.leaving_out import accepted, leave_out_odd
from napari_denoise.training.check.steps import PairChecked, check_pairs, check_steps

__all__ = [
    "Finding",
    "PairChecked",
    "PairReport",
    "accepted",
    "check_pairs",
    "check_steps",
    "leave_out_odd",
    "refuse",
]
