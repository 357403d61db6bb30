"""Sweeps: what became of their jobs."""

from __future__ import annotations

from geodl.sweeps.closing_table import ClosingTable

__all__ = ["ClosingTable"]
