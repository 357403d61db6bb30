"""Optimal transport between the states of a leg, certified.

`solve_transport` is the one door: two clouds of equal shape in, a `TransportPlan` out. A plan is either proven optimal,
by dual potentials whose cost equals its own, or it is no plan at all and says why.

    >>> import numpy as np
    >>> from geodl.transport import solve_transport
    >>> x = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> plan = solve_transport(x, x + 5.0)  # a translation is an optimal map
    >>> plan.status, plan.permutation, plan.cost, plan.gap
    ('optimal', array([0, 1, 2]), 50.0, 0.0)

Which samples keep their own outputs is an interval where several plans are optimal. Here two equal inputs have
different outputs, and which input takes which output costs the same:

    >>> plan = solve_transport([[0.0], [0.0], [3.0]], [[1.0], [2.0], [4.0]])
    >>> plan.kept, plan.kept_low
    (array([ True,  True,  True]), array([False, False,  True]))

What cannot be solved is a status and a reason, never a number:

    >>> plan = solve_transport([[0.0], [float("inf")]], [[1.0], [2.0]])
    >>> plan.status, plan.reason, plan.cost
    ('failed', 'source holds 1 value that is NaN or infinite', nan)

Inside, from the outside in:

- `solve` (the door), `many` (several problems), `estimate` (what they will cost), `plan` (the answer);
- `simplex_plan`, `emd_plan`, `bracket`, `weighted`: one answer for each way to solve;
- `search`: from the own pairing, from fewer samples (`multiscale`), from given potentials; `exact`: simplex and pricing
  in turns; `proof`: what the last pass proves;
- `problem`, `tiles`: the clouds and their cost matrix; compiled: `assembly` (its entries), `pricing` (passes over it),
  `tree` (the network simplex), `candidates` (its arcs);
- `ties`, `tie_groups`, `grouped_ties`, `tie_flow`: the interval of optimal plans;
- `emd`, `potentials`, `refinement`, `certificate`: POT's network simplex and its proof; `sinkhorn`: its potentials.
"""

from __future__ import annotations

from geodl.transport.certificate import Certificate, certify
from geodl.transport.estimate import TransportCost, transport_cost
from geodl.transport.many import solve_many
from geodl.transport.plan import TransportPlan
from geodl.transport.solve import MAX_ITERATIONS, METHODS, solve_transport

__all__ = [
    "solve_transport",
    "TransportPlan",
    "METHODS",
    "MAX_ITERATIONS",
    "solve_many",
    "transport_cost",
    "TransportCost",
    "Certificate",
    "certify",
]
