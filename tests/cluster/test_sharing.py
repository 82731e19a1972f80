"""What is shared out: planes among blocks, devices among workers."""

from __future__ import annotations

from collections import Counter

import pytest

from napari_denoise.axes import Layout
from napari_denoise.cluster.blocks import Cut
from napari_denoise.cluster.workers import Worker, own_device, share_devices


@pytest.mark.parametrize(
    ("shape", "axes", "along", "chunks"),
    [
        ((64, 64), "YX", "Z", (64, 64)),
        ((7, 64, 64), "ZYX", "Z", (3, 32, 64)),
        ((3, 2, 7, 8, 8), "TCZYX", "Z", (1, 1, 4, 8, 8)),
        ((3, 2, 7, 8, 8), "TCZYX", "T", (2, 2, 2, 8, 8)),
        ((5, 8, 8, 4), "TYXS", "Z", (1, 8, 8, 4)),
        ((7, 3, 8, 8), "ZCYX", "Z", (16, 2, 8, 8)),
    ],
)
@pytest.mark.parametrize("workers", [1, 3])
def test_blocks_hold_each_plane_once_and_no_chunk_twice(
    shape: tuple[int, ...], axes: str, along: str, chunks: tuple[int, ...], workers: int
) -> None:
    layout = Layout(shape, axes)
    every = layout.channels + layout.copied
    cut = Cut(layout, (along,) * len(layout.channels), chunks)
    cut = Cut(layout, cut.along, chunks, cut.choose_depth(workers))
    blocks = list(cut.blocks())
    assert [block.number for block in blocks] == list(range(len(blocks)))
    seen: Counter[object] = Counter()
    holders: dict[object, set[int]] = {}
    for block in blocks:
        planes = 0
        for portion in block.portions(layout, {}):
            for index in portion.line[portion.first : portion.stop]:
                place = [p if isinstance(p, int) else 0 for p in index]
                seen[tuple(place)] += 1
                planes += 1
                chunk = tuple(p // c for p, c in zip(place, chunks, strict=True))
                holders.setdefault(chunk, set()).add(block.number)
        assert planes == len(block)
    expected = {
        tuple(p if isinstance(p, int) else 0 for p in index)
        for channel in every
        for index in layout.planes(channel)
    }
    assert set(seen) == expected
    assert set(seen.values()) == {1}
    assert cut.planes == len(expected)
    if not layout.copied or along == "Z":
        assert all(len(numbers) == 1 for numbers in holders.values())


def test_blocks_of_a_huge_image_are_worth_the_while() -> None:
    layout = Layout((2, 100_000, 2048, 2048), "CZYX")
    cut = Cut(layout, ("Z", "Z"), (1, 10, 1024, 1024))
    assert cut.choose_depth(100) == 10
    assert cut.choose_depth(100, together=4) == 20
    fine = Cut(layout, ("Z", "Z"), (1, 1, 1024, 1024))
    assert fine.choose_depth(100) == 16
    assert fine.choose_depth(20_000) == 2


def worker(name: str, host: str, gpus: int) -> Worker:
    return Worker(name, host, gpus)


def test_workers_of_a_machine_take_one_gpu_each() -> None:
    workers = [worker(f"a-{n}", "a", 4) for n in (2, 0, 1)]
    workers += [worker(f"b-{n}", "b", 2) for n in range(3)]
    workers += [worker("c-0", "c", 1), worker("d-0", "d", 0)]
    shared = share_devices(workers)
    assert shared == {"a-0": 0, "a-1": 1, "a-2": 2, "b-0": 0, "b-1": 1, "b-2": 0}
    assert own_device("auto", shared, "a-2", 4) == "cuda:2"
    assert own_device("cuda", shared, "b-1", 2) == "cuda:1"
    assert own_device("auto", shared, "c-0", 1) == "auto"
    assert own_device("auto", shared, "d-0", 0) == "auto"
    assert own_device("cpu", shared, "a-2", 4) == "cpu"
    assert own_device("cuda:3", shared, "a-2", 4) == "cuda:3"
    late = own_device("auto", shared, "a-9", 4)
    assert late in {f"cuda:{n}" for n in range(4)}
    assert own_device("auto", shared, "a-9", 4) == late
