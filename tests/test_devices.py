"""Devices, and what happens when their memory runs out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_denoise import denoise_steps
from napari_denoise.denoising import TileDone, run_to_end
from napari_denoise.devices import (
    SMALLEST_CORE,
    Workload,
    available_devices,
    choose_device,
    is_out_of_memory,
    plan_workload,
)
from napari_denoise.errors import DenoiseError, DeviceError, OptionError
from napari_denoise.inference import TileRunner
from napari_denoise.networks import AutoEncoder, DnCNN, UNet

CPU = torch.device("cpu")
sides = st.integers(1, 4000)


@pytest.fixture(scope="module")
def plane():
    return np.random.default_rng(0).random((150, 130), np.float32)


@pytest.fixture
def allocator(monkeypatch):
    """Make convolutions run out of memory above a number of input pixels."""

    def limit(pixels, device="cpu"):
        real = torch.nn.functional.conv2d

        def allocate(images, *args, **kwargs):
            allocate.sizes.append(tuple(images.shape))
            asked = images.shape[0] * images.shape[-2] * images.shape[-1]
            if images.device.type == device and asked > pixels:
                raise torch.OutOfMemoryError("out of memory, on purpose")
            return real(images, *args, **kwargs)

        allocate.sizes = []
        monkeypatch.setattr(torch.nn.functional, "conv2d", allocate)
        return allocate

    return limit


def test_auto_takes_the_fastest_device():
    assert choose_device("auto").type == available_devices()[0]
    assert choose_device("cpu") == CPU
    assert available_devices()[-1] == "cpu"


@pytest.mark.parametrize("name", ["abacus", "", "gpu", "cpu:x"])
def test_unknown_devices_are_refused(name):
    with pytest.raises(OptionError, match="auto, cpu, cuda, mps"):
        choose_device(name)


@pytest.mark.parametrize("name", ["cuda:99", "meta", "xpu"])
def test_missing_devices_are_refused(name):
    with pytest.raises(DeviceError, match="cpu"):
        choose_device(name)


@pytest.mark.parametrize("network", [UNet(), DnCNN(), AutoEncoder()])
@pytest.mark.parametrize("halo", [0, 16, 96, 1000])
def test_a_plan_always_has_a_tile(network, halo):
    work = plan_workload(network, CPU, (halo, halo))
    assert work.batch == 1
    assert all(side >= SMALLEST_CORE for side in work.core)


@given(st.sampled_from(["cuda", "mps", "cpu"]), sides, sides, st.integers(1, 16))
def test_retreat_ends_and_only_ever_shrinks(device, height, width, batch):
    work = Workload(torch.device(device), (height, width), batch)
    for _ in range(100):
        smaller = work.smaller()
        if smaller is None:
            break
        assert smaller.batch <= work.batch
        assert all(a <= b for a, b in zip(smaller.core, work.core, strict=True))
        assert smaller != work
        work = smaller
    assert work.device.type == "cpu"
    assert work.batch == 1
    assert max(work.core) <= SMALLEST_CORE


def test_retreat_halves_the_batch_then_the_tile_then_leaves_the_gpu():
    work, seen = Workload(torch.device("cuda"), (128, 64), 4), []
    while work is not None:
        seen.append((work.device.type, work.core, work.batch))
        work = work.smaller()
    assert seen == [
        ("cuda", (128, 64), 4),
        ("cuda", (128, 64), 2),
        ("cuda", (128, 64), 1),
        ("cuda", (64, 32), 1),
        ("cuda", (32, 32), 1),
        ("cpu", (32, 32), 1),
    ]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_counts_as_out_of_memory(error, expected):
    assert is_out_of_memory(error) is expected


def test_torchs_own_allocator_is_understood():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)
    assert is_out_of_memory(caught.value)


def runner_of(tiny, batch=1, core=64):
    runner = TileRunner(tiny, CPU, (core, core))
    runner.workload = Workload(CPU, (core, core), batch)
    return runner


def test_the_batch_shrinks_first_and_the_result_stays(allocator, plane, tiny):
    expected = run_to_end(runner_of(tiny).run(plane[None], 0.1))
    window = (64 + 2 * runner_of(tiny).halo[0]) ** 2
    allocate = allocator(2 * window // 4)  # two tiles: the network sees 2×2 cells
    runner = runner_of(tiny, batch=8)
    np.testing.assert_allclose(
        run_to_end(runner.run(plane[None], 0.1)), expected, atol=1e-4 * np.ptp(expected)
    )
    assert runner.workload == Workload(CPU, (64, 64), 2)
    assert len(runner.warnings) == 2
    assert "2 tiles of 64 × 64" in runner.warnings[-1]
    assert {size[0] for size in allocate.sizes} >= {2, 4}


def test_then_the_tile_shrinks_and_the_result_stays(allocator, plane, tiny):
    expected = run_to_end(runner_of(tiny).run(plane[None], 0.1))
    allocator((32 + 2 * runner_of(tiny).halo[0]) ** 2 // 4)
    runner = runner_of(tiny, batch=2)
    np.testing.assert_allclose(
        run_to_end(runner.run(plane[None], 0.1)), expected, atol=1e-4 * np.ptp(expected)
    )
    assert runner.workload == Workload(CPU, (32, 32), 1)
    assert "one tile of 32 × 32" in runner.warnings[-1]


def test_the_user_is_told_and_the_smaller_tile_is_kept(allocator, plane, tiny):
    image = np.stack([plane, plane])
    undisturbed = run_to_end(denoise_steps(image, tiny, device="cpu"))
    allocate = allocator(10_000 // 4)
    steps = []
    result = run_to_end(denoise_steps(image, tiny, device="cpu"), steps.append)
    scale = np.ptp(undisturbed.data)
    np.testing.assert_allclose(result.data, undisturbed.data, atol=1e-4 * scale)
    assert any("memory ran out" in warning for warning in result.warnings)
    assert result.provenance["tile"] < undisturbed.provenance["tile"]
    done = [step.done for step in steps if isinstance(step, TileDone)]
    assert done[-1] == image.size
    failed = [np.prod(size[-2:]) > 2500 for size in allocate.sizes]
    assert not any(failed[len(failed) // 2 :])  # the second plane did not try again


def test_no_memory_at_all_is_an_error_that_says_what_to_do(
    allocator, plane, tiny, tmp_path
):
    allocator(0)
    out = tmp_path / "a.tif"
    with pytest.raises(DeviceError, match="Close other programs"):
        run_to_end(denoise_steps(plane, tiny, device="cpu", out=out))
    assert list(tmp_path.iterdir()) == []


def test_other_errors_are_no_lack_of_memory(plane, tiny, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("a mistake")

    monkeypatch.setattr(torch.nn.functional, "conv2d", fail)
    with pytest.raises(RuntimeError, match="a mistake") as caught:
        run_to_end(runner_of(tiny).run(plane[None], 0.1))
    assert not isinstance(caught.value, DenoiseError)


@pytest.mark.skipif(
    not torch.cuda.is_available(),
    reason="only a GPU can be left; the steps of the retreat are tested without one",
)
def test_last_the_gpu_is_left(allocator, plane, tiny):
    expected = run_to_end(runner_of(tiny).run(plane[None], 0.1))
    allocator(0, device="cuda")
    runner = TileRunner(tiny, torch.device("cuda"))
    result = run_to_end(runner.run(plane[None], 0.1))
    np.testing.assert_allclose(result, expected, atol=1e-4 * np.ptp(expected))
    assert runner.workload.device == CPU
    assert "cpu" in runner.warnings[-1]


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="compares an NVIDIA GPU, where there is one"
)
def test_a_gpu_gives_the_same_as_the_cpu(plane, tiny):
    cpu, gpu = (
        run_to_end(denoise_steps(plane, tiny, device=name)) for name in ("cpu", "cuda")
    )
    assert gpu.provenance["device"] == "cuda"
    np.testing.assert_allclose(gpu.data, cpu.data, atol=1e-3 * np.ptp(cpu.data))
