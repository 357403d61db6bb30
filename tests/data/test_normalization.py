"""Normalisation: what each kind does to training data, to constants and to geometry."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from geodl.data.normalization import fit_normalization
from geodl.errors import ConfigError

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = (
    torch.randint(0, 256, (200, 3, 6, 5), generator=GENERATOR).float() * torch.tensor([1.0, 0.5, 0.1])[:, None, None]
)
VECTORS = 1000.0 + torch.randn(300, 4, generator=GENERATOR) * torch.tensor([1.0, 2.0, 3.0, 1e-3])


def test_channel_gives_images_zero_mean_and_unit_deviation_a_channel():
    x = fit_normalization(IMAGES, "channel", is_pixels=True).apply_(IMAGES.clone()).numpy().astype(np.float64)
    assert np.allclose(x.mean(axis=(0, 2, 3)), 0.0, atol=1e-5)
    assert np.allclose(x.std(axis=(0, 2, 3)), 1.0, atol=1e-5)


def test_channel_gives_vectors_zero_mean_and_unit_deviation_a_feature():
    x = fit_normalization(VECTORS[:, :3], "channel", is_pixels=False).apply_(VECTORS[:, :3].clone()).double()
    assert torch.allclose(x.mean(dim=0), torch.zeros(3).double(), atol=1e-3)
    assert torch.allclose(x.std(dim=0, correction=0), torch.ones(3).double(), atol=1e-4)


def test_a_constant_feature_becomes_zero():
    x = torch.randn(1003, 2, generator=GENERATOR)
    x[:, 1] = 0.1
    y = fit_normalization(x, "channel", is_pixels=False).apply_(x.clone())
    assert y[:, 1].abs().max() < 1e-6
    assert y[:, 0].std() > 0.5


def test_unit_maps_pixels_by_255_whatever_their_range():
    assert torch.equal(fit_normalization(IMAGES, "unit", is_pixels=True).apply_(IMAGES.clone()), IMAGES / 255)


def test_unit_keeps_the_shape_of_other_data():
    y = fit_normalization(VECTORS, "unit", is_pixels=False).apply_(VECTORS.clone())
    assert (float(y.min()), float(y.max())) == (0.0, 1.0)
    ratio = torch.pdist(y[:50].double()) / torch.pdist(VECTORS[:50].double())
    assert torch.allclose(ratio, ratio[0], rtol=1e-3)  # one scale for all features


def test_unit_maps_constant_data_to_zero():
    x = torch.full((4, 3), 7.0)
    assert torch.equal(fit_normalization(x, "unit", is_pixels=False).apply_(x.clone()), torch.zeros(4, 3))


def test_none_changes_nothing():
    assert torch.equal(fit_normalization(IMAGES, "none", is_pixels=True).apply_(IMAGES.clone()), IMAGES)


@pytest.mark.parametrize("kind", ["none", "unit", "channel"])
def test_black_is_where_zero_goes(kind):
    fitted = fit_normalization(IMAGES, kind, is_pixels=True)
    assert torch.allclose(fitted.black.expand(3, 6, 5), fitted.apply_(torch.zeros(1, 3, 6, 5))[0])


def test_unknown_kinds_are_refused():
    with pytest.raises(ConfigError, match=r"data\.normalize: expected one of none, unit, channel, found 'zca'"):
        fit_normalization(IMAGES, "zca", is_pixels=True)
