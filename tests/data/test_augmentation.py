"""Crops and flips: each image its own, content kept, a function of the generator alone."""

from __future__ import annotations

import pytest
import torch

from geodl.data.augmentation import AUGMENTATION_RECIPES, random_crop, random_flip, recipe_for
from geodl.data.torchvision_sets import TORCHVISION_SETS


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


IMAGES = torch.rand(64, 3, 9, 7, generator=generator(5)) + 1.0
BORDER = torch.tensor([-1.0, -2.0, -3.0])[:, None, None]


def shift(image, dy, dx, border):
    """The image shifted by loops over its pixels, with the border's value where nothing was."""
    channels, height, width = image.shape
    out = torch.empty_like(image)
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                inside = 0 <= i + dy < height and 0 <= j + dx < width
                out[c, i, j] = image[c, i + dy, j + dx] if inside else border[c]
    return out


def test_every_crop_is_a_shift_of_its_image_by_its_own_offset():
    cropped = random_crop(IMAGES, generator(), padding=2, border=BORDER)
    offsets = set()
    for image, result in zip(IMAGES[:16], cropped[:16], strict=True):
        matches = [
            (dy, dx)
            for dy in range(-2, 3)
            for dx in range(-2, 3)
            if torch.equal(result, shift(image, dy, dx, BORDER.flatten()))
        ]
        assert len(matches) == 1
        offsets.add(matches[0])
    assert len(offsets) > 5


def test_all_offsets_occur_equally_often():
    ramp = torch.arange(1.0, 26.0).reshape(1, 1, 5, 5).expand(20_000, 1, 5, 5)
    centres = random_crop(ramp, generator(), padding=1)[:, 0, 2, 2]
    values, counts = centres.unique(return_counts=True)
    assert values.tolist() == [7, 8, 9, 12, 13, 14, 17, 18, 19]
    assert (counts / 20_000 - 1 / 9).abs().max() < 0.011  # five standard deviations


def test_border_is_zero_unless_given():
    cropped = random_crop(IMAGES, generator(), padding=4)
    assert set(cropped[cropped < 1].tolist()) == {0.0}


def test_flips_mirror_half_of_the_images_and_keep_their_pixels():
    flipped = random_flip(IMAGES.repeat(50, 1, 1, 1), generator())
    originals = IMAGES.repeat(50, 1, 1, 1)
    same = (flipped == originals).flatten(1).all(dim=1)
    mirrored = (flipped == originals.flip(3)).flatten(1).all(dim=1)
    assert (same ^ mirrored).all()
    assert abs(float(mirrored.float().mean()) - 0.5) < 5 * 0.5 / len(originals) ** 0.5


@pytest.mark.parametrize("augment", [random_crop, random_flip])
def test_generator_decides_and_input_and_global_state_are_kept(augment):
    before, state = IMAGES.clone(), torch.get_rng_state()
    first, again, other = (augment(IMAGES, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(IMAGES, before)
    assert torch.equal(torch.get_rng_state(), state)


def test_digits_are_never_flipped_and_every_downloaded_set_has_a_recipe():
    assert set(TORCHVISION_SETS) <= set(AUGMENTATION_RECIPES)
    assert {name for name, recipe in AUGMENTATION_RECIPES.items() if recipe.flip} == {
        "cifar10",
        "cifar100",
        "fashion_mnist",
    }
    assert not recipe_for("npz", 32).flip
