"""What is handed back lies between the start and what was learned."""

from __future__ import annotations

import pytest
import torch

from napari_denoise import new_model
from napari_denoise.training.augmentation import Augmentation
from napari_denoise.training.averaging import share_learned
from napari_denoise.training.course import Course
from napari_denoise.training.tuner import Tuner


def test_the_more_scenes_the_less_of_the_start():
    shares = [share_learned(scenes) for scenes in (1, 3, 10, 1000)]
    assert shares == sorted(shares)
    assert shares[0] == 0.5
    assert shares[-1] > 0.99


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_weights_are_averaged_anew_after_each_step(share):
    network = new_model("unet", widths=[8, 16], blocks=1).network
    first = {name: value.clone() for name, value in network.state_dict().items()}
    course = Course("clean", "mse", "all", Augmentation.none(), 0, 10, None)
    tuner = Tuner(network, course, torch.device("cpu"), share=share)
    for step in (1, 2):
        with torch.no_grad():
            for value in tuner.network.parameters():
                value.add_(1.0)
        tuner.average.update_parameters(tuner.network)
        learned = tuner.average.module.state_dict()
        for name, value in tuner.tuned_weights().items():
            wanted = first[name] + share * (learned[name] - first[name])
            torch.testing.assert_close(value, wanted)
        image = torch.rand(1, 1, 16, 16)
        sigma = torch.full((1,), 0.1)
        seen = tuner.run(image, sigma)
        assert not torch.equal(seen, network.between_neighbours(image, sigma)), step
    for name, value in network.state_dict().items():
        assert torch.equal(value, first[name])
