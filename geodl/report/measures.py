"""The measures that a report shows: their columns, names, ranges and where straight lies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One column of the metrics and how people read it.

    Attributes:
        key: Column in ``metrics.csv``.
        short: Name in tables.
        label: Name on axes.
        bounds: Range that it cannot leave, None where unbounded.
        null: Prefix of its null values in ``summary.json``.
    """

    key: str
    short: str
    label: str
    bounds: tuple[float, float] | None = None
    null: str = ""


LSS = Measure("geometry/lss", "LSS", "LSS (1 = straight)", None, "lss")
OTS = Measure("geometry/ots", "OTS", "OTS (1 = OT map)", (0.0, 1.0), "ots")
RATIO = Measure("geometry/transport_ratio", "ratio", "transport ratio", (0.0, 1.0), "transport_ratio")
KINETIC = Measure(
    "geometry/kinetic_straightness", "kinetic", "kinetic straightness", (0.0, 1.0), "kinetic_straightness"
)
GEODESIC = Measure("geometry/geodesic_score", "geodesic", "geodesic score", (0.0, 1.0), "geodesic_score")
PATH = Measure("geometry/path_straightness", "path", "path straightness", (0.0, 1.0), "path_straightness")
BOUND_SHARE = Measure("geometry/track_bound_share", "bound share", "pairs that keep the bound", (0.0, 1.0))
MARGIN = Measure("geometry/track_margin", "margin", "least margin between classes")
ACTION = Measure("geometry/action", "action", "action")
WEIGHT_NORM = Measure("geometry/weight_norm", "weights", "squared norm of the weights")
TEST_ACCURACY = Measure("test/accuracy", "test acc.", "test accuracy", (0.0, 1.0))
TRAIN_ACCURACY = Measure("train/accuracy", "train acc.", "training accuracy", (0.0, 1.0))
GAP = Measure("gap/accuracy", "gap", "accuracy gap (train - test)")

SUMMARY = (TEST_ACCURACY, LSS, OTS, RATIO)
TABLE = (TEST_ACCURACY, TRAIN_ACCURACY, LSS, OTS, RATIO, KINETIC, GEODESIC)
