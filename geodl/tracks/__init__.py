"""Data tracks: the states of samples at the read-outs of any network, and how they are recorded and kept."""

from __future__ import annotations

from geodl.tracks.describe import Description, describe
from geodl.tracks.leg import Leg
from geodl.tracks.read_out import ReadOut
from geodl.tracks.record import record_track
from geodl.tracks.recorder import StateRecorder
from geodl.tracks.track import Track

__all__ = ["record_track", "describe", "Description", "Track", "Leg", "ReadOut", "StateRecorder"]
