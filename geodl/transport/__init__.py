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

Inside: `cost` (the matrix, accurate entry by entry), `emd` (POT's network simplex and its checks), `potentials` and
`certificate` (the proof), `ties` (the interval), `solve` (their order, and iterative refinement).
"""

from __future__ import annotations

from geodl.transport.certificate import Certificate, certify
from geodl.transport.plan import TransportPlan
from geodl.transport.solve import MAX_ITERATIONS, METHODS, solve_transport

__all__ = ["solve_transport", "TransportPlan", "MAX_ITERATIONS", "METHODS", "Certificate", "certify"]
