"""Named streams depend on name, seed and counters, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from geodl.data.streams import numpy_stream, torch_stream


@pytest.mark.parametrize("other", [("b", 0, 0), ("a", 1, 0), ("a", 0, 1)])
def test_every_argument_changes_the_stream(other):
    assert numpy_stream("a", 0, 0).integers(2**60) != numpy_stream(*other).integers(2**60)
    assert torch_stream("a", 0, 0).initial_seed() != torch_stream(*other).initial_seed()


def test_streams_are_pinned_across_processes_and_versions():
    # SeedSequence and crc32 are specified, so these values may never change: they name every draw of every sweep
    assert numpy_stream("probe", 0).bit_generator.state["state"]["state"] == 24379873825713823863362651450287636547
    assert torch_stream("order", 3, 7).initial_seed() == 8428663493644067360


def test_opening_a_stream_leaves_global_generators_alone():
    numpy_before, torch_before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002 - the legacy state is what is compared
    numpy_stream("x", 0).random(5)
    torch.rand(5, generator=torch_stream("x", 0))
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002 - as above
    assert torch.equal(torch.get_rng_state(), torch_before)
