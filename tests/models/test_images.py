"""Images are changed only as asked, and what does not fit is refused with the option that makes it fit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from geodl.errors import ConfigError
from geodl.models.images import check_channels, fit_images
from tests.models.small import images, vectors

KEEP = {"image_size": None, "channels": "keep"}


def test_nothing_is_done_unasked():
    samples = images()
    x, notes = fit_images(samples, KEEP)
    assert torch.equal(x, samples.x)
    assert notes == []


def test_what_is_asked_for_is_done_and_said():
    samples = images(channels=1, size=8)
    x, notes = fit_images(samples, {"image_size": 16, "channels": "repeat"}, mean_std=((0.5,) * 3, (0.25,) * 3))
    assert x.shape == (4, 3, 16, 16)
    assert len(notes) == 3
    same, _ = fit_images(samples, {"image_size": None, "channels": "repeat"}, mean_std=((0.5,) * 3, (0.25,) * 3))
    assert torch.allclose(same[:, 2], (samples.x[:, 0] - 0.5) / 0.25)


@pytest.mark.parametrize(
    ("samples", "options", "expected"),
    [
        (vectors(), {"image_size": 8, "channels": "keep"}, "model.image_size: expected images"),
        (vectors(), {"image_size": None, "channels": "repeat"}, "model.channels: expected images"),
        (images(3), {"image_size": None, "channels": "repeat"}, "model.channels: expected keep"),
    ],
)
def test_what_cannot_be_done_is_refused(samples, options, expected):
    with pytest.raises(ConfigError, match=expected):
        fit_images(samples, options)


def test_channels_that_the_first_convolution_does_not_take_are_refused():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    for samples, fix in ((images(1), r"set model\.channels=repeat"), (images(4), "choose data with as many channels")):
        with pytest.raises(ConfigError, match=rf"expected images of 3 channels for mine \(its first layer, 0\).*{fix}"):
            check_channels(model, samples.x, samples, "mine")
    with pytest.raises(ConfigError, match="expected images for mine"):
        check_channels(model, vectors().x, vectors(), "mine")
    check_channels(model, images(3).x, images(3), "mine")
    check_channels(nn.Linear(5, 2), vectors().x, vectors(), "mine")
