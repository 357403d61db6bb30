"""The report of a sweep: collect its run folders, average over seeds, draw, and write one self-contained page."""

from __future__ import annotations

from geodl.report.build import ReportPaths, build_report
from geodl.report.collect import Sweep, collect_sweep
from geodl.report.record import RunRecord
from geodl.report.tables import format_table

__all__ = ["ReportPaths", "build_report", "RunRecord", "Sweep", "collect_sweep", "format_table"]
