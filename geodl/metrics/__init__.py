"""The scores as ``torchmetrics``: updated batch by batch, synchronised between processes, part of any LightningModule.

Their numbers are those of the pure functions in `geodl.scores` on all samples together. Everything is float64, whatever
``half()``, ``set_dtype`` or ``to(dtype)`` ask for (only Apple's ``mps``, which has none, keeps float32); states live on
the metric's device, since NCCL synchronises no others.
"""

from __future__ import annotations

from geodl.metrics.line_shape import LineShapeScore
from geodl.metrics.optimal_transport import OptimalTransportScore

__all__ = ["LineShapeScore", "OptimalTransportScore"]
