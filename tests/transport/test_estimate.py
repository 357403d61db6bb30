from __future__ import annotations

import pytest

from geodl.transport.estimate import TransportCost, transport_cost


def test_more_samples_and_problems_cost_more():
    one = transport_cost(3000, 64)
    assert 0.0 < one.least_seconds < one.most_seconds
    assert transport_cost(30_000, 64).most_seconds > 20 * one.most_seconds
    assert transport_cost(3000, 64, problems=10).memory == one.memory


def test_what_does_not_fit_is_recomputed():
    small = transport_cost(10_000, 64, max_memory=1e8)
    assert not small.stored
    assert small.memory < 0.6 * transport_cost(10_000, 64, max_memory=1e12).memory


@pytest.mark.parametrize(
    ("seconds", "text"),
    [((2.0, 30.0), "2 s (own pairings optimal) to 30 s"), ((150, 6000), "2 min (own pairings optimal) to 100 min")],
)
def test_it_is_told_in_words(seconds, text):
    assert str(TransportCost(*seconds, memory=2.0**30, stored=True)) == f"{text} (far from it), 1.0 GiB"
