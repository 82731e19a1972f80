"""An endless stream of degraded patches, from as many processes as there are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from napari_denoise.neighbours import reflected
from napari_denoise.training.examples import collate
from pretraining.degradation import degrade
from pretraining.images import draw_patch
from pretraining.phantoms import draw_phantom
from pretraining.stacks import cut_stack, make_stack
from pretraining.volumes import draw_volume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_denoise.training.examples import Batch, Example
    from pretraining.images import CleanImage, Collection
    from pretraining.recipe import Recipe
    from pretraining.stacks import DrawPatch

PHANTOM = "phantom"
"""Kind of image that is drawn, not read."""
STACK, VOLUME = "stack", "volume"
"""Kinds of whole volumes and movies, read and drawn; others make pseudo-stacks."""
NEAR_AN_END = 0.12


class PatchStream(IterableDataset["Batch"]):
    """Batches for ever; each worker draws its own.

    Parameters
    ----------
    collection : Collection
    recipe : Recipe
    seed : int
        Other batches for every seed.
    """

    def __init__(self, collection: Collection, recipe: Recipe, seed: int) -> None:
        self.collection, self.recipe, self.seed = collection, recipe, seed

    def __iter__(self) -> Iterator[Batch]:
        """Draw batches."""
        worker = get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        recipe, collection = self.recipe, self.collection
        there = {
            PHANTOM,
            VOLUME,
            *collection.training,
            *([STACK] if collection.stacks else []),
        }
        kinds = [kind for kind in recipe.kinds if kind in there]
        shares = np.array([recipe.kinds[kind] for kind in kinds])
        while True:
            drawn = rng.choice(kinds, recipe.batch, p=shares / shares.sum())
            yield _batch(
                [_clean(kind, collection, recipe, rng) for kind in drawn], recipe, rng
            )


def load_batches(stream: PatchStream, workers: int) -> Iterator[Batch]:
    """Draw batches here (0 workers) or in processes of their own."""
    loader = DataLoader(
        stream,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
    )
    return iter(loader)


def validation_batches(
    images: list[CleanImage], recipe: Recipe, patches: int
) -> list[Batch]:
    """Draw the same noisy patches of the held-out images each time."""
    rng = np.random.default_rng(0)
    if not images:
        raise ValueError("No image is held out: a kind needs 20 images for that.")
    drawn = [
        _with_depth(
            lambda side: _cut(pick(images, rng), side, recipe, rng), recipe, rng
        )
        for _ in range(patches)
    ]
    groups = (drawn[i : i + 16] for i in range(0, len(drawn), 16))
    return [_batch(group, recipe, rng) for group in groups]


def pick(images: list[CleanImage], rng: np.random.Generator) -> CleanImage:
    """Choose an image: large ones hold more, but a few must not drown the rest."""
    sizes = np.array([image.pixels.size for image in images], float) ** 0.5
    return images[rng.choice(len(images), p=sizes / sizes.sum())]


def _clean(
    kind: str, collection: Collection, recipe: Recipe, rng: np.random.Generator
) -> NDArray[np.float32]:
    if kind == STACK:
        stack = collection.stacks[rng.integers(len(collection.stacks))]
        return cut_stack(stack, recipe.patch, _planes_seen(recipe), rng)
    if kind == VOLUME:
        return draw_volume(recipe.patch, _planes_seen(recipe), rng)
    if kind == PHANTOM:
        return _with_depth(lambda side: draw_phantom(side, rng), recipe, rng)
    images = collection.training[kind]
    return _with_depth(
        lambda side: _cut(pick(images, rng), side, recipe, rng), recipe, rng
    )


def _cut(
    image: CleanImage, side: int, recipe: Recipe, rng: np.random.Generator
) -> NDArray[np.float32]:
    return draw_patch(image, side, recipe.max_shrink, rng)


def _with_depth(
    draw: DrawPatch, recipe: Recipe, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw an image, or a stack where the recipe has planes."""
    if not recipe.planes:
        return draw(recipe.patch)
    return make_stack(draw, recipe.patch, _planes_seen(recipe), rng)


def _planes_seen(recipe: Recipe) -> int:
    return recipe.planes + 2 * recipe.z_radius


def _batch(
    clean: list[NDArray[np.float32]], recipe: Recipe, rng: np.random.Generator
) -> Batch:
    examples = [degrade(each, recipe.degradation, rng) for each in clean]
    if recipe.planes:
        examples = [_judged_inside(_near_an_end(e, rng), recipe) for e in examples]
    return collate(examples)


def _near_an_end(example: Example, rng: np.random.Generator) -> Example:
    """Reflect some stacks, noise and all, as those are that end nearby."""
    if rng.random() >= NEAR_AN_END:
        return example
    planes = len(example.noisy)
    there = int(rng.integers(2, planes))
    order = reflected(np.arange(planes) - int(rng.integers(planes)), there)
    return replace(example, noisy=example.noisy[order], clean=example.clean[order])


def _judged_inside(example: Example, recipe: Recipe) -> Example:
    """Leave the truth only of the planes that have all neighbours."""
    radius = recipe.z_radius
    return replace(example, clean=example.clean[radius : radius + recipe.planes])
