from __future__ import annotations

import numpy as np
import pytest

from geodl.transport import simplex_plan as simplex_plan_module
from geodl.transport import solve_transport
from geodl.transport.exact import Basis, price
from tests.transport.clouds_of_kinds import clouds


@pytest.mark.parametrize("method", ["simplex", "lazy", "auto"])
def test_an_answer_that_its_own_potentials_do_not_prove_is_no_plan(monkeypatch, method):
    x, y = clouds("random", 40, 3, seed=0)
    solve = simplex_plan_module.solve_exactly

    def wrong(tiles, **options):
        answer = solve(tiles, **options)
        plan = answer.basis.match.astype(int)
        plan[[0, 1]] = plan[[1, 0]]  # two partners exchanged, as a solver with an error might
        answer.basis = Basis(plan, tiles.entries(np.arange(40), plan), answer.basis.u)
        answer.priced = price(tiles, answer.basis, 1e-12)
        return answer

    monkeypatch.setattr(simplex_plan_module, "solve_exactly", wrong)
    monkeypatch.setattr(simplex_plan_module, "polish", lambda tiles, answer, **options: answer)
    plan = solve_transport(x, y, method=method)
    if method == "auto":  # POT is asked, and is right
        assert (plan.status, plan.method) == ("optimal", "emd")
        assert "could not be certified" in plan.how
    else:
        assert plan.status == "failed"
        assert "could not be certified: relative duality gap" in plan.reason


def test_the_certificate_alone_says_no_more_than_it_proves():
    x, _ = clouds("residual", 60, 3, seed=0)
    plan = solve_transport(x, 1.2 * x + 1.0, method="certificate")
    assert (plan.status, plan.method, plan.kept_low.all()) == ("optimal", "certificate", True)
    plan = solve_transport(x, x[::-1].copy(), method="certificate")
    assert plan.status == "failed"
    assert "exchange their outputs" in plan.reason
    assert np.isnan([plan.cost, plan.lower, plan.upper]).all()


def test_undecided_ties_leave_the_cost_and_take_the_score(monkeypatch):
    from geodl.scores import optimal_transport_score, transport_ratio

    monkeypatch.setattr("geodl.transport.proof.LARGEST_TIGHT_GRAPH", 100)
    x = np.eye(40)
    plan = solve_transport(x, -x)
    assert plan.optimal
    assert "above the limit" in plan.ties
    assert len(plan.kept) == len(plan.kept_low) == 0
    assert transport_ratio(x, -x, plan=plan).value == pytest.approx(0.5)
    assert optimal_transport_score(x, -x, plan=plan).reason == plan.ties


def test_what_was_done_is_told():
    x, y = clouds("random", 500, 3, seed=0)
    assert solve_transport(x, y).how.startswith("from fewer samples, ")
    assert solve_transport(x, x).how == "own pairing, 1 pass"
