"""Known maps: points moved in a way whose scores can be said beforehand, to read those of networks against.

Plain NumPy; `geodl.calibration.track` makes tracks of them.
"""

from __future__ import annotations

from geodl.calibration.known import gaussian_points, known_states
from geodl.calibration.reference import ReferenceScore, reference_scores
from geodl.calibration.rotation import arc_lss

__all__ = ["known_states", "gaussian_points", "arc_lss", "reference_scores", "ReferenceScore"]
