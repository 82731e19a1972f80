"""An endless stream of degraded patches, from as many processes as there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from pretraining.degradation import collate, degrade
from pretraining.images import draw_patch
from pretraining.phantoms import draw_phantom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pretraining.degradation import Batch
    from pretraining.images import CleanImage, Collection
    from pretraining.recipe import Recipe

PHANTOM = "phantom"
"""Kind of image that is drawn, not read."""


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
        recipe, training = self.recipe, self.collection.training
        kinds = [kind for kind in recipe.kinds if kind == PHANTOM or kind in training]
        shares = np.array([recipe.kinds[kind] for kind in kinds])
        while True:
            drawn = rng.choice(kinds, recipe.batch, p=shares / shares.sum())
            yield _batch(
                [_patch(kind, training, recipe, rng) for kind in drawn], recipe, rng
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
    drawn = [_cut(pick(images, rng), recipe, rng) for _ in range(patches)]
    groups = (drawn[i : i + 16] for i in range(0, len(drawn), 16))
    return [_batch(group, recipe, rng) for group in groups]


def pick(images: list[CleanImage], rng: np.random.Generator) -> CleanImage:
    """Choose an image: large ones hold more, but a few must not drown the rest."""
    sizes = np.array([image.pixels.size for image in images], float) ** 0.5
    return images[rng.choice(len(images), p=sizes / sizes.sum())]


def _patch(
    kind: str,
    training: dict[str, list[CleanImage]],
    recipe: Recipe,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    if kind == PHANTOM:
        return draw_phantom(recipe.patch, rng)
    return _cut(pick(training[kind], rng), recipe, rng)


def _cut(
    image: CleanImage, recipe: Recipe, rng: np.random.Generator
) -> NDArray[np.float32]:
    return draw_patch(image, recipe.patch, recipe.max_shrink, rng)


def _batch(
    patches: list[NDArray[np.float32]], recipe: Recipe, rng: np.random.Generator
) -> Batch:
    return collate([degrade(patch, recipe.degradation, rng) for patch in patches])
