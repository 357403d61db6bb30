"""The claims of Gai & Zhang, each judged by the runs of a sweep: the one place where a report decides anything."""

from __future__ import annotations

from geodl.report.claims.find import find_verdicts
from geodl.report.claims.verdict import Verdict, verdicts_frame

__all__ = ["Verdict", "find_verdicts", "verdicts_frame"]
